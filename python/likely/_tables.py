"""Tables: frames of pandas or polars, dicts of columns, and arrays whose values are words.

Each column has an alphabet of its own: the values that it has in training, in their order, or the
categories that its dtype lists. What a model knows of its columns stands in its file.
"""

from __future__ import annotations

import itertools
from typing import Any, Callable, Iterator, Sequence

import numpy as np

from . import _likely
from ._arrays import refuse_masked
from ._errors import MismatchError
from ._kinds import WORD_MOST, utf8
from ._values import Values
from ._words import Column, is_dtype, remark_of

NO_WORD = b"x" * (WORD_MOST + 1)  # longer than any


def is_frame(thing: Any) -> bool:
    """A DataFrame of pandas, polars or their like, or a dict of columns."""
    has_columns = hasattr(thing, "columns") and hasattr(thing, "dtypes")
    return isinstance(thing, dict) or (has_columns and hasattr(thing, "shape"))


def of_arrow(table: Any) -> dict:
    """A pyarrow.Table as a dict of columns."""
    return {name: table[name].to_pylist() for name in _distinct(list(table.column_names))}


def _distinct(keys: list) -> list:
    """Names of columns, no two of which are called the same."""
    seen: set = set()
    for key in keys:
        if key in seen or str(key) in seen:
            raise ValueError(
                f"two columns are called '{key}'; a column is found by its name: rename one"
            )
        seen.update((key, str(key)))
    return keys


def _keys(frame: Any) -> list:
    """The names of its columns, which are all different."""
    keys = list(frame) if isinstance(frame, dict) else list(frame.columns)
    if not keys:
        raise ValueError("a table without columns")
    for name in map(str, _distinct(keys)):
        if not name or "\0" in name or len(utf8(name)) > WORD_MOST:
            raise ValueError(
                f"a column is called {name[:40]!r}: expected a name of 1 to {WORD_MOST} bytes "
                "without a zero character"
            )
    return keys


def columns_of(frame: Any) -> dict[Any, Values]:
    """All columns by the names that the frame has for them."""
    table = {key: Values(str(key), frame[key]) for key in _keys(frame)}
    lengths = {len(values.rows) for values in table.values()}
    if len(lengths) != 1:
        raise ValueError(f"columns of {sorted(lengths)} rows: expected one number")
    return table


def labels_of_words(name: str, y: Any) -> Values:
    """Labels (rows,) of any kind."""
    values = y if isinstance(y, Values) else Values(name, y)
    if values.has_missing:
        row = int(np.flatnonzero(values.rows < 0)[0])
        raise ValueError(f"row {row} has no label")
    return values


def object_array(values: Any) -> np.ndarray:
    """Lists of words and numbers stay what they are."""
    refuse_masked(values, "a value is masked: None is missing, in an array of objects or a frame")
    array = np.asarray(values)
    listed = isinstance(values, (list, tuple)) and array.dtype.kind not in "iubf"
    return np.array(values, dtype=object) if listed else array


def columns_of_array(array: np.ndarray, names: str | Sequence[str]) -> dict[str, np.ndarray]:
    """A dict of the columns of an array (rows, columns); names, or "words": x0, x1, ..."""
    if array.ndim != 2:
        raise ValueError(f"columns: an array of {array.ndim} axes: expected (rows, columns)")
    if isinstance(names, str) and names != "words":
        raise ValueError(f"columns is {names!r}: expected 'words', or a list of names")
    listed = [f"x{c}" for c in range(array.shape[1])] if isinstance(names, str) else list(names)
    if len(listed) != array.shape[1]:
        raise ValueError(f"{len(listed)} names for {array.shape[1]} columns")
    return {name: array[:, c] for c, name in enumerate(_distinct(listed))}


class Table:
    """The columns of a model or of data, in the order of its variables."""

    def __init__(self, columns: list[Column]):
        self.columns = columns

    @classmethod
    def learn(
        cls, table: dict[Any, Values], unseen: bool = False, array: str | None = None
    ) -> "Table":
        """Of data to train on. array: the dtype of the array that they were."""
        learnt = cls([Column.learn(key, values, unseen, array) for key, values in table.items()])
        if array is not None and not is_dtype(array):
            raise TypeError(f"columns: an array of {array} cannot be given back: .astype(object)")
        return learnt

    @classmethod
    def of(cls, handle: Any, sizes: int) -> "Table | None":
        """What a model or data know; sizes: the alphabet of integers. None: they are no table."""
        columns: list[Column] = []
        for number, name in enumerate(_numbered(lambda n: _likely.column(handle, n))):
            found = list(_numbered(lambda symbol: _likely.word(handle, number, symbol)))
            words: list[str] | None = found or None
            unseen = words is not None and _likely.find_word(handle, number, NO_WORD) >= 0
            words = words[:-1] if words is not None and unseen else words
            remark = remark_of(_likely.remark(handle, number), words)
            columns.append(Column(name, words, remark, unseen, sizes))
        return cls(columns) if columns else None

    @property
    def array(self) -> str | None:
        """The dtype, where the table was an array."""
        return self.columns[0].remark.get("array")

    def names(self, label: Column | None) -> tuple:
        """As the C library takes them."""
        unseen = any(column.unseen for column in self.columns)
        named = None if label is None else label.names()
        return [column.names() for column in self.columns], named, unseen

    # ---- values to symbols -------------------------------------------------------------------

    def code(self, table: dict[Any, Values]) -> np.ndarray:
        """Symbols (rows, variables) of columns in any order."""
        found = {str(key): values for key, values in table.items()}
        listed = [column.name for column in self.columns]
        for name in found:
            if name not in listed:
                raise MismatchError(
                    f"the model does not know the column '{name}'; its columns are "
                    f"{', '.join(listed)}"
                )
        for name in listed:
            if name not in found:
                raise MismatchError(
                    f"there is no column '{name}'; there are {', '.join(found)}"
                )
        symbols = [column.code(found[column.name]) for column in self.columns]
        return np.stack(symbols, axis=1).astype(np.uint16)

    # ---- symbols to values -------------------------------------------------------------------

    def _checked(self, symbols: Any) -> np.ndarray:
        array = np.asarray(symbols)
        if array.ndim != 2 or array.shape[1] != len(self.columns) or array.dtype.kind not in "iu":
            raise ValueError(
                f"an array of {array.dtype}, of shape {array.shape}: expected symbols (rows, "
                f"{len(self.columns)}), as `sample` gives them"
            )
        return array

    def values(self, symbols: Any) -> dict[str, list]:
        """Columns of Python's values; None is missing."""
        array = self._checked(symbols)
        return {c.name: c.values(array[:, number]) for number, c in enumerate(self.columns)}

    def frame(self, symbols: Any) -> Any:
        """As a pandas.DataFrame, of the names and dtypes of the one that the model was made of."""
        import pandas

        array = self._checked(symbols)
        series = {c.key: c.series(array[:, number]) for number, c in enumerate(self.columns)}
        return pandas.DataFrame(series)

    def as_array(self, symbols: Any) -> np.ndarray:
        """As the array that they were, of the same dtype; "<unseen>" wants objects."""
        array = self._checked(symbols)
        unseen = any(c.has_unseen(array[:, number]) for number, c in enumerate(self.columns))
        restored = np.empty(array.shape, dtype=np.dtype("O" if unseen else self.array or "O"))
        for number, column in enumerate(self.columns):
            restored[:, number] = column.values(array[:, number])
        return restored


def _numbered(ask: Callable[[int], str | None]) -> Iterator[str]:
    """The answers to 0, 1, ... up to the first None."""
    return itertools.takewhile(lambda found: found is not None, map(ask, itertools.count()))


class Known:
    """What a model, or the data that a training has, says of other data."""

    def __init__(self, handle: Any, alphabet: int):
        self.handle = handle
        self.table = Table.of(handle, alphabet)
        self.label_column = _likely.column(handle, -1)
        words = list(_numbered(lambda label: _likely.label_name(handle, label)))
        self.label: Column | None = None  #: words of the labels
        if words:
            remark = remark_of(_likely.remark(handle, -1), words)
            self.label = Column(self.label_column or "label", words, remark)

"""A column of a table: its words, what they stand for, and how it is given back.

The remark that the C library keeps with a column is JSON: "kind" (_kinds.py), "dtype" of pandas,
"ordered" of a category, "missing", the word that stands for a missing value, "key", the column's
name where it is no text, and "array", the dtype of the array that the columns were.
"""

from __future__ import annotations

import difflib
import json
from typing import Any, Iterable

import numpy as np

from ._errors import MismatchError
from ._kinds import KINDS, WORD_MOST, are_alike, kind_of, refuse_unread, utf8, word_of
from ._values import Values

LARGEST_ALPHABET = 65536
MISSING_WORDS = ("", "NA", "?", "NaN", "null", "None")  # the C library knows them for missing
LONGEST_REMARK = 1024
UNSEEN = "<unseen>"


def kind_of_all(name: str, known: list) -> str | None:
    """The one of all of them; None: there are none."""
    kinds = dict.fromkeys(kind_of(name, value) for value in known)
    if len(kinds) > 1:
        raise TypeError(
            f"the column '{name}' mixes values of {' and '.join(kinds)}: make it one kind "
            "(astype(str))"
        )
    return next(iter(kinds), None)


def _in_order(known: list) -> list:
    """Ascending; of what has no order, as times with a zone and without, their texts are."""
    try:
        return sorted(known)
    except (TypeError, ValueError):
        return sorted(known, key=str)


def _refuse_fractions(name: str, known: list) -> None:
    for value in known:
        if np.isfinite(value) and value != np.floor(value):
            raise ValueError(
                f"the column '{name}' has the fraction {value:g}: cut it into bins first "
                "(pandas.cut, sklearn's KBinsDiscretizer, or an estimator of likely.sklearn)"
            )


class Column:
    """What is known of a column. Without words its values are numbers from 0."""

    def __init__(
        self,
        name: str,
        words: list[str] | None,
        remark: dict,
        unseen: bool = False,
        numbers: int = LARGEST_ALPHABET,
    ):
        self.name, self.words, self.remark = name, words, remark
        self.unseen = unseen  #: one symbol more, for all other words
        self.size = numbers if words is None else len(words) + unseen  #: of its alphabet
        self.advice = " (loading={'unseen': True} of train takes any)"
        self._numbers: dict[str, int] | None = None

    @property
    def kind(self) -> str | None:
        return self.remark.get("kind")

    @property
    def numbers(self) -> dict[str, int]:
        if self._numbers is None:
            self._numbers = {word: number for number, word in enumerate(self.words or ())}
        return self._numbers

    def names(self) -> tuple:
        """As the C library takes them."""
        words = None if self.words is None else [utf8(word) for word in self.words]
        remark = json.dumps(self.remark) if self.remark else None
        return utf8(self.name), words, remark

    # ---- learning ----------------------------------------------------------------------------

    @classmethod
    def learn(cls, key: Any, values: Values, unseen: bool, array: str | None) -> "Column":
        """Of a column to train on; `key` is its name in the frame."""
        name = str(key)
        kind = kind_of_all(name, values.known)
        known = values.known
        if values.ordered is None:
            if kind == "float":
                _refuse_fractions(name, known)
            known = _in_order(known)
        words = [word_of(name, kind, value) for value in known] if kind else []
        refuse_unread(name, kind or "", known, words, values.dtype or "")
        remark: dict[str, Any] = {"kind": kind}
        if values.has_missing:
            free = [word for word in MISSING_WORDS if word not in set(words)]
            remark["missing"] = free[0] if free else _unused(words)
            words.append(remark["missing"])
        more = {"dtype": values.dtype, "ordered": values.ordered, "array": array}
        more["key"] = None if isinstance(key, str) else _json_of(key)
        remark.update((k, v) for k, v in more.items() if v is not None)
        if len(words) > LARGEST_ALPHABET - unseen:
            raise ValueError(
                f"the column '{name}' has {len(words)} different values: at most "
                f"{LARGEST_ALPHABET - unseen} are possible; leave it out, or cut it into bins"
            )
        if len(json.dumps(remark)) > LONGEST_REMARK:
            raise ValueError(f"the name of the column '{name[:40]}...' is too long")
        if not words:
            raise ValueError(f"the column '{name}' has no rows")
        return cls(name, words, remark, unseen)

    # ---- values to symbols -------------------------------------------------------------------

    def code(self, values: Values) -> np.ndarray:
        """Symbols of all rows, int64."""
        symbols = np.array([self.symbol(value) for value in values.known] + [-1], dtype=np.int64)
        if values.has_missing:
            symbols[-1] = self._missing()
        coded = symbols[values.rows]
        unknown = np.flatnonzero(coded < 0)
        if unknown.size:
            row = int(unknown[0])
            number = values.rows[row]
            self._refuse(row, None if number < 0 else values.known[number])
        return coded

    def symbol(self, value: Any) -> int:
        """Of a value; -1: it is not known."""
        if self.words is None:
            return self._number(value)
        if self.unseen and isinstance(value, str) and value == UNSEEN not in self.numbers:
            return len(self.words)
        return self.numbers.get(self._word(value), len(self.words) if self.unseen else -1)

    def _word(self, value: Any) -> str:
        """Of a table that was no frame, as a CSV, 1 and "1" are one word."""
        kind = kind_of(self.name, value)
        if self.kind is not None and not are_alike(kind, self.kind):
            raise MismatchError(
                f"the column '{self.name}' holds {value!r}, a value of {kind}: those of the model "
                f"are of {self.kind}"
            )
        return word_of(self.name, kind, value)

    def _number(self, value: Any) -> int:
        kind = kind_of(self.name, value)
        whole = kind in ("int", "bool") or (kind == "float" and value == np.floor(value))
        return int(value) if whole and 0 <= value < self.size else -1

    def _missing(self) -> int:
        if "missing" in self.remark:
            return self.numbers[self.remark["missing"]]
        if self.kind is None and "" in self.numbers:
            return self.numbers[""]
        return len(self.words or ()) if self.unseen else -1

    def _refuse(self, row: int, value: Any) -> None:
        if value is None:
            raise MismatchError(
                f"row {row}: the column '{self.name}' has no value, and none was missing in "
                f"training{self.advice}"
            )
        if self.words is None:
            raise MismatchError(
                f"row {row}: the column '{self.name}' has the value {value!r}: those of the model "
                f"are integers of 0 to {self.size - 1}"
            )
        near = difflib.get_close_matches(str(value), (self.words or ())[:5000], 3, 0.0)
        raise MismatchError(
            f"row {row}: the column '{self.name}' has the value {value!r}, which was not met in "
            f"training; the nearest are {', '.join(map(repr, near))}{self.advice}"
        )

    # ---- symbols to values -------------------------------------------------------------------

    def value(self, symbol: int) -> Any:
        """None: missing. Of what was never met "<unseen>"."""
        if self.words is None:
            return symbol
        if not 0 <= symbol < self.size:
            raise ValueError(f"the column '{self.name}' has no symbol {symbol}")
        if symbol == len(self.words):
            return UNSEEN
        word = self.words[symbol]
        if word == self.remark.get("missing", None):
            return None
        return word if self.kind is None else self._read(word)

    def _read(self, word: str) -> Any:
        return KINDS[self.kind or "str"].read(word, self.remark.get("dtype", ""))

    def has_unseen(self, symbols: np.ndarray) -> bool:
        """Whether some stand for no value."""
        return self.unseen and self.words is not None and bool((symbols == len(self.words)).any())

    def values(self, symbols: np.ndarray) -> list:
        """Python's values of all rows."""
        known, rows = np.unique(symbols, return_inverse=True)
        values = [self.value(symbol) for symbol in known.tolist()]
        return [values[row] for row in rows.reshape(-1).tolist()]

    @property
    def key(self) -> Any:
        """As the frame calls it."""
        key = self.remark.get("key", self.name)
        return _tuple_of(key) if isinstance(key, list) else key

    def series(self, symbols: np.ndarray) -> Any:
        """As pandas has it, of the dtype that it was."""
        import pandas

        if self.has_unseen(symbols):
            return pandas.Series(self.values(symbols), dtype=object)
        if "ordered" in self.remark:
            return self._category(pandas, symbols)
        values = self.values(symbols)
        dtype = self._dtype(pandas)
        if dtype is None:
            whole = self.kind == "int" and None in values
            return pandas.Series(values, dtype="Int64" if whole and _fits(values) else None)
        if self.kind == "timestamp" and "," in str(dtype):
            return pandas.Series(pandas.to_datetime(values, utc=True)).astype(dtype)
        return pandas.Series(values, dtype=dtype)

    def _dtype(self, pandas: Any) -> Any:
        """As pandas knows it; its name of Arrow's strings is that of another dtype."""
        dtype = self.remark.get("dtype")
        if dtype is None or not dtype.startswith("arrow["):
            return dtype
        import pyarrow

        return pandas.ArrowDtype(pyarrow.type_for_alias(dtype[6:-1]))

    def _category(self, pandas: Any, symbols: np.ndarray) -> Any:
        words = [word for word in self.words or () if word != self.remark.get("missing")]
        levels = pandas.Index([self._read(word) for word in words], dtype=self._dtype(pandas))
        dtype = pandas.CategoricalDtype(levels, ordered=self.remark["ordered"])
        codes = np.where(symbols < len(words), symbols.astype(np.int64), -1)
        return pandas.Series(pandas.Categorical.from_codes(codes, dtype=dtype))


def _fits(values: Iterable) -> bool:
    return all(value is None or -(2**63) <= value < 2**63 for value in values)


def _unused(words: list[str]) -> str:
    number = 0
    while f"<missing {number}>" in words:
        number += 1
    return f"<missing {number}>"


def _json_of(key: Any) -> Any:
    """An integer or a tuple of such and texts; None: another name, which becomes its text."""
    if isinstance(key, tuple):
        parts = [part if isinstance(part, str) else _json_of(part) for part in key]
        return None if None in parts else parts
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        return int(key)
    return None


def _tuple_of(parts: list) -> tuple:
    return tuple(_tuple_of(part) if isinstance(part, list) else part for part in parts)


def remark_of(remark: str | None, words: list[str] | None) -> dict:
    """What the C library has kept; empty where it is somebody else's: files may be anybody's."""
    try:
        told = json.loads(remark) if remark else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) and _is_ours(told, words) else {}


def _is_ours(told: dict, words: list[str] | None) -> bool:
    kind, missing = told.get("kind"), told.get("missing")
    return (
        (kind is None or (isinstance(kind, str) and kind in KINDS))
        and (missing is None or (isinstance(missing, str) and missing in (words or ())))
        and isinstance(told.get("dtype", ""), str)
        and isinstance(told.get("ordered", True), bool)
        and _is_key(told.get("key", 0))
        and is_dtype(told.get("array", "O"))
    )


def _is_key(key: Any) -> bool:
    return isinstance(key, (str, int)) or (isinstance(key, list) and all(map(_is_key, key)))


def is_dtype(name: Any) -> bool:
    """Of an array of values, whose items are no larger than words are."""
    try:
        dtype = np.dtype(name) if isinstance(name, str) else np.dtype("V1")
    except TypeError:
        return False
    return dtype.kind in "biufUOMm" and dtype.itemsize <= 4 * WORD_MOST

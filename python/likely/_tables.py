"""Tables of words: a frame of pandas or polars becomes a CSV in memory, as the C library reads it.

So a model keeps its columns and words, and the command knows them too.
"""

from __future__ import annotations

import csv
import io
import numbers
from typing import Any, Iterable, Sequence

import numpy as np


def is_frame(thing: Any) -> bool:
    """A DataFrame of pandas, polars or their like, or a dict of columns."""
    has_columns = hasattr(thing, "columns") and hasattr(thing, "dtypes")
    return isinstance(thing, dict) or (has_columns and hasattr(thing, "shape"))


def is_missing(value: Any) -> bool:
    """None, NaN, pandas.NA or NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def _text(name: str, value: Any) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(f"the column '{name}' has a word with a zero character")
        return value
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        if number != np.floor(number):
            raise ValueError(
                f"the column '{name}' has the fraction {number:g}: cut it into bins first "
                "(pandas.cut, sklearn's KBinsDiscretizer, or an estimator of likely.sklearn)"
            )
        return str(int(number))
    return str(value)


def _column(frame: Any, name: Any) -> Iterable[str]:
    column = frame[name]
    values = column.to_list() if hasattr(column, "to_list") else list(column)
    return [_text(str(name), value) for value in values]


def csv_of(frame: Any, labels: Any = None, label_name: str = "label") -> bytes:
    """The table as a CSV; labels are a last column."""
    keys = list(frame) if isinstance(frame, dict) else list(frame.columns)
    names = [str(key) for key in keys]
    columns: list[Sequence[str]] = [list(_column(frame, key)) for key in keys]
    if labels is not None:
        names.append(label_name)
        values = labels.to_list() if hasattr(labels, "to_list") else np.asarray(labels).tolist()
        columns.append([_text(label_name, value) for value in values])
    if len(set(names)) != len(names):
        raise ValueError("two columns of one name")
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        raise ValueError(f"columns and labels of {sorted(lengths)} rows: expected one number")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    quoted.writerow(names)  # names that are numbers are known for names by their quotes
    writer.writerows(zip(*columns))
    return out.getvalue().encode("utf-8", "surrogateescape")


def words_of(model: Any, values: np.ndarray) -> dict[str, list[Any]]:
    """Columns of a table from symbols (rows, variables); numbers where there are no words."""
    from . import _likely

    table: dict[str, list[Any]] = {}
    for variable in range(values.shape[1]):
        name = _likely.column(model, variable) or f"x{variable}"
        known: dict[int, Any] = {}
        for symbol in np.unique(values[:, variable]).tolist():
            word = _likely.word(model, variable, symbol)
            known[symbol] = symbol if word is None else word
        table[name] = [known[symbol] for symbol in values[:, variable].tolist()]
    return table

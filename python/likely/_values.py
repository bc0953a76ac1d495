"""The values of a column, in whatever it is: each once, and where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._kinds import is_missing, kind_of, word_of

PLAIN = (str, int, float, bool)


class Values:
    """The values of a column, each once, and which of them stands in each row; -1: missing."""

    def __init__(self, name: str, column: Any):
        dtype: Any = getattr(column, "dtype", None)
        #: of pandas, or None: it is to choose
        self.dtype = None if _is_masked(column) else _dtype_name(dtype)
        self.ordered: bool | None = None  #: of a category, whose values are all of its categories
        if type(dtype).__name__ == "CategoricalDtype":
            self.dtype = _dtype_name(dtype.categories.dtype)
            self.ordered = bool(dtype.ordered)
            self.known = dtype.categories.tolist()
            self.rows = np.asarray(getattr(column, "cat", column).codes, dtype=np.int64)
        elif isinstance(dtype, np.dtype) and dtype.kind in "iub" and not _is_masked(column):
            known, rows = np.unique(np.asarray(column), return_inverse=True)
            self.known, self.rows = known.tolist(), rows.astype(np.int64).reshape(-1)
        elif isinstance(dtype, np.dtype) and dtype.kind == "f" and not _is_masked(column):
            self.known, self.rows = _floats(np.asarray(column))
        elif type(dtype).__name__ == "StringDtype" and hasattr(column, "factorize"):
            rows, known = column.factorize()
            self.known, self.rows = known.tolist(), rows.astype(np.int64)
        else:
            self.known, self.rows = _distinct(name, listed(name, column))

    @property
    def has_missing(self) -> bool:
        return bool((self.rows < 0).any())


def _is_masked(column: Any) -> bool:
    return isinstance(column, np.ma.MaskedArray)


def _dtype_name(dtype: Any) -> str | None:
    """A name that pandas makes the same dtype of, or None."""
    if dtype is None or not type(dtype).__module__.startswith(("numpy", "pandas")):
        return None
    if isinstance(dtype, np.dtype) and dtype.kind in "Mm":
        if not str(dtype).endswith(("[s]", "[ms]", "[us]", "[ns]")):
            return None  # which NumPy has, and pandas has not
    try:
        from pandas.api.types import pandas_dtype

        for name in (str(dtype), f"string[{getattr(dtype, 'storage', '')}]"):
            if (name == str(dtype) or hasattr(dtype, "storage")) and pandas_dtype(name) == dtype:
                return name
        arrow = type(dtype).__name__ == "ArrowDtype" and "string" in str(dtype)
        return f"arrow[{dtype.pyarrow_dtype}]" if arrow else None
    except (ImportError, TypeError, ValueError, NotImplementedError):
        return str(dtype) if isinstance(dtype, np.dtype) else None


def listed(name: str, column: Any) -> list:
    """As Python's values."""
    axes = getattr(column, "ndim", 2 if hasattr(column, "columns") else 1)
    if axes != 1:
        raise ValueError(f"the column '{name}' has {axes} axes: expected one")
    if isinstance(column, np.ndarray) and column.dtype.kind == "M":
        return _times(name, column)
    if isinstance(column, np.ndarray) and column.dtype.kind == "m":
        return _steps(name, column)
    listed = hasattr(column, "__len__") and hasattr(column, "__getitem__")
    if isinstance(column, (str, bytes, dict)) or not listed:
        raise TypeError(f"the column '{name}' is a {type(column).__name__}: expected a list")
    for method in ("to_list", "tolist"):
        if hasattr(column, method):
            return getattr(column, method)()
    return list(column)


def _times(name: str, column: np.ndarray) -> list:
    """datetime of the standard library; None: NaT."""
    years = column.astype("M8[Y]").astype(np.int64) + 1970
    if np.any(~np.isnat(column) & ((years < 1) | (years > 9999))):
        raise ValueError(f"the column '{name}' has times outside of the years 1 to 9999")
    exact = column.astype("M8[us]")
    if not np.array_equal(exact.astype(column.dtype), column, equal_nan=True):
        raise ValueError(f"the column '{name}' has times of less than a microsecond")
    return exact.tolist()


def _steps(name: str, column: np.ndarray) -> list:
    """timedelta of the standard library, of nanoseconds integers; None: NaT."""
    values = column.tolist()
    unit = np.datetime_data(column.dtype)[0]
    if unit != "ns" and any(isinstance(value, int) for value in values):
        raise ValueError(
            f"the column '{name}' has durations that datetime.timedelta has not (years, months, "
            "10^9 days, picoseconds): give integers"
        )
    return values


def _floats(column: np.ndarray) -> tuple[list, np.ndarray]:
    there = ~np.isnan(column)
    rows = np.full(column.size, -1, dtype=np.int64)
    known, found = np.unique(column[there], return_inverse=True)
    rows[there] = found.reshape(-1)
    return known.astype(np.float64).tolist(), rows


def _plain(value: Any) -> Any:
    """Numbers and words as Python's own, whatever else they are."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if isinstance(value, (float, np.floating)) else value


def _distinct(name: str, values: list) -> tuple[list, np.ndarray]:
    rows = np.empty(len(values), dtype=np.int64)
    numbers: dict[Any, int] = {}
    known: list = []
    for row, value in enumerate(values):
        if is_missing(value):
            rows[row] = -1
            continue
        value = value if type(value) in PLAIN else _plain(value)
        kind = type(value)
        key = (kind, value if kind in PLAIN else word_of(name, kind_of(name, value), value))
        number = numbers.setdefault(key, len(known))
        if number == len(known):
            known.append(value)
        rows[row] = number
    return known, rows

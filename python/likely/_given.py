"""What a sample is to hold, in the forms that users have it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _likely
from ._arrays import LARGEST
from ._tables import is_frame, is_missing

if TYPE_CHECKING:
    from ._model import Model


def given_of(model: Model, given: Any, shape: tuple) -> np.ndarray:
    """Values to be held, (rows, *shape) int32, -1 where the model is to draw."""
    if isinstance(given, dict):
        rows = max([1] + [len(v) for v in given.values() if _is_column(v)])
        table = {k: list(v) if _is_column(v) else [v] * rows for k, v in given.items()}
        return _words(model, table, rows)
    if is_frame(given):
        return _words(model, {str(c): list(given[c]) for c in given}, len(given))
    if isinstance(given, np.ma.MaskedArray):
        given = given.filled(-1)
    array = np.asarray(given)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), -1, array)
    if array.dtype.kind not in "iubf" or not np.array_equal(array, np.floor(array)):
        raise TypeError("given: expected integers, and -1 or NaN where the model is to draw")
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape:
        raise ValueError(f"given is of shape {array.shape}: expected (rows, *{shape})")
    if array.size and not -1 <= array.min() <= array.max() <= LARGEST:
        raise ValueError(f"given: a value is not of -1 to {LARGEST}")
    return np.ascontiguousarray(array, dtype=np.int32)


def _is_column(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes))


def _words(model: Model, table: dict[str, Any], rows: int) -> np.ndarray:
    columns = model.columns
    array = np.full((rows, model.variables), -1, dtype=np.int32)
    for name, values in table.items():
        if name not in columns:
            raise ValueError(f"given: the model has no column '{name}': {', '.join(columns)}")
        variable = columns.index(name)
        for row, value in enumerate(values):
            if not is_missing(value):
                array[row, variable] = _symbol(model, variable, name, value)
    return array


def _symbol(model: Model, variable: int, name: str, value: Any) -> int:
    if _likely.word(model._handle, variable, 0) is None:
        return int(value)  # a table of integers
    symbol = _likely.find_word(model._handle, variable, str(value).encode())
    if symbol < 0:
        raise ValueError(f"given: the column '{name}' has no value '{value}'")
    return symbol

"""What a sample is to hold and labels of p(x | label), in the forms that users have them in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import LARGEST, refuse_masked
from ._kinds import is_missing
from ._tables import Table, is_frame, object_array
from ._values import listed
from ._words import Column

if TYPE_CHECKING:
    from ._model import Model


def given_of(model: Model, given: Any, shape: tuple) -> np.ndarray:
    """Values to be held, (rows, *shape) int32, -1 where the model is to draw."""
    table = model._known.table
    if isinstance(given, dict):
        rows = max([1] + [len(v) for v in given.values() if _is_column(v)])
        return _words(table, {str(k): _listed(v, rows) for k, v in given.items()}, rows)
    if is_frame(given):
        return _words(table, {str(c): _values(given[c]) for c in given.columns}, len(given))
    if table is not None and table.array is not None:
        return _array(table, given)
    if isinstance(given, np.ma.MaskedArray):
        given = np.where(np.ma.getmaskarray(given), np.int64(-1), given.data)
    array = np.asarray(given)
    if array.dtype.kind == "O":
        array = np.array([-1 if is_missing(v) else v for v in array.flat]).reshape(array.shape)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), -1.0, array)
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


def _values(column: Any) -> list:
    """Python's values: of an array of numpy not its scalars."""
    return column.tolist() if hasattr(column, "tolist") else list(column)


def _listed(value: Any, rows: int) -> list:
    return _values(value) if _is_column(value) else [value] * rows


def _array(table: Table, given: Any) -> np.ndarray:
    """Of a model of an array whose values are words: what is masked or missing is drawn, and -1
    where it is no value."""
    masked = np.ma.isMaskedArray(given)
    array = np.ma.getdata(given) if masked else object_array(given)
    array, mask = np.atleast_2d(array, np.ma.getmaskarray(given if masked else array))
    if array.ndim != 2 or array.shape[1] != len(table.columns):
        raise ValueError(
            f"given is of shape {array.shape}: expected (rows, {len(table.columns)})"
        )
    columns = {}
    for number, column in enumerate(table.columns):
        held = zip(mask[:, number], listed(column.name, array[:, number]))
        columns[column.name] = [None if m or _is_drawn(column, v) else v for m, v in held]
    return _words(table, columns, len(array))


def _is_drawn(column: Column, value: Any) -> bool:
    is_value = column.kind in ("int", "float") and "-1" in column.numbers
    return isinstance(value, (int, float)) and value == -1 and not is_value


def _words(table: Table | None, given: dict[str, list], rows: int) -> np.ndarray:
    if table is None:
        raise ValueError("given: the model is of no table with named columns: give an array")
    names = [column.name for column in table.columns]
    array = np.full((rows, len(names)), -1, dtype=np.int32)
    for name, values in given.items():
        if name not in names:
            raise ValueError(f"given: the model has no column '{name}': {', '.join(names)}")
        if len(values) != rows:
            raise ValueError(f"given: the column '{name}' has {len(values)} of {rows} rows")
        variable = names.index(name)
        for row, value in enumerate(values):
            if not is_missing(value):
                array[row, variable] = _symbol(table, variable, value)
    return array


def _symbol(table: Table, variable: int, value: Any) -> int:
    column = table.columns[variable]
    symbol = column.symbol(value)
    if symbol < 0:
        raise ValueError(f"given: the column '{column.name}' has no value {value!r}")
    return symbol


def label_numbers(model: Model, labels: Any, count: int | None) -> np.ndarray:
    """Labels as the model numbers them, [count]: one for all, or each; None: as many as there are.

    A label is found by its value, or by its name in model.labels.
    """
    known = {name: number for number, name in enumerate(model.labels)}
    if not known:
        raise ValueError("the model is of p(x), without labels")
    refuse_masked(labels, "a label is masked: every item has one")
    array = np.asarray(labels, dtype=None if hasattr(labels, "dtype") else object)
    size = array.size if count is None else count
    if array.ndim > 1 or array.size not in (1, size):
        raise ValueError(f"labels of shape {array.shape}: expected one, or one for each of {size}")
    wanted = np.broadcast_to(array, (size,)).tolist()
    numbers = {value: _label_number(model, known, value) for value in dict.fromkeys(wanted)}
    return np.array([numbers[value] for value in wanted], dtype=np.int32)


def _label_number(model: Model, known: dict[str, int], value: Any) -> int:
    name, label = str(value), model._known.label
    number = -1
    if is_missing(value) or (isinstance(value, float) and math.isinf(value)):
        pass  # which no label is
    elif label is not None and label.kind is not None and not isinstance(value, str):
        number = label.symbol(value)
    elif isinstance(value, (bool, float)) and name not in known and value == int(value):
        number = known.get(str(int(value)), -1)
    else:
        number = known.get(name, -1)
    if number < 0:
        raise ValueError(f"the model knows no label '{value}': {', '.join(known)}")
    return number

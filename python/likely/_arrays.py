"""Arrays as the C library reads them: 8 or 16 bits, any strides, copied only where they must."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from . import _likely

LARGEST = 65535
#: Values of one call: larger arrays go through in slices, as the library keeps a copy of 16 bits.
SLICE = 1 << 24


def _out_of_range(wrong: int) -> str:
    return (
        f"a value is {wrong}: values are symbols, integers of 0 to {LARGEST}; subtract the least, "
        "cut into bins (likely.sklearn does), or make a table of them (columns='words' of train)"
    )


def _refuse_range(array: np.ndarray) -> None:
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > LARGEST:
        raise ValueError(_out_of_range(low if low < 0 else high))


def _from_floats(array: np.ndarray) -> np.ndarray:
    if array.size and not np.all(np.isfinite(array)):
        raise ValueError("a value is NaN or infinite: values are symbols, integers from 0")
    if array.size and not np.array_equal(array, np.floor(array)):
        raise ValueError(
            "values are symbols, integers from 0, and these have fractions: cut them into bins "
            "(sklearn's KBinsDiscretizer, or an estimator of likely.sklearn), or scale and round"
        )
    if array.size:
        _refuse_range(array)
    return array.astype(np.uint16)


def _without_objects(array: np.ndarray) -> np.ndarray:
    """Python's integers in an array of objects as an array of integers; others stay objects."""
    if array.dtype.kind != "O" or not all(isinstance(v, (int, np.integer)) for v in array.flat):
        return array
    low, high = min(array.flat, default=0), max(array.flat, default=0)
    if low < 0 or high > LARGEST:
        raise ValueError(_out_of_range(low if low < 0 else high))
    return array.astype(np.int64)


def refuse_masked(values: Any, message: str) -> None:
    """Of an array with a mask NumPy gives what lies under it, too."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(message)


def as_symbols(values: Any) -> np.ndarray:
    """An array of uint8 or uint16: the same memory if it is one already, or of bool.

    Raises ValueError for values that are no integers of 0 to 65535, TypeError for other things.
    """
    if hasattr(values, "toarray") and not isinstance(values, np.ndarray):
        raise TypeError("a sparse matrix: give .toarray()")
    refuse_masked(values, "a value is masked: every value must be a symbol (a mask is for `given`)")
    if not hasattr(values, "__array__") and not hasattr(values, "__len__"):
        raise TypeError(f"a {type(values).__name__} is no data: expected an array, a list, a frame")
    array = _without_objects(np.asarray(values))
    if array.dtype == np.bool_:
        bits = array.view(np.uint8)  # a true of Pillow's is 255
        return bits if not bits.size or bits.max() <= 1 else (bits != 0).astype(np.uint8)
    if array.dtype in (np.uint8, np.uint16) and array.dtype.isnative:
        return array
    if array.dtype.kind == "f":
        return _from_floats(array)
    if array.dtype.kind in "iu":
        if array.size:
            _refuse_range(array)
        return array.astype(np.uint16)
    raise TypeError(
        f"an array of {array.dtype}: expected integers or bool; for words, a pandas.DataFrame, or "
        "columns='words' of train"
    )


def narrow(array: np.ndarray) -> bool:
    return array.dtype.itemsize == 1


def address(array: np.ndarray | None) -> int:
    return 0 if array is None else int(array.__array_interface__["data"][0])


def _alphabets(sizes: Any) -> np.ndarray:
    array = np.asarray(sizes)
    if array.dtype.kind not in "iu":
        raise TypeError(f"alphabet of {array.dtype}: expected integers of 1 to 65536")
    wrong = array[(array < 1) | (array > LARGEST + 1)]
    if wrong.size:
        raise ValueError(f"an alphabet of {wrong.ravel()[0]} symbols: expected 1 .. 65536")
    return np.ascontiguousarray(array, dtype=np.int32)


class Examples:
    """Examples in an array (examples, *shape), with labels or without.

    names: of columns and labels, as Table.names gives them; None: there are none.
    """

    def __init__(
        self,
        array: np.ndarray,
        labels: np.ndarray | None = None,
        alphabet: Any = 0,
        names: Any = None,
    ):
        if array.ndim < 2:
            raise ValueError(
                f"an array of {array.ndim} axes: expected (examples, ...); for one example "
                "x[None], for examples of one variable x[:, None]"
            )
        size = array.dtype.itemsize
        if any(stride % size for stride in array.strides):
            array = array.copy()
        self.array = array
        self.labels = labels
        self.labelled = labels is not None
        self.names = names
        self.count = len(array)
        self.shape = array.shape[1:]
        self.variables = int(np.prod(self.shape))
        if self.variables == 0:
            raise ValueError(f"an array of shape {array.shape}: examples have no variables")
        self.alphabet, self.alphabets = 0, None
        if np.ndim(alphabet) > 0:
            self.alphabets = _alphabets(alphabet)
            if self.alphabets.size != self.variables:
                raise ValueError(
                    f"alphabet has {self.alphabets.size} entries, for {self.variables} variables"
                )
        else:
            self.alphabet = operator.index(alphabet)
            if not -LARGEST <= self.alphabet <= LARGEST + 1:
                raise ValueError(f"an alphabet of {self.alphabet} symbols: expected 2 .. 65536")
        if labels is not None and len(labels) != self.count:
            raise ValueError(f"{len(labels)} labels for {self.count} examples")

    def handle(self, context: Any, first: int = 0, last: int | None = None) -> Any:
        part = self.array[first:last]
        labels = None if self.labels is None else self.labels[first:last]
        strides = tuple(stride // part.dtype.itemsize for stride in part.strides)
        if not any(strides):  # all 0 says "one after another"; a broadcast value is meant
            part = part.copy()
            strides = (0,) * part.ndim
        return _likely.from_values(
            context,
            address(part),
            8 * part.dtype.itemsize,
            len(part),
            tuple(part.shape[1:]),
            strides,
            self.alphabet,
            address(self.alphabets),
            address(labels),
            self.names,
        )

    def slices(self, whole: bool = False) -> list[tuple[int, int]]:
        step = max(1, SLICE // max(1, self.variables)) if not whole else max(1, self.count)
        return [(i, min(i + step, self.count)) for i in range(0, self.count, step)]


def values_of(handle: Any) -> np.ndarray:
    """The values of examples, as (examples, *shape): uint8 where the alphabet allows."""
    count, shape, alphabet, _, _ = _likely.describe_data(handle)
    array = np.empty((count, *shape), dtype=np.uint8 if alphabet <= 256 else np.uint16)
    _likely.copy_values(handle, address(array), 8 * array.dtype.itemsize)
    return array

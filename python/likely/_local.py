"""A slower sequence beside texts and recordings (local conditioning), in the forms users have."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ._arrays import address, as_symbols


def numbers_of(sequence: Any) -> np.ndarray:
    """One sequence: uint16, one behind another."""
    array = as_symbols(sequence)
    if array.ndim != 1:
        raise ValueError(f"local: a sequence of {array.ndim} axes: expected whole numbers in a row")
    return np.ascontiguousarray(array, dtype=np.uint16)


def _is_one(local: Any) -> bool:
    if isinstance(local, np.ndarray):
        return local.ndim == 1 and local.dtype != object
    return len(local) > 0 and np.ndim(local[0]) == 0


class Local:
    """As lk_loading takes it: options, and the arrays, one for each item, or none."""

    def __init__(self, local: Any = None, every: int | None = None, alphabet: int | None = None):
        options = {"local_every": every, "local_alphabet": alphabet}
        self.options: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
        self.arrays: list[np.ndarray] = []
        if isinstance(local, (str, bytes, os.PathLike)):
            self.options["local"] = os.fspath(local)
        elif local is not None:
            self.arrays = [numbers_of(s) for s in ([local] if _is_one(local) else local)]
            if not self.arrays:
                raise ValueError("local is empty: expected an array for each text")
        self.given = bool(self.options or self.arrays)

    def addresses(self) -> tuple[int, int, int]:
        """Of the arrays' addresses, of their sizes, and how many; valid as long as this is."""
        self._at = np.array([address(array) for array in self.arrays], dtype=np.uintp)
        self._sizes = np.array([array.size for array in self.arrays], dtype=np.int64)
        count = len(self.arrays)
        return (address(self._at), address(self._sizes), count) if count else (0, 0, 0)

"""Columns of a table as symbols, and what a symbol's probability says of the value.

A column is one of three kinds, by the values that it was fitted on:

    Words     whatever is no number; also a column of one value. Symbol = number of the value.
    Integers  integers within a range of 256. Symbol = value - least.
    Cuts      other numbers, cut at quantiles into bins.

Words and Integers have one symbol more, for what was not met in fitting. Where missing values are a
category, each column's last symbol stands for them: they have a probability, never a density.

In a bin of Cuts the density is p(bin) / width; the outer bins go on for ever, with
p(bin) exp(-d / s) / s at the distance d from the inner edge, where s is the mean distance of the
bin's values (the maximum likelihood of an exponential distribution). So densities are proper, and
nowhere zero. Neither widths nor s are less than the median gap between values that differ, or a
value that is met again and again, such as 0, would have a density without bounds. Of integers in
bins the density is that of the number line, about the probability of each integer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._kinds import is_missing

RANGE = 256


class Words:
    """Values that are names."""

    def __init__(self, column: np.ndarray):
        known = {_key(value): value for value in column.tolist()}.values()
        self.values = sorted(known, key=lambda v: (type(v).__name__, str(v)))
        self._number = {_key(value): number for number, value in enumerate(self.values)}
        self.size = len(self.values) + 1

    def symbols(self, column: np.ndarray) -> np.ndarray:
        other = self.size - 1
        numbers = [self._number.get(_key(value), other) for value in column.tolist()]
        return np.array(numbers, dtype=np.uint16)

    def log_widths(self, column: np.ndarray, symbols: np.ndarray) -> float:
        return 0.0

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        values = np.empty(len(self.values), dtype=object)
        values[:] = self.values
        return values[symbols]


def _key(value: Any) -> Any:
    """1 and 1.0 are one value, and True is not; what cannot be hashed is its text."""
    return value if isinstance(value, (int, float, str)) else f"{type(value).__name__} {value}"


class Integers:
    """Integers least .. least + size - 2."""

    def __init__(self, column: np.ndarray):
        self.least = int(column.min())
        self.size = int(column.max()) - self.least + 2

    def symbols(self, column: np.ndarray) -> np.ndarray:
        place = column - self.least
        known = (place >= 0) & (place < self.size - 1) & (place == np.floor(place))
        return np.where(known, place, self.size - 1).astype(np.uint16)

    def log_widths(self, column: np.ndarray, symbols: np.ndarray) -> float:
        return 0.0

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        return self.least + symbols.astype(np.float64)


class Cuts:
    """Numbers, between edges that are quantiles."""

    def __init__(self, column: np.ndarray, bins: int):
        met = np.unique(column)
        least = float(np.median(np.diff(met)))
        quantiles = np.quantile(column, np.linspace(0.0, 1.0, bins + 1)[1:-1])
        self.edges = _apart(_around_atoms(quantiles, met), least)
        self.size = self.edges.size + 1
        below = self.edges[0] - column[column < self.edges[0]]
        above = column[column >= self.edges[-1]] - self.edges[-1]
        self.scales = (max(least, float(below.mean())), max(least, float(above.mean())))
        self.widths = np.diff(self.edges)

    def symbols(self, column: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.edges, column, side="right").astype(np.uint16)

    def log_widths(self, column: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """-log of the density of a value in its bin."""
        low, high = self.scales
        logs = np.concatenate([[np.log(low)], np.log(self.widths), [np.log(high)]])[symbols]
        logs = logs + np.maximum(0.0, self.edges[0] - column) / low
        return logs + np.maximum(0.0, column - self.edges[-1]) / high

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        starts = np.concatenate([self.edges[:1], self.edges])
        ends = np.concatenate([self.edges[:1], self.edges[1:], self.edges[-1:]])
        place = rng.uniform(size=symbols.size)
        tail = rng.exponential(size=symbols.size)
        drawn = starts[symbols] + place * (ends[symbols] - starts[symbols])
        drawn = np.where(symbols == 0, self.edges[0] - tail * self.scales[0], drawn)
        last = symbols == self.size - 1
        return np.where(last, self.edges[-1] + tail * self.scales[1], drawn)


def _around_atoms(quantiles: np.ndarray, met: np.ndarray) -> np.ndarray:
    """Edges above the least value: a value that several quantiles are has a bin of its own.

    met: all values, each once, at least two.
    """
    value, times = np.unique(quantiles, return_counts=True)
    atoms = value[(times > 1) | (value == met[0])]
    behind = np.searchsorted(met, atoms, side="right")
    edges = np.union1d(value, met[behind[behind < met.size]])
    return edges[edges > met[0]]


def _apart(edges: np.ndarray, least: float) -> np.ndarray:
    """Of sorted edges those that are at least so far from the one kept before."""
    kept = list(edges[:1])
    for edge in edges:
        if edge - kept[-1] >= least:
            kept.append(edge)
    return np.array(kept, dtype=np.float64)


def _numbers(column: np.ndarray) -> np.ndarray | None:
    """The column as float64; None where some value is no number."""
    if column.dtype.kind in "iubf":
        return column.astype(np.float64)
    if column.dtype.kind == "O" and all(
        isinstance(v, (int, float, np.number, np.bool_)) for v in column.tolist()
    ):
        return column.astype(np.float64)
    return None


def _fit(column: np.ndarray, n_bins: int) -> Words | Integers | Cuts:
    numbers = _numbers(column)
    if numbers is None or not numbers.size or np.ptp(numbers) == 0.0:
        return Words(column if numbers is None else numbers)
    if np.array_equal(numbers, np.floor(numbers)) and np.ptp(numbers) < RANGE:
        return Integers(numbers)
    return Cuts(numbers, max(2, min(n_bins, int(np.sqrt(numbers.size)))))


def missing(X: np.ndarray) -> np.ndarray:
    """A mask of None, NaN, pandas.NA and NaT."""
    if X.dtype.kind == "O":
        found = np.array([is_missing(value) for value in X.ravel().tolist()], dtype=bool)
        return found.reshape(X.shape)
    return np.isnan(X) if X.dtype.kind == "f" else np.zeros(X.shape, dtype=bool)


class Column:
    """One of the three kinds, and a symbol for what is missing, if that is a category."""

    def __init__(self, column: np.ndarray, n_bins: int, category: bool):
        gone = missing(column)
        self.kind = _fit(column[~gone], n_bins)
        self.size = self.kind.size + int(category)
        known = np.ones(self.size, dtype=bool)
        known[self.kind.size :] = gone.any()
        known[self.kind.size - 1] = isinstance(self.kind, Cuts)
        self.known = known  #: [size]: whether a symbol stands for what was met

    def symbols(self, column: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Symbols, and what to subtract from their log p; None: they are not of this kind."""
        there = ~missing(column)
        values: Any = column[there]
        if not isinstance(self.kind, Words):
            values = _numbers(values)
            if values is None:
                return None
        symbols = np.full(column.size, self.size - 1, dtype=np.uint16)
        log_widths = np.zeros(column.size)
        symbols[there] = self.kind.symbols(values)
        log_widths[there] = self.kind.log_widths(values, symbols[there])
        return symbols, log_widths

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        """Values; NaN for what is missing."""
        gone = symbols >= self.kind.size
        drawn = self.kind.draw(np.where(gone, 0, symbols), rng) if self.known[0] else symbols
        return np.where(gone, np.nan, drawn) if gone.any() else drawn


class Columns:
    """The columns of a table (rows, columns). category: missing values are one."""

    def __init__(self, X: np.ndarray, n_bins: int, category: bool):
        self.columns = [Column(X[:, c], n_bins, category) for c in range(X.shape[1])]
        self.sizes = np.array([column.size for column in self.columns], dtype=np.int32)

    def symbols(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rows, columns) uint16, and (rows,) what to subtract from log p of these, in nats."""
        symbols = np.empty(X.shape, dtype=np.uint16)
        log_widths = np.zeros(len(X))
        for c, column in enumerate(self.columns):
            found = column.symbols(X[:, c])
            if found is None:
                raise ValueError(f"column {c} was of numbers in fitting, and now is not")
            symbols[:, c] = found[0]
            log_widths += found[1]
        return symbols, log_widths

    def known(self, symbols: np.ndarray) -> np.ndarray:
        """(rows,): whether all symbols stand for what was met."""
        known = [column.known[symbols[:, c]] for c, column in enumerate(self.columns)]
        return np.all(known, axis=0)

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        """Values (rows, columns): float64, or objects where there are words."""
        drawn = [column.draw(symbols[:, c], rng) for c, column in enumerate(self.columns)]
        words = any(
            isinstance(column.kind, Words)
            and _numbers(np.array(column.kind.values, dtype=object)) is None
            for column in self.columns
        )
        table = np.empty(symbols.shape, dtype=object if words else np.float64)
        for c, values in enumerate(drawn):
            table[:, c] = values
        return table

"""Columns of a table as symbols, and what a symbol's probability says of the value.

A column is one of four kinds, by the values that it was fitted on:

    Words     whatever is no number; also a single fraction. Symbol = number of the value.
    Integers  integers within a range of 256. Symbol = value - least.
    Ranges    such integers too, in bins of neighbours, where columns would have too many symbols
              together (SYMBOLS): 257 of each of 784 pixels are 50 million weights of a layer.
    Cuts      other numbers, cut at quantiles into bins.

All but Cuts have one symbol more, for what was not met in fitting. Where missing values are a
category, each column's last symbol stands for them: they have a probability, never a density.

Probabilities. A word that was not met has the probability of all such words together: the space of
outcomes has one point for them. A bin of Ranges shares its probability among its integers. Integers
beyond the range share half of what the symbol for them has, falling off geometrically with the
distance from the range on either side; the other half is that of all that is no integer. So
probabilities sum to one over what was met, the integers, and one point for the rest.

Densities. In a bin of Cuts the density is p(bin) / width; the outer bins go on for ever, with
p(bin) exp(-d / s) / s at the distance d from the inner edge, where s is the mean distance of the
bin's values (the maximum likelihood of an exponential distribution). So densities are proper, and
nowhere zero: far away, where exp(-d / s) is no float64, the logarithm is still finite. Neither
widths nor s are less than the median gap between values that differ, or a value that is met again
and again, such as 0, would have a density without bounds. Of integers in bins of Cuts the density
is that of the number line, about the probability of each integer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._kinds import is_missing

RANGE = 256
SYMBOLS = 4096  # of all columns, from which integers are put into bins
EXACT = 2**53  # integers up to it are float64
FARTHEST = 1e300  # of a distance, in units of a scale: its sum with others is finite
SMALLEST = 2.0**-1000  # of a gap: what is divided by it does not overflow at once
LARGE = 2.0**500  # values beyond are scaled down, so that no difference overflows


class Words:
    """Values that are names."""

    def __init__(self, column: np.ndarray):
        known = {_key(value): value for value in column.tolist()}.values()
        self.values = sorted(known, key=lambda v: (type(v).__name__, str(v)))
        self._number = {_key(value): number for number, value in enumerate(self.values)}
        self.size = len(self.values) + 1
        #: whether some are no float64
        self.objects = _numbers(np.array(self.values, dtype=object)) is None

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


def _key(value: Any) -> tuple:
    """1 and 1.0 are one value, and True is not, nor "1"; what cannot be hashed is its text."""
    if isinstance(value, (bool, np.bool_)):
        return bool, bool(value)
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float, value
    if isinstance(value, str):
        return str, value
    return type(value).__name__, str(value)


def _place(column: np.ndarray, least: int) -> np.ndarray:
    """column - least, float64: exact where it is small, however large the integers are."""
    if column.dtype.kind in "iu" and abs(least) > EXACT:
        return np.array([int(value) - least for value in column.tolist()], dtype=np.float64)
    if column.dtype.kind == "O":
        exact = [v if isinstance(v, (int, np.integer)) else float(v) for v in column]
        return np.array([v - least for v in exact], dtype=np.float64)
    return column.astype(np.float64) - least


class Integers:
    """Integers from least to most, in bins of neighbours; firsts: where bins begin."""

    def __init__(self, least: int, most: int, firsts: np.ndarray | None = None):
        self.least, self.range = least, most - least + 1
        self.firsts = np.arange(self.range) if firsts is None else firsts
        self.sizes = np.diff(np.append(self.firsts, self.range))
        self.size = self.firsts.size + 1
        self.objects = abs(least) + self.range > EXACT

    def symbols(self, column: np.ndarray) -> np.ndarray:
        place = _place(column, self.least)
        known = (place >= 0) & (place < self.range) & (place == np.floor(place))
        found = np.searchsorted(self.firsts, np.where(known, place, 0), side="right") - 1
        return np.where(known, found, self.size - 1).astype(np.uint16)

    def log_widths(self, column: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """-log of the share that a value has of its symbol's probability."""
        shares = np.append(np.log(self.sizes), 0.0)[symbols]
        other = symbols == self.size - 1
        if other.any():
            shares[other] = self._beyond(_place(column[other], self.least))
        return shares

    def _beyond(self, place: np.ndarray) -> np.ndarray:
        """Of values beyond the range, and of no integers; the mean distance is the range."""
        distance = np.where(place < 0, -place, place - (self.range - 1))
        mean = max(2, self.range)
        fall = np.log(mean) - np.minimum(distance - 1.0, FARTHEST) * np.log1p(-1.0 / mean)
        return np.log(2.0) + np.where(place == np.floor(place), np.log(2.0) + fall, 0.0)

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        place = self.firsts[symbols]
        if self.range >= self.size:  # several in a bin
            place = place + np.floor(rng.uniform(size=symbols.size) * self.sizes[symbols])
        if self.objects:
            return np.array([self.least + int(v) for v in place.tolist()], dtype=object)
        return self.least + place.astype(np.float64)


class Cuts:
    """Numbers, between edges that are quantiles."""

    objects = False

    def __init__(self, column: np.ndarray, bins: int):
        most = float(np.abs(column).max())
        self.unit = float(2.0 ** (np.frexp(most)[1] - 500)) if most > LARGE else 1.0
        column = column / self.unit
        met = np.unique(column)
        least = max(float(np.median(np.diff(met))), SMALLEST)
        quantiles = np.quantile(column, np.linspace(0.0, 1.0, bins + 1)[1:-1])
        self.edges = _apart(_around_atoms(quantiles, met), least)
        self.size = self.edges.size + 1
        below = self.edges[0] - column[column < self.edges[0]]
        above = column[column >= self.edges[-1]] - self.edges[-1]
        self.scales = (max(least, float(below.mean())), max(least, float(above.mean())))
        self.widths = np.diff(self.edges)

    def symbols(self, column: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.edges, column / self.unit, side="right").astype(np.uint16)

    def log_widths(self, column: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """-log of the density of a value in its bin."""
        low, high = self.scales
        column = column / self.unit
        logs = np.concatenate([[np.log(low)], np.log(self.widths), [np.log(high)]])[symbols]
        logs = logs + np.log(self.unit)
        with np.errstate(over="ignore"):
            below = np.maximum(0.0, self.edges[0] - column) / low
            above = np.maximum(0.0, column - self.edges[-1]) / high
        return logs + np.minimum(below, FARTHEST) + np.minimum(above, FARTHEST)

    def draw(self, symbols: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
        starts = np.concatenate([self.edges[:1], self.edges])
        ends = np.concatenate([self.edges[:1], self.edges[1:], self.edges[-1:]])
        place = rng.uniform(size=symbols.size)
        tail = rng.exponential(size=symbols.size)
        drawn = starts[symbols] + place * (ends[symbols] - starts[symbols])
        drawn = np.where(symbols == 0, self.edges[0] - tail * self.scales[0], drawn)
        last = symbols == self.size - 1
        drawn = np.where(last, self.edges[-1] + tail * self.scales[1], drawn)
        largest = np.finfo(np.float64).max
        with np.errstate(over="ignore"):
            return np.clip(drawn * self.unit, -largest, largest)


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
    if column.dtype.kind != "O" or not all(
        isinstance(v, (int, float, np.number, np.bool_)) for v in column.tolist()
    ):
        return None
    try:
        numbers = column.astype(np.float64)
    except OverflowError:
        numbers = np.array([np.inf])
    if not np.isfinite(numbers).all():
        raise ValueError("Input X contains infinity, or a number that is too large for float64")
    return numbers


def _integers(column: np.ndarray, numbers: np.ndarray) -> tuple[int, int] | None:
    """The least and the most; None: they are not all integers, or reach too far."""
    if not np.array_equal(numbers, np.floor(numbers)):
        return None
    whole = column.dtype.kind in "iub" or (
        column.dtype.kind == "O" and all(isinstance(v, (int, np.integer)) for v in column)
    )
    least, most = (int(v) for v in ((column.min(), column.max()) if whole else
                                    (numbers.min(), numbers.max())))
    return (least, most) if most - least < RANGE else None


def _fit(column: np.ndarray, n_bins: int) -> Words | Integers | Cuts:
    numbers = _numbers(column)
    if numbers is None or not numbers.size:
        return Words(column)
    found = _integers(column, numbers)
    if found is not None:
        return Integers(*found)
    if numbers.min() == numbers.max():
        return Words(numbers)
    return Cuts(numbers, max(2, min(n_bins, int(np.sqrt(numbers.size)))))


def _ranges(column: np.ndarray, of: Integers, n_bins: int) -> Integers:
    """The same integers in at most so many bins, of about as many values each."""
    place = np.sort(_place(column, of.least))
    bins = max(2, min(n_bins, int(np.sqrt(place.size))))
    at = place[(np.arange(bins) * place.size) // bins].astype(np.int64)
    firsts = np.unique(np.append(at, 0))
    return Integers(of.least, of.least + of.range - 1, firsts)


def missing(X: np.ndarray) -> np.ndarray:
    """A mask of None, NaN, pandas.NA and NaT."""
    if X.dtype.kind == "O":
        found = np.array([is_missing(value) for value in X.ravel().tolist()], dtype=bool)
        return found.reshape(X.shape)
    if X.dtype.kind in "Mm":
        return np.isnat(X)
    return np.isnan(X) if X.dtype.kind == "f" else np.zeros(X.shape, dtype=bool)


class Column:
    """One of the three kinds, and a symbol for what is missing, if that is a category."""

    def __init__(self, column: np.ndarray, n_bins: int, category: bool):
        self._gone = bool(missing(column).any())
        self._category = category
        self._take(_fit(column[~missing(column)], n_bins))

    def _take(self, kind: Words | Integers | Cuts) -> None:
        self.kind = kind
        self.size = kind.size + int(self._category)
        known = np.ones(self.size, dtype=bool)
        known[kind.size :] = self._gone
        known[kind.size - 1] = isinstance(kind, Cuts)
        self.known = known  #: [size]: whether a symbol stands for what was met

    def coarsen(self, column: np.ndarray, n_bins: int) -> None:
        """Integers into bins, where they are more."""
        if isinstance(self.kind, Integers) and self.kind.size - 1 > n_bins:
            self._take(_ranges(column[~missing(column)], self.kind, n_bins))

    def symbols(self, column: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Symbols, and what to subtract from their log p; None: they are not of this kind."""
        there = ~missing(column)
        values: Any = column[there]
        if not isinstance(self.kind, Words):
            numbers = _numbers(values)
            if numbers is None:
                return None
            values = numbers if isinstance(self.kind, Cuts) else values
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
        if sum(column.size for column in self.columns) > SYMBOLS:
            for c, column in enumerate(self.columns):
                column.coarsen(X[:, c], n_bins)
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
        """Values (rows, columns): float64, or objects where there are words or huge integers."""
        drawn = [column.draw(symbols[:, c], rng) for c, column in enumerate(self.columns)]
        objects = any(column.kind.objects for column in self.columns)
        table = np.empty(symbols.shape, dtype=object if objects else np.float64)
        for c, values in enumerate(drawn):
            table[:, c] = values
        return table

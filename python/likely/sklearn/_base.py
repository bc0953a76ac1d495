"""What the estimators share: data as symbols, a training that suits its size, log p(x)."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._model import Model
from .._train import train
from ._columns import Columns

FEWEST_HELD_OUT = 10


class LikelihoodBase(BaseEstimator):
    """Parameters and fitted attributes are in the subclasses' docstrings."""

    def __init__(
        self,
        family: str = "made",
        *,
        settings: dict | None = None,
        n_bins: int = 16,
        epochs: int | None = None,
        validation_fraction: float = 0.1,
        random_state: Any = None,
    ):
        self.family = family
        self.settings = settings
        self.n_bins = n_bins
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    # ---- parameters ----------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        if not isinstance(self.n_bins, Integral) or not 2 <= self.n_bins <= 65535:
            raise ValueError(f"n_bins is {self.n_bins!r}: expected an integer of 2 to 65535")
        fraction = self.validation_fraction
        if not isinstance(fraction, Real) or not 0 <= fraction < 1:
            raise ValueError(f"validation_fraction is {fraction!r}: expected 0 up to 1")

    def _seed(self) -> int:
        """None is one seed: a fit can be repeated."""
        if self.random_state is None:
            return 1
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _how(self, rows: int) -> dict[str, Any]:
        """Options of the training: small data want a small network and larger steps."""
        how: dict[str, Any] = {"epochs": self.epochs, "settings": self.settings}
        small = rows < 10000
        if self.epochs is None and small:
            how["epochs"] = int(np.clip(100000 // max(1, rows), 10, 100))
        if self.family == "made" and small:
            how.update(learning_rate=0.005, ema=0.99)
            if self.settings is None:
                how["settings"] = {"hidden": 32 if rows < 1000 else 128}
        return how

    # ---- fitting -------------------------------------------------------------------------------

    def _hold_out(self, rows: int, groups: np.ndarray | None, seed: int) -> np.ndarray:
        """A mask [rows] of those held out; of each group the same fraction, rounded down."""
        held = np.zeros(rows, dtype=bool)
        if int(rows * self.validation_fraction) < FEWEST_HELD_OUT:
            return held
        rng = np.random.RandomState(seed % 2**32)
        groups = np.zeros(rows, dtype=np.int32) if groups is None else groups
        for group in np.unique(groups):
            members = rng.permutation(np.flatnonzero(groups == group))
            held[members[: int(members.size * self.validation_fraction)]] = True
        return held

    def _fit_rows(self, X: np.ndarray, labels: np.ndarray | None = None) -> None:
        self._check_parameters()
        seed = self._seed()
        self._columns = Columns(X, int(self.n_bins))
        symbols, _ = self._columns.symbols(X)
        held = self._hold_out(len(X), labels, seed)
        valid = None
        if held.any():
            valid = symbols[held] if labels is None else (symbols[held], labels[held])
        self.model_: Model = train(
            symbols[~held],
            None if labels is None else labels[~held],
            self.family,
            valid=valid,
            alphabet=self._columns.sizes,
            seed=seed,
            **self._how(len(X)),
        )
        self._held_out = np.flatnonzero(held)

    def _log_density(self, X: np.ndarray, label: int | None = None) -> np.ndarray:
        symbols, log_widths = self._columns.symbols(X)
        return self.model_.log_prob(symbols, label) - log_widths

    def _checked(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(self, X, dtype=None, reset=False)

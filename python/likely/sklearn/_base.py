"""What the estimators share: data as symbols, a training that suits its size, log p(x)."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._model import Model
from .._settings import check_seed
from .._train import train
from ._columns import Columns, missing

MISSING = (
    "Input X contains None, NaN or NaT: missing_values='category' takes what is missing for a "
    "category of its own"
)
FEWEST_HELD_OUT = 10
DIRECT = 2048  # symbols of all columns: connections of each with each would be its square
FEWEST_OF_FOLD = 2


class LikelihoodBase(BaseEstimator):
    """Parameters and fitted attributes are in the subclasses' docstrings."""

    def __init__(
        self,
        family: str = "made",
        *,
        settings: dict | None = None,
        n_bins: int = 16,
        epochs: int | None = None,
        n_models: int = 1,
        validation_fraction: float = 0.1,
        missing_values: str = "error",
        random_state: Any = None,
    ):
        self.family = family
        self.settings = settings
        self.n_bins = n_bins
        self.epochs = epochs
        self.n_models = n_models
        self.validation_fraction = validation_fraction
        self.missing_values = missing_values
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.allow_nan = self.missing_values == "category"
        return tags

    # ---- parameters ----------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        if not isinstance(self.n_bins, Integral) or not 2 <= self.n_bins <= 65535:
            raise ValueError(f"n_bins is {self.n_bins!r}: expected an integer of 2 to 65535")
        fraction = self.validation_fraction
        if not isinstance(fraction, Real) or not 0 <= fraction < 1:
            raise ValueError(f"validation_fraction is {fraction!r}: expected 0 up to 1")
        for name, own in (("family", "family"), ("seed", "random_state")):
            if name in (self.settings or {}):
                raise ValueError(f"settings has {name!r}: the estimator's {own} says it")
        if not isinstance(self.n_models, Integral) or self.n_models < 1:
            raise ValueError(f"n_models is {self.n_models!r}: expected an integer from 1")
        if self.missing_values not in ("error", "category"):
            raise ValueError(
                f"missing_values is {self.missing_values!r}: expected 'error' or 'category'"
            )

    def _seed(self) -> int:
        """None is one seed: a fit can be repeated."""
        if self.random_state is None:
            return 1
        if isinstance(self.random_state, Integral):
            return check_seed(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _how(self, rows: int) -> dict[str, Any]:
        """Options of the training: small data want a small network and larger steps."""
        small = rows < 10000
        how: dict[str, Any] = {}
        if small:
            how["epochs"] = int(np.clip(100000 // max(1, rows), 10, 100))
        if self.family == "made" and small:
            how.update(learning_rate=0.005, ema=0.99)
            if self.settings is None:
                how["hidden"] = 32 if rows < 1000 else 128
        if self.family == "made" and self.settings is None and self._columns.sizes.sum() > DIRECT:
            how["direct"] = False
        how.update(self.settings or {})
        if self.epochs is not None:
            how["epochs"] = self.epochs
        return how

    # ---- data ----------------------------------------------------------------------------------

    def _validated(self, X: Any, y: Any = "no_validation", reset: bool = True) -> Any:
        """X, or (X, y), as scikit-learn checks them; parameters are checked before."""
        if reset:
            self._check_parameters()
        category = self.missing_values == "category"
        finite = "allow-nan" if category else True
        try:
            with np.errstate(invalid="ignore"):  # of sums of what is large
                checked = validate_data(
                    self, X, y, dtype=None, reset=reset, ensure_all_finite=finite
                )
        except (TypeError, AttributeError):  # of pandas.NA among objects, as NumPy is
            if hasattr(X, "dtypes") and missing(np.asarray(X, dtype=object)).any():
                raise ValueError(MISSING) from None
            raise
        table = checked if isinstance(y, str) else checked[0]
        if not category and table.dtype.kind in "OMm" and missing(table).any():
            raise ValueError(MISSING)
        return checked

    def _checked(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self._validated(X, reset=False)

    def _symbols(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Symbols (rows, columns), and what to subtract from log p of these, (rows,)."""
        X = self._checked(X)
        return self._columns.symbols(X)

    # ---- fitting -------------------------------------------------------------------------------

    def _folds(self, rows: int, groups: np.ndarray | None, seed: int) -> np.ndarray:
        """Which model holds out a row, [rows]; -1: none. Of each group alike, rounded down."""
        folds = np.full(rows, -1)
        models = int(self.n_models)
        share = 1.0 / models if models > 1 else self.validation_fraction
        fewest = FEWEST_OF_FOLD if models > 1 else FEWEST_HELD_OUT
        if self.validation_fraction == 0 or int(rows * share) < fewest:
            return folds
        rng = np.random.RandomState(seed % 2**32)
        groups = np.zeros(rows, dtype=np.int32) if groups is None else groups
        for group in np.unique(groups):
            members = rng.permutation(np.flatnonzero(groups == group))
            if models > 1:
                folds[members] = (np.arange(members.size) + group) % models
            else:
                folds[members[: int(members.size * share)]] = 0
        return folds

    def _train(
        self, symbols: np.ndarray, labels: np.ndarray | None, held: np.ndarray, number: int
    ) -> Model:
        """Model `number`, of the rows that it does not hold out."""
        valid = None
        if held.any():
            valid = symbols[held] if labels is None else (symbols[held], labels[held])
        how = self._how(len(symbols))
        if number > 0:
            how["order"] = f"random:{number}"
        return train(
            symbols[~held],
            None if labels is None else labels[~held],
            self.family,
            valid=valid,
            alphabet=self._columns.sizes,
            seed=(self._fit_seed + number) % 2**64,
            settings=how,
        )

    def _fit_rows(self, X: np.ndarray, labels: np.ndarray | None = None) -> None:
        self._fit_seed = self._seed()
        self._columns = Columns(X, int(self.n_bins), self.missing_values == "category")
        symbols, _ = self._columns.symbols(X)
        self._fold = self._folds(len(X), labels, self._fit_seed)
        self.models_ = [
            self._train(symbols, labels, self._fold == number, number)
            for number in range(int(self.n_models))
        ]
        self.model_: Model = self.models_[0]

    # ---- densities -----------------------------------------------------------------------------

    def _log_probabilities(self, symbols: np.ndarray, label: int | None = None) -> np.ndarray:
        """log p(symbols) of each model, (models, rows)."""
        return np.stack([model.log_prob(symbols, label) for model in self.models_])

    def _log_densities(self, X: np.ndarray) -> np.ndarray:
        """log p(x) of each model, (models, rows)."""
        symbols, log_widths = self._columns.symbols(X)
        return self._log_probabilities(symbols) - log_widths


def mean_density(logs: np.ndarray) -> np.ndarray:
    """log of the mean over the first axis of exp."""
    if len(logs) == 1:
        return logs[0]
    most = logs.max(axis=0)
    most = np.where(np.isfinite(most), most, 0.0)
    with np.errstate(divide="ignore"):  # no model gives it a probability
        return most + np.log(np.mean(np.exp(logs - most), axis=0))

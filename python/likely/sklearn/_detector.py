"""Outliers: rows that are improbable."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import validate_data

from ._base import LikelihoodBase


class LikelihoodDetector(OutlierMixin, LikelihoodBase):
    """Outliers by exact log p(x).

    Parameters
    ----------
    family, settings, n_bins, epochs, validation_fraction, random_state
        As of LikelihoodModel.
    contamination : float, default=0.1
        The fraction of the rows fitted that `predict` takes for outliers, above 0 up to 0.5.

    Attributes
    ----------
    model_ : likely.Model
    offset_ : float
        decision_function = score_samples - offset_, in nats.
    calibration_scores_ : ndarray
        log p(x) of the rows that were held out, sorted; where there were too few, of all.
    """

    offset_: float
    calibration_scores_: np.ndarray

    def __init__(
        self,
        family: str = "made",
        *,
        settings: dict | None = None,
        n_bins: int = 16,
        epochs: int | None = None,
        validation_fraction: float = 0.1,
        contamination: float = 0.1,
        random_state: Any = None,
    ):
        super().__init__(
            family,
            settings=settings,
            n_bins=n_bins,
            epochs=epochs,
            validation_fraction=validation_fraction,
            random_state=random_state,
        )
        self.contamination = contamination

    def fit(self, X: Any, y: Any = None) -> "LikelihoodDetector":
        """X: (rows, columns) of numbers or categories, without missing values. y is ignored."""
        share = self.contamination
        if not isinstance(share, Real) or not 0 < share <= 0.5:
            raise ValueError(f"contamination is {share!r}: expected above 0, up to 0.5")
        X = validate_data(self, X, dtype=None)
        self._fit_rows(X)
        scores = self._log_density(X)
        self.offset_ = float(np.percentile(scores, 100.0 * share))
        held = scores[self._held_out] if self._held_out.size else scores
        self.calibration_scores_ = np.sort(held)
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """log p(x) in nats: the lower, the stranger. float64 (rows,)."""
        X = self._checked(X)
        return self._log_density(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """score_samples - offset_: below 0 is an outlier."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """-1 for outliers, 1 for others."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def p_values(self, X: Any) -> np.ndarray:
        """The share of held-out rows that are at least as strange, the row itself counted.

        (1 + how many have no higher score) / (1 + how many there are): of rows like those fitted at
        most a share of a has p <= a, but for what the choice of the best weights has seen of them.
        """
        scores = self.score_samples(X)
        known = self.calibration_scores_
        lower = np.searchsorted(known, scores, side="right")
        return (1.0 + lower) / (1.0 + known.size)

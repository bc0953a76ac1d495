"""Outliers: rows that are improbable."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import OutlierMixin

from ._base import LikelihoodBase, mean_density


AUTO_SHARE = 0.05  # of new rows, that contamination="auto" takes for outliers
LEAST = -1e300  # a log p of which a percentile can be taken


class LikelihoodDetector(OutlierMixin, LikelihoodBase):
    """Outliers by exact log p(x).

    Parameters
    ----------
    family, settings, n_bins, epochs, validation_fraction, missing_values, random_state
        As of LikelihoodModel.
    n_models : int, default=5
        As of LikelihoodModel: each row is judged in fitting by a model that did not learn from it.
    contamination : "auto" or float, default=0.1
        What `predict` takes for outliers. A float, above 0 up to 0.5: that fraction of the rows
        fitted, as scikit-learn has it. They have been learnt from and score higher than new rows,
        of which many more are outliers by it. "auto": about 5 % of new rows like those fitted, by
        the scores of rows that were held out.

    Attributes
    ----------
    models_, model_
        As of LikelihoodModel.
    offset_ : float
        decision_function = score_samples - offset_, in nats.
    held_out_scores_ : ndarray
        log p(x) of each row fitted, by the model that held it out; NaN: none did. With several
        models it is what ranks the rows fitted themselves, as `score_samples` has learnt from them.
    calibration_scores_ : list of ndarray
        Of each model the log p(x) of the rows that it held out, sorted; where there were too few,
        of all.
    """

    offset_: float
    held_out_scores_: np.ndarray
    calibration_scores_: list

    def __init__(
        self,
        family: str = "made",
        *,
        settings: dict | None = None,
        n_bins: int = 16,
        epochs: int | None = None,
        n_models: int = 5,
        validation_fraction: float = 0.1,
        missing_values: str = "error",
        contamination: float | str = 0.1,
        random_state: Any = None,
    ):
        super().__init__(
            family,
            settings=settings,
            n_bins=n_bins,
            epochs=epochs,
            n_models=n_models,
            validation_fraction=validation_fraction,
            missing_values=missing_values,
            random_state=random_state,
        )
        self.contamination = contamination

    def fit(self, X: Any, y: Any = None) -> "LikelihoodDetector":
        """X: (rows, columns) of numbers or categories. y is ignored."""
        share = self.contamination
        auto = isinstance(share, str) and share == "auto"
        if not auto and (not isinstance(share, Real) or not 0 < share <= 0.5):
            raise ValueError(f"contamination is {share!r}: expected 'auto', or above 0, up to 0.5")
        X = self._validated(X)
        self._fit_rows(X)
        scores = self._log_densities(X)
        held = self._fold >= 0
        self.held_out_scores_ = np.full(len(X), np.nan)
        self.held_out_scores_[held] = scores[self._fold[held], np.flatnonzero(held)]
        judged = self.held_out_scores_[held] if auto and held.any() else mean_density(scores)
        fraction = AUTO_SHARE if auto else share
        self.offset_ = float(np.percentile(np.maximum(judged, LEAST), 100.0 * fraction))
        self.calibration_scores_ = [
            np.sort(of_model[self._fold == number] if held.any() else of_model)
            for number, of_model in enumerate(scores)
        ]
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """log p(x) in nats: the lower, the stranger. float64 (rows,)."""
        X = self._checked(X)
        return mean_density(self._log_densities(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """score_samples - offset_: below 0 is an outlier."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """-1 for outliers, 1 for others."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def p_values(self, X: Any) -> np.ndarray:
        """The share of held-out rows that are at least as strange, the row itself counted.

        Each model compares the row with those that it held out: (1 + how many of them all have no
        higher score) / (1 + how many there are). Of rows like those fitted at most a share of a has
        p <= a, but for what the choice of the best weights has seen of them; with several models
        about so many, at most 2 a (Vovk 2015: Cross-conformal predictors).
        """
        each = self._log_densities(self._checked(X))
        lower, known = np.zeros(each.shape[1]), 0
        for scores, of_model in zip(each, self.calibration_scores_):
            lower += np.searchsorted(of_model, scores, side="right")
            known += of_model.size
        return (1.0 + lower) / (1.0 + known)

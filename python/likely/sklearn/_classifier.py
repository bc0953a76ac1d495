"""Bayes' rule with p(x | y) from one model."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from ._base import LikelihoodBase, mean_density


class LikelihoodClassifier(ClassifierMixin, LikelihoodBase):
    """argmax_y p(x | y) p(y), with p(x | y) one model that is given the class.

    Parameters
    ----------
    family : str, default="made"
        One that takes labels, as "nade", "fvsbn", "ardm".
    settings, n_bins, epochs, n_models, validation_fraction, missing_values, random_state
        As of LikelihoodModel; of each class the same fraction is held out.

    Attributes
    ----------
    classes_ : ndarray
    class_log_prior_ : ndarray
        log of each class's frequency.
    models_, model_
        As of LikelihoodModel.
    """

    def fit(self, X: Any, y: Any) -> "LikelihoodClassifier":
        """X: (rows, columns) of numbers or categories; y: (rows,) classes of any kind."""
        X, y = self._validated(X, y)
        check_classification_targets(y)
        self.classes_, labels, counts = np.unique(y, return_inverse=True, return_counts=True)
        self.class_log_prior_ = np.log(counts / counts.sum())
        self._fit_rows(X, labels.astype(np.int32))
        return self

    def _joint(self, symbols: np.ndarray) -> np.ndarray:
        """log p(symbols, y), (rows, classes): what a symbol's width is says nothing of classes."""
        given = [
            mean_density(self._log_probabilities(symbols, label))
            for label in range(self.classes_.size)
        ]
        return np.stack(given, axis=1) + self.class_log_prior_

    def predict_joint_log_proba(self, X: Any) -> np.ndarray:
        """log p(x, y) in nats, (rows, classes); -inf is probability zero."""
        symbols, log_widths = self._symbols(X)
        return self._joint(symbols) - log_widths[:, None]

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """log p(y | x) in nats, (rows, classes); -inf is probability zero.

        A row that has probability zero in every class (some families give such to what they never
        met) has no p(y | x): it gets p(y), as a row of which nothing is known.
        """
        symbols, _ = self._symbols(X)
        joint = self._joint(symbols)
        impossible = np.isneginf(joint).all(axis=1, keepdims=True)
        joint = np.where(impossible, self.class_log_prior_, joint)
        joint -= joint.max(axis=1, keepdims=True)
        return joint - np.log(np.exp(joint).sum(axis=1, keepdims=True))

    def predict_proba(self, X: Any) -> np.ndarray:
        """p(y | x), (rows, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row."""
        best = np.argmax(self.predict_log_proba(X), axis=1)
        return self.classes_[best]

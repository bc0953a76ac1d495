"""Estimators of scikit-learn over the models of `likely`.

    LikelihoodModel        p(x): score_samples, score, sample
    LikelihoodDetector     outliers: what has a low p(x); p-values
    LikelihoodClassifier   argmax_y p(x | y) p(y)

Columns may be categories (anything but numbers), integers, or continuous, which are cut at
quantiles; a density then has the bins' widths divided out. Needs scikit-learn 1.6 or newer:
pip install likely[sklearn].
"""

from ._classifier import LikelihoodClassifier
from ._density import LikelihoodModel
from ._detector import LikelihoodDetector

__all__ = ["LikelihoodClassifier", "LikelihoodDetector", "LikelihoodModel"]

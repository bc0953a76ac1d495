"""p(x) as scikit-learn's density estimators have it."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._model import Model
from ._base import LikelihoodBase, mean_density


FEWEST_DRAWS = 100000  # before sampling is given up
LEAST_KNOWN = 1e-4  # of the draws
LARGEST_PART = 1 << 16  # drawn at once, more than are asked for


class LikelihoodModel(DensityMixin, LikelihoodBase):
    """A model of p(x) over the rows of a table, trained by maximum likelihood.

    Parameters
    ----------
    family : str, default="made"
        One of `likely.families()` that take tables: "histogram", "bernoulli-mixture", "nade", ...
    settings : dict, default=None
        Of the family, such as {"hidden": 200}. None: what suits the number of rows.
    n_bins : int, default=16
        Continuous columns are cut at quantiles into at most so many bins, and at most into the root
        of the number of rows. Categories, and integers within a range of 256, are as they are; but
        where that makes more than 4096 symbols of all columns (pixels), integers are put into such
        bins too, whose probability their integers share.
    epochs : int, default=None
        None: what suits the number of rows.
    n_models : int, default=1
        More: the mean of so many densities, each of another order of the columns and of the rows
        but a fold of its own, which it holds out. Steadier on small tables, and as many times
        slower.
    validation_fraction : float, default=0.1
        Of the rows, held out: the weights that do best on them are kept. None are where they would
        be fewer than 10. With several models it is their fold, for any fraction but 0.
    missing_values : {"error", "category"}, default="error"
        What None, NaN and NaT are: refused, or a category of their own in each column, whose
        probability is learnt from the rows that lack a value. Nothing is filled in.
    random_state : int, RandomState or None, default=None
        Of the training. None: always the same.

    Attributes
    ----------
    models_ : list of likely.Model
        Of the symbols that rows become.
    model_ : likely.Model
        The first of them.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has names
    """

    def fit(self, X: Any, y: Any = None) -> "LikelihoodModel":
        """X: (rows, columns) of numbers or categories. y is ignored."""
        self._fit_rows(self._validated(X))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """log p(x) in nats of each row, float64 (rows,).

        A density in continuous columns, a probability in the others. A word that was not met in
        fitting has the probability of all such words together, and so has a fraction in a column of
        integers; integers beyond those that were met share theirs, the less the further away.
        """
        X = self._checked(X)
        return mean_density(self._log_densities(X))

    def score(self, X: Any, y: Any = None) -> float:
        """The mean of log p(x), in nats. (KernelDensity gives the sum.)"""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples: int = 1, random_state: Any = None) -> np.ndarray:
        """Draws (n_samples, columns): float64, or objects where there are categories.

        NaN stands for what is missing. Of several models each draws its share.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 0:
            raise ValueError(f"n_samples is {n_samples!r}: expected an integer from 0")
        rng = check_random_state(self._seed() % 2**32 if random_state is None else random_state)
        seed, models = int(rng.randint(2**31 - 1)), len(self.models_)
        rows = np.empty((0, self.n_features_in_), dtype=np.uint16)
        for number, model in enumerate(self.models_):
            count = n_samples // models + (number < n_samples % models)
            rows = np.concatenate([rows, self._drawn(model, count, seed)])
        if models > 1:
            rows = rng.permutation(rows)
        return self._columns.draw(rows, rng)

    def _drawn(self, model: Model, count: int, seed: int) -> np.ndarray:
        """Symbols (count, columns) that all stand for values; others are drawn again.

        They are the first draws that do, whatever the parts that these come in.
        """
        rows, first = np.empty((0, self.n_features_in_), dtype=np.uint16), 0
        while len(rows) < count:
            if first >= FEWEST_DRAWS and len(rows) < LEAST_KNOWN * first:
                raise ValueError(
                    f"of {first} rows drawn {len(rows)} are all of values that were met in "
                    f"fitting: {self.family!r} gives others too much; take another family"
                )
            rare = min(first, LARGEST_PART) if 2 * len(rows) < first else 0
            part = max(count - len(rows), rare)
            drawn = model.sample(part, seed=seed, first=first)
            rows = np.concatenate([rows, drawn[self._columns.known(drawn)]])
            first += part
        return rows[:count]

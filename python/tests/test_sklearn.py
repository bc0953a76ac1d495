"""The estimators, by scikit-learn's own checks and in its company."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

from likely.sklearn import LikelihoodClassifier, LikelihoodDetector, LikelihoodModel


@parametrize_with_checks([LikelihoodModel(), LikelihoodDetector(), LikelihoodClassifier()])
def test_checks(estimator, check):
    check(estimator)


def test_density_integrates_to_one():
    x = np.random.default_rng(0).normal(size=(500, 1)) * [[3.0]]
    model = LikelihoodModel(n_bins=10).fit(x)
    grid = np.linspace(-60, 60, 400001)[:, None]
    density = np.exp(model.score_samples(grid))
    assert np.sum(density) * (grid[1, 0] - grid[0, 0]) == pytest.approx(1.0, abs=2e-3)


def test_density_of_a_uniform():
    """Two independent uniforms on (0, 4): log p is -2 log 4 inside."""
    X = np.random.default_rng(0).uniform(0, 4, size=(4000, 2))
    model = LikelihoodModel(n_bins=4).fit(X)
    inner = np.random.default_rng(1).uniform(1.2, 2.8, size=(500, 2))
    assert model.score_samples(inner).mean() == pytest.approx(-2 * np.log(4), abs=0.1)


def test_samples_are_alike():
    rng = np.random.default_rng(0)
    X = np.stack([rng.normal(5, 2, 3000), rng.integers(-3, 4, 3000)], axis=1)
    model = LikelihoodModel().fit(X)
    drawn = model.sample(3000, random_state=1)
    assert drawn.shape == (3000, 2) and set(drawn[:, 1]) <= set(range(-3, 4))
    assert drawn.mean(axis=0) == pytest.approx(X.mean(axis=0), abs=0.3)
    assert drawn.std(axis=0) == pytest.approx(X.std(axis=0), rel=0.2)
    assert np.array_equal(drawn, model.sample(3000, random_state=1))


def test_categories():
    X = np.array([["a", 1], ["b", 2], ["a", 1], ["b", 2]] * 50, dtype=object)
    model = LikelihoodModel().fit(X)
    seen, mixed, new = model.score_samples(
        np.array([["a", 1], ["a", 2], ["z", 1]], dtype=object)
    )
    assert seen > mixed + 1 and seen > new + 1
    drawn = model.sample(10, random_state=0)
    assert set(drawn[:, 0]) <= {"a", "b"}
    assert np.isfinite(model.score_samples(X)).all()


def test_frames():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"c": ["x", "y"] * 40, "v": np.linspace(0, 1, 80)})
    model = LikelihoodModel().fit(table)
    assert list(model.feature_names_in_) == ["c", "v"]
    assert model.score_samples(table).shape == (80,)
    with pytest.raises(ValueError):
        model.score_samples(table[["v", "c"]])


def test_classifier():
    X, y = load_iris(return_X_y=True)
    assert cross_val_score(LikelihoodClassifier(), X, y, cv=5).mean() > 0.85
    model = LikelihoodClassifier().fit(X, np.array(["a", "b", "c"])[y])
    assert set(model.predict(X)) <= {"a", "b", "c"}
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(150))


def test_detector():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    strange = rng.normal(size=(50, 3)) + 8
    model = LikelihoodDetector(contamination=0.05).fit(X)
    assert (model.predict(strange) == -1).all()
    assert (model.predict(X) == -1).mean() == pytest.approx(0.05, abs=0.005)
    assert model.p_values(strange).max() <= 0.02
    fresh = model.p_values(rng.normal(size=(2000, 3)))
    assert (fresh <= 0.1).mean() == pytest.approx(0.1, abs=0.08)


def test_in_company():
    X, y = load_wine(return_X_y=True)
    search = GridSearchCV(LikelihoodModel(), {"n_bins": [2, 4]}, cv=3, n_jobs=2).fit(X)
    assert search.best_params_["n_bins"] in (2, 4)
    bins = KBinsDiscretizer(4, encode="ordinal", strategy="uniform")
    assert make_pipeline(bins, LikelihoodClassifier()).fit(X, y).score(X, y) > 0.9
    words = np.array([["u", "v"], ["w", "v"]] * 40)
    coded = make_pipeline(OrdinalEncoder(), LikelihoodModel()).fit(words)
    assert np.isfinite(coded.score(words))
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert np.array_equal(again.score_samples(X), search.best_estimator_.score_samples(X))


def test_frames_between_steps_and_routing():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": ["x", "y"] * 40, "b": list(range(8)) * 10})
    y = np.array([0, 1] * 40)
    coder = OrdinalEncoder().set_output(transform="pandas")
    pipeline = make_pipeline(coder, LikelihoodClassifier())
    with sklearn.config_context(enable_metadata_routing=True):
        assert cross_val_score(pipeline, table, y, cv=2).mean() == 1.0


@pytest.mark.parametrize("family", ["histogram", "bernoulli-mixture", "nade", "fvsbn"])
def test_families(family):
    X, _ = load_iris(return_X_y=True)
    assert np.isfinite(LikelihoodModel(family).fit(X).score(X))


def test_wrong_parameters():
    X, _ = load_iris(return_X_y=True)
    for wrong in ({"n_bins": 1}, {"validation_fraction": 1.0}, {"family": "none"}):
        with pytest.raises(ValueError):
            LikelihoodModel(**wrong).fit(X)
    with pytest.raises(ValueError, match="contamination"):
        LikelihoodDetector(contamination=0.7).fit(X)

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

from likely.sklearn._columns import missing
from likely.sklearn import LikelihoodClassifier, LikelihoodDetector, LikelihoodModel


ESTIMATORS = (LikelihoodModel, LikelihoodDetector, LikelihoodClassifier)
CHECKED = [kind() for kind in ESTIMATORS]
CHECKED += [kind(missing_values="category", n_models=2) for kind in ESTIMATORS]


@parametrize_with_checks(CHECKED)
def test_checks(estimator, check):
    check(estimator)


def test_density_integrates_to_one():
    x = np.random.default_rng(0).normal(size=(500, 1)) * [[3.0]]
    model = LikelihoodModel(n_bins=10).fit(x)
    grid = np.linspace(-60, 60, 400001)[:, None]
    density = np.exp(model.score_samples(grid))
    assert np.sum(density) * (grid[1, 0] - grid[0, 0]) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("share", [0.2, 0.6])
@pytest.mark.parametrize("side", [-1, 1])
def test_density_with_an_atom(share, side):
    """Many values are the least or the largest: still proper, and no higher than they justify."""
    rng = np.random.default_rng(0)
    x = side * np.where(rng.random(2000) < share, 0.0, rng.exponential(size=2000))[:, None]
    model = LikelihoodModel(n_bins=10).fit(x)
    gap = np.median(np.diff(np.unique(x)))
    inner = np.arange(-0.5, 12, gap / 64)[:, None]
    total = np.exp(model.score_samples(side * inner)).sum() * (gap / 64)
    assert total == pytest.approx(1.0, abs=0.02)
    assert model.score_samples([[0.0]])[0] < -np.log(gap) + 0.1


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


def test_samples_of_values_that_were_met():
    """Others are drawn again, in parts of any size, and not without end."""
    X = np.random.default_rng(1).integers(0, 3, (30, 8))
    model = LikelihoodModel("uniform").fit(X)
    drawn = model.sample(2000, random_state=1)
    assert drawn.shape == (2000, 8) and set(drawn.ravel()) == {0, 1, 2}
    symbols = model.model_.sample(60000, seed=int(np.random.RandomState(1).randint(2**31 - 1)))
    assert np.array_equal(symbols[model._columns.known(symbols)][:2000], drawn)
    with pytest.raises(ValueError, match="of [0-9]+ rows drawn [0-9] are .*'uniform' gives others"):
        LikelihoodModel("uniform").fit(np.tile(X, (1, 5))).sample()


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


def gaps():
    """A number that is missing where the word is "b", a word that is missing for large numbers."""
    rng = np.random.default_rng(0)
    X = np.empty((600, 3), dtype=object)
    X[:, 0] = np.where(rng.random(600) < 0.5, "a", "b")
    X[:, 1] = rng.normal(size=600)
    X[:, 2] = rng.integers(0, 4, 600)
    X[X[:, 0] == "b", 1] = np.nan
    X[np.array([v > 0 for v in X[:, 1]]), 0] = None
    return X


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_missing_values(kind):
    X, y = gaps(), np.arange(600) % 2
    with pytest.raises(ValueError, match="NaN"):
        kind().fit(X[:, 1:].astype(float), y)
    with pytest.raises(ValueError, match="NaN"):
        kind().fit(X, y)
    with pytest.raises(ValueError, match="missing_values='category'"):
        kind().fit(np.where(missing(X), None, X), y)
    with pytest.raises(ValueError, match="expected 'error' or 'category'"):
        kind(missing_values="mean").fit(X, y)
    model = kind(missing_values="category").fit(X, y)
    assert model.__sklearn_tags__().input_tags.allow_nan
    assert not kind().__sklearn_tags__().input_tags.allow_nan
    assert model.predict(X).shape == (600,) if hasattr(model, "predict") else True


def test_missing_is_informative():
    model = LikelihoodModel(missing_values="category").fit(gaps())
    usual, strange = model.score_samples(
        np.array([["b", np.nan, 1], ["a", np.nan, 1]], dtype=object)
    )
    assert usual > strange + 2
    same = [["b", None, 1], ["b", float("nan"), 1.0]]
    one, two = model.score_samples(np.array(same, dtype=object))
    assert one == two == usual
    drawn = model.sample(2000, random_state=0)
    gone = np.array([v != v for v in drawn[:, 1]])
    assert gone.mean() == pytest.approx(0.5, abs=0.1)
    assert np.mean([v == "b" for v in drawn[gone, 0]]) > 0.9


def test_missing_and_the_rest_sum_to_one():
    """Of one column: p(missing) and the integral of the density of what is not."""
    x = np.random.default_rng(0).normal(size=(500, 1))
    x[::5] = np.nan
    model = LikelihoodModel(missing_values="category").fit(x)
    grid = np.linspace(-30, 30, 200001)[:, None]
    density = np.exp(model.score_samples(grid)).sum() * (grid[1, 0] - grid[0, 0])
    gone = np.exp(model.score_samples([[np.nan]])[0])
    assert gone == pytest.approx(0.2, abs=0.05)
    assert density + gone == pytest.approx(1.0, abs=2e-3)


def test_missing_only_later():
    """Learnt without gaps, asked with them; and a column that is nothing but a gap."""
    X = np.random.default_rng(0).normal(size=(200, 2))
    model = LikelihoodModel(missing_values="category").fit(X)
    gap = model.score_samples([[np.nan, 0.0]])[0]
    assert np.isfinite(gap) and np.isfinite(model.sample(500)).all()
    X[:, 1] = np.nan
    model = LikelihoodModel(missing_values="category").fit(X)
    assert np.isnan(model.sample(5)[:, 1]).all()


def test_what_is_no_number_in_objects():
    """True, 1 and "1" are three; infinity and what is no float64 are refused."""
    X = np.array([[True], [1], ["1"], [1.0]] * 30, dtype=object)
    model = LikelihoodModel().fit(X)
    true, one, word = np.exp(model.score_samples(X[:3]))
    assert true == pytest.approx(0.25, abs=0.05) and word == pytest.approx(0.25, abs=0.05)
    assert one == pytest.approx(0.5, abs=0.05)
    for wrong in (np.inf, 10**400):
        with pytest.raises(ValueError, match="infinity"):
            LikelihoodModel().fit(np.array([[wrong], [2]] * 20, dtype=object))
    with pytest.raises(ValueError, match="n_samples is -1"):
        model.sample(-1)
    assert LikelihoodModel(random_state=2**64 - 1, epochs=1).fit(X).sample(2).shape == (2, 1)


def test_missing_of_pandas():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"c": pandas.array([1, None, 3] * 20, dtype="Int64"), "w": ["x"] * 60})
    with pytest.raises(ValueError, match="missing_values='category'"):
        LikelihoodModel().fit(table)
    assert np.isfinite(LikelihoodModel(missing_values="category").fit(table).score(table))


@pytest.mark.parametrize("dtype", ["M8[D]", "m8[s]"])
def test_missing_times(dtype):
    X = np.array([[1, 2], [3, "NaT"], [1, 2]] * 20, dtype)
    for wrong in (X, X.astype(object)):
        with pytest.raises(ValueError, match="missing_values='category'"):
            LikelihoodModel().fit(wrong)
    model = LikelihoodModel(missing_values="category").fit(X)
    drawn = model.sample(60, random_state=0)[:, 1].tolist()
    gone = [value for value in drawn if value != value]
    assert set(drawn) - set(gone) == {X[0, 1].item()} and 5 < len(gone) < 40
    assert all(isinstance(value, float) for value in gone)
    with pytest.raises(ValueError, match="missing_values='category'"):
        LikelihoodModel().fit(X[::3]).score_samples(X)


def test_missing_in_frames():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"c": ["x", None, "y"] * 30, "v": [1.5, np.nan, 2.25] * 30})
    model = LikelihoodModel(missing_values="category").fit(table)
    assert np.isfinite(model.score_samples(table)).all()


def test_mean_of_models():
    """exp of the log density is the mean of the models'; folds hold out each row once."""
    X, _ = load_wine(return_X_y=True)
    model = LikelihoodModel(n_models=3).fit(X)
    assert len(model.models_) == 3 and model.model_ is model.models_[0]
    each = model._log_densities(X)
    assert np.exp(model.score_samples(X)) == pytest.approx(np.exp(each).mean(axis=0))
    assert np.bincount(model._fold).tolist() == [60, 59, 59]
    assert model.sample(10).shape == (10, 13)
    one = LikelihoodModel(n_models=1).fit(X[:120]).score(X[120:])
    assert LikelihoodModel(n_models=5).fit(X[:120]).score(X[120:]) > one


def test_held_out_scores():
    X = np.random.default_rng(0).normal(size=(203, 2))
    model = LikelihoodDetector().fit(X)
    assert np.isfinite(model.held_out_scores_).all()
    sizes = [scores.size for scores in model.calibration_scores_]
    assert sizes == [41, 41, 41, 40, 40]
    model = LikelihoodDetector(n_models=1).fit(X)
    assert np.isfinite(model.held_out_scores_).sum() == 20
    model = LikelihoodDetector(validation_fraction=0).fit(X)
    assert np.isnan(model.held_out_scores_).all() and model.calibration_scores_[0].size == 203


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
    fresh = model.p_values(rng.normal(size=(4000, 3)))
    for share in (0.05, 0.1, 0.5):  # more rows to learn from than the folds had: not above
        assert share / 2 < (fresh <= share).mean() < share + 0.03


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
        assert cross_val_score(pipeline, table, y, cv=2, params={}).mean() == 1.0


@pytest.mark.parametrize("family", ["histogram", "bernoulli-mixture", "nade", "fvsbn"])
def test_families(family):
    X, _ = load_iris(return_X_y=True)
    assert np.isfinite(LikelihoodModel(family).fit(X).score(X))


def test_wrong_parameters():
    X, _ = load_iris(return_X_y=True)
    for name, value in (
        ("n_models", 0),
        ("n_models", 1.5),
        ("n_bins", 1),
        ("validation_fraction", 1.0),
        ("family", "none"),
        ("settings", {"family": "nade"}),
        ("settings", {"seed": 5}),
    ):
        with pytest.raises(ValueError):
            LikelihoodModel(**{name: value}).fit(X)
    with pytest.raises(ValueError, match="contamination"):
        LikelihoodDetector(contamination=0.7).fit(X)


def test_contamination_of_new_rows():
    """Of rows fitted a fraction; of new ones, where many columns are learnt by heart, "auto"."""
    rng = np.random.default_rng(2)
    mix = rng.normal(size=(10, 10))
    X, fresh = rng.normal(size=(600, 10)) @ mix, rng.normal(size=(2000, 10)) @ mix
    detector = LikelihoodDetector(contamination="auto", n_models=3).fit(X)
    assert 0.01 < (detector.predict(fresh) == -1).mean() < 0.09
    assert (detector.predict(X) == -1).mean() < 0.05
    with pytest.raises(ValueError, match="'auto'"):
        LikelihoodDetector(contamination="best").fit(X)


def test_extreme_values_are_finite():
    """As large as float64 has them, in fitting and later; and as small."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1))
    far = np.array([[1.7e308], [-1.7e308], [1e300], [5e-324], [0.0]])
    for X in (x, x * 1e307, x * 5e-324 * 10, np.concatenate([x, far])):
        y = (X[:, 0] > 0).astype(int)
        model = LikelihoodModel().fit(X)
        told = model.score_samples(np.concatenate([X, far]))
        assert np.isfinite(told).all() and np.isfinite(model.sample(200)).all()
        of_class = LikelihoodClassifier().fit(X, y)
        p = of_class.predict_proba(far)
        assert np.isfinite(p).all() and p.sum(axis=1) == pytest.approx(np.ones(5))
        detector = LikelihoodDetector(n_models=2).fit(X)
        assert np.isfinite(detector.decision_function(far)).all()
        assert (detector.p_values(far) > 0).all()


def test_far_values_still_tell_classes():
    """The outer bin says which class it is, however improbable the distance is in both."""
    x = np.concatenate([np.linspace(0, 1, 100), np.linspace(2, 3, 100)])[:, None]
    y = np.repeat([0, 1], 100)
    model = LikelihoodClassifier(n_bins=4).fit(x, y)
    assert model.predict([[1e308], [-1e308], [1e30]]).tolist() == [1, 0, 1]


def test_density_of_large_numbers_integrates_to_one():
    """Scaled by 2^1000 the density is that of the same model, divided by it."""
    x = np.random.default_rng(0).normal(size=(300, 1))
    one, other = LikelihoodModel().fit(x), LikelihoodModel().fit(x * 2.0**1000)
    shift = one.score_samples(x) - other.score_samples(x * 2.0**1000)
    assert shift == pytest.approx(np.full(300, 1000 * np.log(2)), abs=1e-6)


def test_probability_zero(monkeypatch):
    """Families may give what they never met none: then nothing is known of the class."""
    X, y = np.array([[0, 0], [1, 1]] * 30), np.array([0, 0, 0, 1] * 15)
    settings = {"smoothing": 0}
    detector = LikelihoodDetector("histogram", settings=settings, n_models=2).fit(X)
    assert np.isneginf(detector.score_samples([[0, 1]])[0]) and np.isfinite(detector.offset_)
    assert detector.predict([[0, 1]])[0] == -1 and 0 < detector.p_values([[0, 1]])[0] < 0.05
    model = LikelihoodClassifier(epochs=1).fit(X, y)
    none = np.array([[-np.inf, 0.0]])
    monkeypatch.setattr(model, "_log_probabilities", lambda symbols, label: none - label)
    p = model.predict_proba([[0, 1], [0, 0]])
    assert p[0] == pytest.approx([0.75, 0.25]) and p[1] == pytest.approx([0.891, 0.109], abs=1e-3)
    assert np.isneginf(model.predict_joint_log_proba([[0, 1], [0, 0]])[0]).all()


def test_integers_sum_to_one():
    """Those beyond the range too; a fraction has what is left."""
    x = np.random.default_rng(0).poisson(3, size=(400, 1)) - 5
    model = LikelihoodModel().fit(x)
    every = np.arange(-3000, 3000)[:, None]
    total = np.exp(model.score_samples(every)).sum()
    rest = np.exp(model.score_samples([[0.5]])[0])
    assert total + rest == pytest.approx(1, abs=1e-4) and rest < 0.05
    near, far = model.score_samples([[x.max() + 1], [x.max() + 50]])
    assert near > far


def test_constant_columns():
    x = np.full((100, 1), 7)
    for column in (x, x.astype(object), x + 0.0):
        model = LikelihoodModel().fit(column)
        assert np.exp(model.score_samples(np.array([[7], [8], [9]]))).sum() <= 1
        assert (model.sample(5) == 7).all()
    assert (LikelihoodModel().fit(x + 0.5).sample(5) == 7.5).all()


def test_huge_integers_are_told_apart():
    """Ids beyond 2^53, which are no float64."""
    x = (2**60 + np.random.default_rng(0).integers(0, 3, 300))[:, None]
    model = LikelihoodModel().fit(x)
    assert np.exp(model.score_samples(2**60 + np.arange(-200, 203)[:, None])).sum() > 0.99
    drawn = model.sample(300)
    assert set(int(v) for v in drawn[:, 0]) == {2**60, 2**60 + 1, 2**60 + 2}


def test_pixels():
    """64 columns of 8 bits: in bins, whose integers sum to one; not 16448 symbols."""
    rng = np.random.default_rng(0)
    X = np.clip(rng.normal(120, 40, (300, 64)), 0, 255).astype(np.uint8)
    X[:, 0] = 0
    model = LikelihoodModel("histogram").fit(X)
    assert model._columns.sizes.sum() < 64 * 18
    assert np.isfinite(model.score_samples(X)).all()
    column = model._columns.columns[1]
    symbols, widths = column.symbols(np.arange(256, dtype=np.uint8))
    assert [np.exp(-widths[symbols == s]).sum() for s in range(column.kind.size - 1)] == (
        pytest.approx(np.ones(column.kind.size - 1))
    )
    drawn = model.sample(50)
    assert (drawn == np.floor(drawn)).all() and drawn.min() >= 0 and drawn.max() <= 255
    assert set(drawn[:, 0]) == {0}
    wide = LikelihoodModel(epochs=1).fit(np.tile(X, (1, 4)))
    assert wide.model_.info["settings"]["direct"] == "false"


def test_options_in_settings():
    X, _ = load_iris(return_X_y=True)
    settings = {"learning_rate": 0.02, "hidden": 8}
    search = GridSearchCV(
        LikelihoodModel(epochs=3), {"family": ["made", "nade", "histogram"]}, cv=2
    ).fit(X)
    assert search.best_params_["family"] in ("made", "nade", "histogram")
    model = LikelihoodModel(settings=settings, epochs=2).fit(X)
    assert model.model_.info["settings"]["hidden"] == "8"
    with pytest.raises(ValueError, match="seed is -1"):
        LikelihoodModel(random_state=-1).fit(X)

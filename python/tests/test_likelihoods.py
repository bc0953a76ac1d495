"""Likelihoods against closed forms."""

import numpy as np
import pytest

import likely


def test_uniform():
    X = np.array([[0, 1, 2], [2, 2, 2]], dtype=np.uint8)
    model = likely.train(X, family="uniform")
    assert model.log_prob(X) == pytest.approx([-3 * np.log(3)] * 2, abs=1e-6)


def test_frequencies():
    """A histogram without smoothing is the share of each row."""
    X = np.array([[0, 0]] * 5 + [[0, 1]] * 3 + [[1, 1]] * 2, dtype=np.uint8)
    model = likely.train(X, family="histogram", smoothing=0, joint="yes")
    p = np.exp(model.log_prob(np.array([[0, 0], [0, 1], [1, 1]], dtype=np.uint8)))
    assert p == pytest.approx([0.5, 0.3, 0.2], abs=1e-6)
    assert model.log_prob(np.array([[1, 0]], dtype=np.uint8))[0] < -10


def test_sums_to_one(made):
    every = np.indices((2,) * 6).reshape(6, 64).T
    assert np.exp(made.log_prob(every)).sum() == pytest.approx(1.0, abs=1e-5)


def test_surprisal(made, binary):
    terms = made.surprisal(binary)
    assert terms.shape == binary.shape and terms.dtype == np.float64
    assert -terms.sum(axis=1) == pytest.approx(made.log_prob(binary), abs=1e-12)


def test_surprisal_of_pictures(binary):
    model = likely.train(binary.reshape(-1, 2, 3), family="histogram")
    assert model.shape == (2, 3)
    assert model.surprisal(binary.reshape(-1, 2, 3)[:7]).shape == (7, 2, 3)


def test_slices_are_the_whole(made, binary, monkeypatch):
    from likely import _arrays

    whole, terms = made.log_prob(binary), made.surprisal(binary)
    monkeypatch.setattr(_arrays, "SLICE", 6 * 7)
    assert np.array_equal(made.log_prob(binary), whole)
    assert np.array_equal(made.surprisal(binary), terms)


def test_labels(binary):
    """p(x | label): the label is the first variable, which frequencies then give away."""
    y = binary[:, 0].astype(int) * 10
    model = likely.train(binary, y, hidden=8, epochs=30, learning_rate=0.02)
    assert model.labels == ["0", "10"]
    right, wrong = model.log_prob(binary, y), model.log_prob(binary, 10 - y)
    assert np.all(right > wrong)
    assert np.array_equal(model.log_prob(binary[:3], 10), model.log_prob(binary[:3], [10] * 3))
    assert set(model.sample(50, labels=10)[:, 0]) == {1}
    with pytest.raises(ValueError, match="no label '3': 0, 10"):
        model.log_prob(binary, 3)
    for none in (np.inf, -np.inf, np.nan, None, 0.5):
        for known in (model, likely.train({"a": [0, 1] * 9}, [0.0, 10.0] * 9, hidden=4, epochs=1)):
            with pytest.raises(ValueError, match=f"the model knows no label '{none}': 0, 10"):
                known.sample(labels=[none])
    with pytest.raises(likely.MismatchError, match="no labels"):
        model.log_prob(binary)


def test_p_values(made, binary):
    scored = made.score(binary)
    assert np.array_equal(scored.nll_nats, -made.log_prob(binary))
    order = np.argsort(scored.nll_nats)
    assert np.all(np.diff(scored.p_value[order]) <= 0)
    assert likely.train(binary, family="uniform").score(binary).p_value is None


def test_learns_as_it_goes(made, binary):
    assert not np.array_equal(made.log_prob(binary, learning_rate=0.01), made.log_prob(binary))


def test_alphabets():
    """A variable of one value costs nothing, where its alphabet says so."""
    X = np.array([[0, 0], [0, 1], [0, 2]] * 4, dtype=np.uint8)
    model = likely.train(X, family="uniform", alphabet=[1, 3])
    assert model.log_prob(X[:1]) == pytest.approx([-np.log(3)], abs=1e-6)

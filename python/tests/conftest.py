"""Data that the tests share, small enough for seconds in all."""

import numpy as np
import pytest

import likely


@pytest.fixture(scope="session")
def binary():
    """(400, 6): the second variable is the first."""
    X = (np.random.default_rng(1).random((400, 6)) < 0.3).astype(np.uint8)
    X[:, 1] = X[:, 0]
    return X


@pytest.fixture(scope="session")
def made(binary):
    return likely.train(binary, valid=0.2, epochs=5, hidden=16)


@pytest.fixture(scope="session")
def text_model():
    return likely.train("to be or not to be. " * 50, epochs=2, layers=1, width=16)

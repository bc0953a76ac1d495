"""Likelihood models of discrete data: images, texts, tables, sound, any vectors of symbols.

    import likely
    model = likely.train(X, family="made", valid=0.1)    # X: integers (examples, *shape)
    model.log_prob(X)           # log p(x) of each, in nats, exact
    model.sample(16)            # draws
    model.compress(X)           # lossless, at the rate that the likelihood promises
    model.score(X).p_value      # is it unusual?

`likely.sklearn` has estimators. Errors are subclasses of `likely.Error`.
"""

from . import _likely
from ._coding import Coding
from ._context import Progress, set_memory, set_threads
from ._errors import (
    CausalityError,
    CorruptError,
    DamageWarning,
    Error,
    FormatError,
    InputOutputError,
    Interrupted,
    InvalidError,
    MismatchError,
    NoMemory,
    NotFiniteError,
    UnsupportedError,
)
from ._model import Model, Score
from ._train import train

__version__, ENGINE_VERSION = _likely.versions()
load = Model.load


def families() -> list:
    """The names of the families of models, in the order of a course."""
    return _likely.families()


__all__ = [
    "CausalityError",
    "Coding",
    "CorruptError",
    "DamageWarning",
    "ENGINE_VERSION",
    "Error",
    "FormatError",
    "InputOutputError",
    "Interrupted",
    "InvalidError",
    "MismatchError",
    "Model",
    "NoMemory",
    "NotFiniteError",
    "Progress",
    "Score",
    "UnsupportedError",
    "families",
    "load",
    "set_memory",
    "set_threads",
    "train",
]

"""One context of the C library for each thread; new ones in the child of a fork."""

from __future__ import annotations

import operator
import os
import threading
from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple

import numpy as np

from . import _likely
from ._errors import BY_STATUS


class Progress(NamedTuple):
    """How far a job is, as a `progress` callback is told, about ten times a second."""

    doing: str  #: "training", "sampling", "coding", ...
    done: float  #: of `total`, in the job's own unit
    total: float  #: 0: not known
    epoch: int  #: of a training, from 1; else 0
    epoch_ended: bool  #: told at the end of each: a learning curve
    train_nll_nats: float  #: nats per item; NaN: not known
    valid_nll_nats: float
    best_nll_nats: float
    note: str | None  #: a line for people


class _Settings:
    """What new contexts are made with; a change leaves those that there are behind."""

    threads = 0
    memory = 0
    generation = 0


_local = threading.local()


def _forget() -> None:
    global _local
    _local = threading.local()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _create() -> Any:
    context = _likely.context(_Settings.threads, BY_STATUS)
    if _Settings.memory:
        _likely.set_memory(context, _Settings.memory)
    return context


def context() -> Any:
    """This thread's context; a fresh one inside a callback, whose job has the other."""
    if getattr(_local, "generation", None) != _Settings.generation:
        _local.context = _create()
        _local.generation = _Settings.generation
    return _create() if _likely.is_busy(_local.context) else _local.context


def _is_false(answer: Any) -> bool:
    """NumPy's, which comparisons give, is another."""
    return isinstance(answer, (bool, np.bool_)) and not answer


@contextmanager
def watched(callback: Any) -> Iterator[Any]:
    """A context whose jobs tell `callback` their Progress. None: nobody."""
    here = context()
    if callback is None:
        yield here
        return
    _likely.watch(here, lambda *told: not _is_false(callback(Progress(*told))))
    try:
        yield here
    finally:
        _likely.watch(here, None)


def set_threads(threads: int) -> None:
    """How many threads each job uses from now on. 0, as at first: one per processor.

    The number never changes a result.
    """
    threads = operator.index(threads)
    if not 0 <= threads <= 1024:
        raise ValueError(f"threads is {threads}: expected 0 .. 1024")
    _Settings.threads = threads
    _Settings.generation += 1


def set_memory(size: int) -> None:
    """The most bytes one thing (a file, a model, a job) may take; 0: half of the machine's."""
    size = operator.index(size)
    if not 0 <= size < 1 << 63:
        raise ValueError(f"a size of {size} bytes: expected 0 .. 2^63 - 1")
    _Settings.memory = size
    _Settings.generation += 1

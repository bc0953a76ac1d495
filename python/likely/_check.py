"""What a sceptic would run: claims of a model, tried on its own samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np


if TYPE_CHECKING:
    from ._model import Model

MOST = 65536  # x of a sum
LENGTH = 200  # of a text
AXES = 32  # of an array of NumPy, before 2.0


def check(model: Model, n: int, seed: int) -> dict[str, Any]:
    """As Model.check says."""
    model = _of_symbols(model)
    label = model.labels[0] if model.labels else None
    slow = _slow(model, seed)
    local = None if slow is None else [slow] * n
    length = LENGTH if model.text else None
    samples = model.sample(n, seed=seed, labels=label, length=length, local=slow)
    nll = -model.log_prob(samples, label, local=local)
    terms = np.array([float(np.sum(t)) for t in model.surprisal(samples, label, local=local)])
    coded, restored = _round_trip(model, samples, label, local)
    total = _total(model, label)
    told: dict[str, Any] = {
        "sums": float(np.max(np.abs(terms - nll) / np.maximum(1.0, nll))),
        "round_trip": bool(np.all(np.asarray(restored) == np.asarray(samples))),
        "overhead_bits": 8.0 * coded - float(nll.sum()) / math.log(2.0),
        "total": total,
    }
    least = 0.0 if model.bound else 1.0 - 1e-4
    sums_hold = told["sums"] < 1e-9 and (total is None or least <= total <= 1.0 + 1e-4)
    told["passed"] = bool(sums_hold and told["round_trip"])
    return told


def _of_symbols(model: Model) -> Model:
    """The same, to which values are symbols: what was not met in training has one, and no value."""
    plain = type(model)(model._handle)
    plain._known.table = None
    return plain


def _slow(model: Model, seed: int) -> Any:
    """A slower sequence, drawn, for a model that is given such; else None."""
    if model.local_every == 0:
        return None
    count = -(-LENGTH // model.local_every)
    return np.random.default_rng(seed).integers(model.local_alphabet, size=count)


def _round_trip(model: Model, samples: Any, label: str | None, local: Any) -> tuple[int, Any]:
    """How many bytes they become, and what these become."""
    lossy = model.text == "recordings"  # samples are of 16 bits, and the model's may be of 8
    if label is None:
        coded = model.compress(samples, local=local, lossy=lossy)
    else:
        known = model._known.label
        value = label if known is None or known.kind is None else known.value(0)
        number = label.isdigit() and not model.columns and (known is None or known.kind is None)
        coded = model.compress(samples, [int(label) if number else value] * len(samples))
    restored = model.decompress(coded)
    return len(coded), [restored] if model.text and len(samples) == 1 else restored


def _total(model: Model, label: str | None) -> float | None:
    """p(x) summed over all x; None: there are too many, or not all symbols are values."""
    if model.text or model.columns:
        return None
    alphabets = model.info["alphabets"] or [model.alphabet] * model.variables
    if len(alphabets) > AXES or math.prod(alphabets) > MOST:
        return None
    size = math.prod(alphabets)
    every = np.indices(alphabets, dtype=np.uint16).reshape(model.variables, size).T
    return float(np.exp(model.log_prob(every.reshape(size, *model.shape), label)).sum())

"""Compression: of data in memory, and from file to file."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _likely
from ._arrays import values_of
from ._context import context
from ._errors import DamageWarning
from ._inputs import CHARACTERS, items_of, on_disk, sink_of, source_of, texts_of
from ._local import Local

if TYPE_CHECKING:
    from ._model import Model


class Coding(NamedTuple):
    """What `Model.compress` and `Model.decompress` tell of a file that they wrote."""

    items: int  #: examples or texts
    variables: int  #: of the data, in all
    bytes: int  #: of the compressed file
    header_bytes: int  #: of its header and other overhead; 0 after decompress
    nll_nats: float  #: that the model gives what was coded; 0 after decompress
    lost: int  #: chunks that could not be restored


def _warn_of_damage(told: tuple) -> None:
    lost = Coding(*told).lost
    if lost > 0:
        chunks = "1 chunk" if lost == 1 else f"{lost} chunks"
        warnings.warn(f"{chunks} could not be restored", DamageWarning, stacklevel=4)


def compress(
    model: Model,
    X: Any,
    labels: Any,
    file: Any,
    learning_rate: float,
    verify: bool,
    lossy: bool,
    local: Any,
) -> Any:
    """As Model.compress says."""
    here = context()
    options = {"learning_rate": learning_rate, "unverified": not verify, "lossy": lossy}
    with on_disk(X) if model.text else nullcontext(X) as source:
        items = items_of(here, source, labels, known=model._known, local=Local(local))
        if items.count == 0:
            raise ValueError("there is nothing to compress: no examples")
        data, sink = items.handle(here), None if file is None else sink_of(file)
        coded, told = _likely.compress(here, model._handle, data, sink, options)
    return coded if file is None else Coding(*told)


def _labels(model: Model, handle: Any) -> list | None:
    """Of restored items, as they were given to compress; None: they have none."""
    found = _likely.data_labels(handle)
    label = model._known.label
    if found is None or label is None:
        return found
    return [label.value(label.numbers[str(name)]) for name in found] if label.kind else found


def _restored(model: Model, handle: Any, as_frame: bool, context: Any) -> Any:
    if not model.text:
        symbols = values_of(handle)
        return model.frame(symbols) if as_frame else model._restored(symbols)
    texts = texts_of(context, handle, model._described["text"] == CHARACTERS)
    return texts[0] if len(texts) == 1 else texts


def decompress(
    model: Model, data: Any, file: Any, options: dict, with_labels: bool, as_frame: bool
) -> Any:
    """As Model.decompress says."""
    here = context()
    if as_frame:
        model._table()
    if file is not None and (with_labels or as_frame):
        raise TypeError("file= is for a text, which has neither a list of labels nor a frame")
    with on_disk(data) as stored:
        source = source_of(stored)
        if file is not None:
            sink = sink_of(file)
            told = _likely.decompress_text(here, model._handle, source, sink, options)
            _warn_of_damage(told)
            return Coding(*told)
        handle, told = _likely.decompress(here, model._handle, source, options)
    _warn_of_damage(told)
    restored = _restored(model, handle, as_frame, here)
    return (restored, _labels(model, handle)) if with_labels else restored

"""Whatever users have their data in, as items of the C library."""

from __future__ import annotations

import io
import os
import pathlib
import tempfile
from contextlib import contextmanager
from typing import Any, Iterator

import numpy as np

from . import _likely
from ._arrays import Examples, as_symbols, address
from ._local import Local
from ._tables import csv_of, is_frame

BYTES, CHARACTERS, RECORDINGS = 1, 2, 3  # lk_text_kind
_TEXT_KINDS = {"bytes": BYTES, "characters": CHARACTERS, "recordings": RECORDINGS}


def _path(thing: Any) -> bytes:
    path = os.fsencode(thing)
    if b"\0" in path:
        raise ValueError("a path has a zero byte")
    return path


def source_of(thing: Any) -> tuple[str, Any]:
    """A path, bytes, or what has read(), as an lk_input."""
    if isinstance(thing, (bytes, bytearray, memoryview)):
        return "bytes", bytes(thing)
    if hasattr(thing, "read"):
        return "call", lambda most: bytes(thing.read(most))
    return "path", _path(thing)


def sink_of(thing: Any) -> tuple[str, Any]:
    """A path, or what has write(), as an lk_output."""
    if not hasattr(thing, "write"):
        return "path", _path(thing)
    raw = isinstance(thing, io.RawIOBase)

    def write_all(data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # a raw file, or another, may take less than all
            taken = thing.write(rest if raw else bytes(rest))
            if raw and taken is None:
                raise BlockingIOError("the file does not block: it took nothing")
            if taken is None:  # as many files of other makers say nothing
                return
            if not isinstance(taken, int) or not 0 < taken <= len(rest):
                raise OSError(f"write() says that it took {taken!r} of {len(rest)} bytes")
            rest = rest[taken:]

    return "call", write_all


@contextmanager
def on_disk(thing: Any) -> Iterator[Any]:
    """Paths and bytes as they are; what has read() as a file for the time, copied by the megabyte.

    The library reads texts and compressed files more than once, and a file takes no memory.
    """
    if not hasattr(thing, "read"):
        yield thing
        return
    with tempfile.NamedTemporaryFile(prefix="likely-") as copy:
        while True:
            part = thing.read(1 << 20)
            if not part:
                break
            copy.write(part)
        copy.flush()
        yield pathlib.Path(copy.name)


class Whole:
    """Items that go to the library at once: texts, files, tables."""

    def __init__(self, handle: Any, kind: str):
        self._handle = handle
        self.kind = kind  # "texts", "table", "file"
        self.count, self.shape, _, self.values, self.labelled = _likely.describe_data(handle)

    def handle(self, context: Any, first: int = 0, last: int | None = None) -> Any:
        return self._handle

    def slices(self, whole: bool = False) -> list[tuple[int, int]]:
        return [(0, self.count)] if self.count else []


def _is_picture(thing: Any) -> bool:
    return hasattr(thing, "getbands") and hasattr(thing, "mode")


def _pixels(picture: Any) -> np.ndarray:
    if picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return as_symbols(np.asarray(picture))


def _is_text(thing: Any) -> bool:
    return isinstance(thing, (str, bytes, bytearray))


def _encoded(text: Any) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)


def _texts(context: Any, texts: list, model: Any, like: Any, local: Local) -> Whole:
    kinds = {isinstance(text, str) for text in texts}
    if len(kinds) != 1:
        raise TypeError("texts of both str and bytes, or of none: give one kind, at least one text")
    options = {} if model is not None else {"text": CHARACTERS if kinds == {True} else BYTES}
    if model is not None and _likely.describe_model(model)[4] == 0:
        raise TypeError("the model is not of texts; a file's name is a pathlib.Path")
    encoded = [_encoded(text) for text in texts]
    options.update(local.options)
    handle = _likely.from_texts(context, encoded, model, like, options, local.addresses())
    return Whole(handle, "texts")


def _file(context: Any, thing: Any, model: Any, like: Any, options: dict, local: Local) -> Whole:
    shape = tuple(options.pop("shape", None) or ())
    if "text" in options:
        options["text"] = _TEXT_KINDS[options["text"]]
    if "labels" in options:
        options["labels"] = os.fspath(options["labels"])
    options.update(local.options)
    source = source_of(thing)
    handle = _likely.load(context, source, model, like, shape, options, local.addresses())
    return Whole(handle, "file")


def _frame(context: Any, frame: Any, y: Any, model: Any, like: Any, options: dict) -> Whole:
    name = options.pop("label_name", None) or str(getattr(y, "name", None) or "label")
    while y is not None and name in {str(column) for column in frame}:
        name += "_"
    table = csv_of(frame, y, name)
    options = {"label": name, **options} if y is not None and model is None else options
    handle = _likely.load(context, ("bytes", table), model, like, (), options, (0, 0, 0))
    return Whole(handle, "table")


def labels_of(y: Any) -> np.ndarray:
    """Classes, as the numbers that they are."""
    array = np.asarray(y)
    if array.ndim != 1:
        raise ValueError(f"labels of {array.ndim} axes: expected (examples,)")
    if array.dtype.kind not in "iub" and not (
        array.dtype.kind == "f" and np.array_equal(array, np.floor(array))
    ):
        raise TypeError(
            f"labels of {array.dtype}: expected integers of 0 to 65535; words are labels of a "
            "DataFrame, and likely.sklearn.LikelihoodClassifier takes any"
        )
    if array.size and (array.min() < 0 or array.max() > 65535):
        raise ValueError("a label is not an integer of 0 to 65535")
    return np.ascontiguousarray(array, dtype=np.int32)


def _refuse_loading(X: Any, loading: dict) -> None:
    names = ", ".join(name for name in loading if name != "label_name")
    if names:
        raise TypeError(f"{names}: of files and tables, not of {type(X).__name__}")


def items_of(
    context: Any,
    X: Any,
    y: Any = None,
    *,
    model: Any = None,
    like: Any = None,
    alphabet: Any = None,
    local: Local | None = None,
    **loading: Any,
) -> Examples | Whole:
    """Data as items, for a model (its handle) or for training.

    label_name: of a table, what the column of y is called; None: y.name, or "label".
    local: a slower sequence beside texts and recordings.
    loading: as of lk_loading (binarize, unseen, label, labels, shape, text, sound, channel), of
        files and tables.
    """
    loading = {key: value for key, value in loading.items() if value is not None}
    local = local or Local()
    if isinstance(X, os.PathLike) or hasattr(X, "read"):
        if y is not None:
            raise TypeError("labels of a file are its own, or of a file: labels=PATH")
        if alphabet is not None:
            loading["alphabet"] = alphabet
        return _file(context, X, model, like, loading, local)
    if _is_text(X) or (isinstance(X, (list, tuple)) and len(X) > 0 and _is_text(X[0])):
        _refuse_loading(X, loading)
        return _texts(context, [X] if _is_text(X) else list(X), model, like, local)
    if local.given:
        raise TypeError(f"local goes beside texts and recordings, not {type(X).__name__}")
    if is_frame(X):
        return _frame(context, X, y, model, like, loading)
    _refuse_loading(X, loading)
    if isinstance(X, (list, tuple)) and len(X) > 0:
        if _is_picture(X[0]):
            X = np.stack([_pixels(picture) for picture in X])
    elif _is_picture(X):
        X = _pixels(X)[None]
    labels = None if y is None else labels_of(y)
    return Examples(as_symbols(X), labels, 0 if alphabet is None else alphabet)


def lengths_of(handle: Any) -> np.ndarray:
    """Variables of each item."""
    lengths = np.empty(_likely.describe_data(handle)[0], dtype=np.int64)
    _likely.lengths(handle, address(lengths))
    return lengths


def texts_of(context: Any, handle: Any, characters: bool) -> list:
    """Texts, as str where they are of characters."""
    count = _likely.describe_data(handle)[0]
    texts = [_likely.text(context, handle, item) for item in range(count)]
    return [t.decode("utf-8", "surrogateescape") for t in texts] if characters else texts

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
from ._arrays import Examples, address, as_symbols, refuse_masked
from ._errors import Error
from ._kinds import utf8
from ._local import Local
from ._tables import (
    Known,
    Table,
    columns_of,
    columns_of_array,
    is_frame,
    labels_of_words,
    object_array,
    of_arrow,
)
from ._values import Values
from ._words import Column, kind_of_all

BYTES, CHARACTERS, RECORDINGS = 1, 2, 3  # lk_text_kind
_ENDINGS = frozenset(
    ".npy .npz .csv .tsv .txt .png .jpg .jpeg .idx .amat .pbm .pgm .ppm .wav .flac .gz .lk .likely"
    .split()
)
_TEXT_KINDS = {"bytes": BYTES, "characters": CHARACTERS, "recordings": RECORDINGS}


def _path(thing: Any) -> bytes:
    path = os.fsencode(thing)
    if b"\0" in path:
        raise ValueError("a path has a zero byte")
    return path


def _read(thing: Any, most: int) -> bytes:
    part = thing.read(most)
    if not isinstance(part, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"read() gave a {type(part).__name__} in place of bytes: open the file in binary mode"
        )
    return bytes(part)


def source_of(thing: Any) -> tuple[str, Any]:
    """A path, bytes, or what has read(), as an lk_input."""
    if isinstance(thing, (bytes, bytearray, memoryview)):
        return "bytes", bytes(thing)
    if hasattr(thing, "read"):
        return "call", lambda most: _read(thing, most)
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
            part = _read(thing, 1 << 20)
            if not part:
                break
            copy.write(part)
        copy.flush()
        try:
            yield pathlib.Path(copy.name)
        except Error as error:  # no file that the caller knows
            error.args = tuple(str(told).replace(copy.name, "input") for told in error.args)
            raise


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


def encoded(what: str, text: Any) -> bytes:
    """A text as bytes. Of an integer Python would make as many zeros."""
    if isinstance(text, str):
        return utf8(text)
    if not isinstance(text, (bytes, bytearray, memoryview)):
        raise TypeError(f"{what} is a {type(text).__name__}: expected str or bytes")
    return bytes(text)


def _refuse_names(text: Any) -> None:
    """A text that is the name of a file was meant for the file."""
    if not isinstance(text, str) or len(text) > 1000 or "\n" in text or "\0" in text:
        return
    ending = os.path.splitext(text)[1].lower()
    try:
        there = os.path.isfile(text) or (" " not in text and ending in _ENDINGS)
    except (OSError, ValueError):
        return
    if there:
        raise ValueError(
            f"'{text}' looks like the name of a file: pathlib.Path({text!r}) is what stands in it, "
            f"[{text!r}] is this very text"
        )


def _texts(context: Any, texts: list, model: Any, like: Any, local: Local) -> Whole:
    as_bytes = [encoded(f"text {number}", text) for number, text in enumerate(texts)]
    kinds = {isinstance(text, str) for text in texts}
    if len(kinds) != 1:
        raise TypeError("texts of both str and bytes, or of none: give one kind, at least one text")
    options = {} if model is not None else {"text": CHARACTERS if kinds == {True} else BYTES}
    if model is not None and _likely.describe_model(model)[4] == 0:
        raise TypeError("the model is not of texts; a file's name is a pathlib.Path")
    options.update(local.options)
    handle = _likely.from_texts(context, as_bytes, model, like, options, local.addresses())
    return Whole(handle, "texts")


def _file(context: Any, thing: Any, model: Any, like: Any, options: dict, local: Local) -> Whole:
    shape = tuple(options.pop("shape", None) or ())
    if "text" in options:
        if options["text"] not in _TEXT_KINDS:
            raise ValueError(f"text is {options['text']!r}: expected {', '.join(_TEXT_KINDS)}")
        options["text"] = _TEXT_KINDS[options["text"]]
    if "labels" in options:
        options["labels"] = os.fspath(options["labels"])
    options.update(local.options)
    source = source_of(thing)
    handle = _likely.load(context, source, model, like, shape, options, local.addresses())
    return Whole(handle, "file")


def _refuse_options(options: dict, what: str) -> None:
    if options:
        raise TypeError(f"{', '.join(options)}: of files, not of {what}")


def _label_of(y: Any, name: str, known: Known | None) -> tuple[np.ndarray, Column]:
    """Labels as numbers, and their words: the model's, or those that there are."""
    values = labels_of_words(name, y)
    label = known.label if known is not None and known.label is not None else None
    if label is None:
        label = Column.learn(name, values, False, None)
    label.advice = ""
    return label.code(values).astype(np.int32), label


def _table(
    columns: dict[Any, Values],
    y: Any,
    known: Known | None,
    options: dict,
    array: str | None = None,
) -> Examples:
    """Columns as symbols: of the model's words, or of those that occur."""
    asked = options.pop("label", None)
    own = known.label_column if known is not None else None if asked is None else str(asked)
    unseen = bool(options.pop("unseen", False))
    name = str(getattr(y, "name", None) or "label")
    _refuse_options(options, "tables")
    keys = {str(key): key for key in columns}
    if own is not None and known is None and own not in keys:
        raise ValueError(f"no column '{own}' for the labels; there are {', '.join(keys)}")
    if own in keys:
        if y is not None:
            raise ValueError(f"labels twice: as y, and as the column '{own}'")
        name, y = own, columns.pop(keys[own])
    while y is not None and known is None and name in keys and name != own:
        name += "_"
    labels, label = (None, None) if y is None else _label_of(y, name, known)
    own_table = None if known is None else known.table
    table = own_table if own_table is not None else Table.learn(columns, unseen, array)
    symbols = table.code(columns)
    return Examples(symbols, labels, 0, table.names(label))


def _named(labels: np.ndarray, label: Column) -> tuple[np.ndarray, tuple]:
    return labels, (None, label.names(), False)


def labels_of(y: Any, known: Known | None) -> tuple[np.ndarray, Any]:
    """Classes of an array's examples: numbers as they are, or words, which have names."""
    refuse_masked(y, "a label is masked: every example has one")
    array = object_array(y)
    if array.ndim != 1:
        raise ValueError(f"labels of {array.ndim} axes: expected (examples,)")
    if known is not None and known.label is not None and known.label.kind is not None:
        return _named(*_label_of(y, "label", known))
    if array.dtype.kind in "UO" and kind_of_all("label", array.tolist()) == "str":
        labels, label = _label_of(array, "label", known)
        if all(word.isdigit() for word in label.words or ()):
            raise TypeError("labels that are words of digits: give them as integers")
        return _named(labels, label)
    if array.dtype.kind not in "iub" and not (
        array.dtype.kind == "f" and np.array_equal(array, np.floor(array))
    ):
        raise TypeError(
            f"labels of {array.dtype}: expected integers of 0 to 65535, or words; "
            "likely.sklearn.LikelihoodClassifier takes any"
        )
    if array.size and (array.min() < 0 or array.max() > 65535):
        raise ValueError("a label is not an integer of 0 to 65535")
    return np.ascontiguousarray(array, dtype=np.int32), None


def _array(
    X: Any, y: Any, known: Known | None, columns: Any, alphabet: Any, options: dict
) -> Examples:
    """Symbols, or values whose columns have words."""
    own = known.table if known is not None else None
    if columns is None and (own is None or own.array is None):
        _refuse_options(options, type(X).__name__)
        labels, names = (None, None) if y is None else labels_of(y, known)
        return Examples(as_symbols(X), labels, 0 if alphabet is None else alphabet, names)
    if alphabet is not None:
        raise TypeError("alphabet: columns of words have the alphabet of what occurs in them")
    values = object_array(X)
    listed = columns if own is None else [column.name for column in own.columns]
    table = columns_of(columns_of_array(values, listed))
    return _table(table, y, known, options, array=str(values.dtype))


def _is_file(X: Any) -> bool:
    return isinstance(X, os.PathLike) or hasattr(X, "read")


def items_of(
    context: Any,
    X: Any,
    y: Any = None,
    *,
    known: Known | None = None,
    is_model: bool = True,
    alphabet: Any = None,
    columns: Any = None,
    local: Local | None = None,
    **loading: Any,
) -> Examples | Whole:
    """Data as items, for what is known of a model, or of the data of a training; None: to train on.

    columns: of arrays (rows, columns) whose values are words: "words", or names.
    local: a slower sequence beside texts and recordings.
    loading: as of lk_loading (binarize, unseen, label, labels, shape, text, sound, channel), of
        files; of frames unseen and label.
    """
    loading = {key: value for key, value in loading.items() if value is not None}
    handle = None if known is None else known.handle
    model, like = (handle, None) if is_model else (None, handle)
    local = local or Local()
    if _is_file(X):
        if y is not None:
            raise TypeError("labels of a file are its own, or of a file: labels=PATH")
        _refuse_arguments("files", columns=columns)
        if alphabet is not None:
            loading["alphabet"] = alphabet
        return _file(context, X, model, like, loading, local)
    if isinstance(X, (list, tuple)) and not X:
        raise ValueError("an empty list: no examples and no texts")
    texts = [X] if _is_text(X) else X
    if isinstance(texts, (list, tuple)) and _is_text(texts[0]):
        _refuse_arguments("texts", y=y, columns=columns, alphabet=alphabet)
        _refuse_options(loading, "texts")
        _refuse_names(X)
        return _texts(context, list(texts), model, like, local)
    if local.given:
        raise TypeError(f"local goes beside texts and recordings, not {type(X).__name__}")
    if hasattr(X, "column_names") and hasattr(X, "to_pydict"):
        X = of_arrow(X)
    if is_frame(X):
        return _items_of_frame(X, y, known, columns, alphabet, loading)
    pictures = [X] if _is_picture(X) else X
    if isinstance(pictures, (list, tuple)) and _is_picture(pictures[0]):
        for number, picture in enumerate(pictures):
            if not _is_picture(picture):
                what = type(picture).__name__
                raise TypeError(f"picture {number} is a {what}: expected pictures of PIL alone")
        X = np.stack([_pixels(picture) for picture in pictures])
        if known is None and alphabet is None and X.dtype == np.uint8:
            alphabet = 2 if all(picture.mode == "1" for picture in pictures) else 256
    return _array(X, y, known, columns, alphabet, loading)


def _refuse_arguments(what: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise TypeError(f"{name}: not of {what}")


def _items_of_frame(
    frame: Any, y: Any, known: Known | None, columns: Any, alphabet: Any, loading: dict
) -> Examples:
    _refuse_arguments("frames, whose columns have names and values", columns=columns)
    _refuse_arguments("frames, whose columns have their own", alphabet=alphabet)
    if known is not None and known.table is None:  # of an array: columns as they stand
        columns = [np.asarray(frame[key]) for key in columns_of(frame)]
        return _array(np.stack(columns, axis=1), y, known, None, None, loading)
    return _table(columns_of(frame), y, known, loading)


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

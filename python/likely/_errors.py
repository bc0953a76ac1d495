"""What goes wrong, as exceptions. The message is the C library's line: place, cause, what to do."""

from __future__ import annotations

import re
from typing import Any

from . import _likely

#: Names of likely.h, and what they are called here.
_WORDS = (
    (r": load what it is trained on for it, or like the rest \(lk_loading\.model, \.like\)", ""),
    (r": load them for the model \(lk_loading\.model\)", ""),
    (r"\blk_context_set_memory\b", "likely.set_memory"),
    (r"\blocal_symbols\[(\d+)\]", r"local[\1]"),
    (r"\blocal_items is (\d+), for (\d+) texts", r"local has \1 sequences, for \2 texts"),
    (r"(, | )or local_symbols\b", ""),
    (r"local_symbols has an array for each", "give an array for each"),
    (r"lk_loading\.text\b", "loading={'text': 'bytes'} or 'characters'"),
    (r"lk_loading\.(\w+)", r"loading={'\1': ...}"),
    (r"lk_training\.from\b", "start="),
    (r"lk_coding\.lossy\b", "lossy=True"),
    (r"lk_(?:training|sampling|scoring|coding)\.(\w+)", r"\1="),
    (r"lk_(?:training|sampling|scoring|coding|loading|values): ", ""),
    (r"\blk_model_set\b", "with_settings"),
    (r"\blk_model_decompress_text\b", "decompress with file="),
    (r"\blk_model_decompress\b", "decompress"),
    (r", lk_data_text gives each", ""),
    (r"^text (\d+): the file is empty", r"text \1 is empty"),
    (
        r"^(text \d+: .*): this is UTF-16, not UTF-8; .*",
        r"\1, as of UTF-16 that was read as something else: open its file with encoding='utf-16', "
        "or give bytes",
    ),
    (r"^lk_\w+: ", ""),
)


def in_python(message: str) -> str:
    """A line of the C library in the words of this package."""
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    return message


class Error(Exception):
    """Of all that the library refuses or cannot do."""

    def __init__(self, *arguments: Any):
        super().__init__(*(in_python(a) if isinstance(a, str) else a for a in arguments))


class NoMemory(Error, MemoryError):
    """Out of memory, or more than `likely.set_memory` allows."""


class InputOutputError(Error, OSError):
    """Cannot read or write."""


class FormatError(Error, ValueError):
    """Not a valid file of its format."""


class CorruptError(Error, ValueError):
    """Damaged data."""


class MismatchError(Error, ValueError):
    """The model and the data do not belong together."""


class InvalidError(Error, ValueError):
    """An invalid setting or argument."""


class CausalityError(Error, RuntimeError):
    """A network would see the present or the future."""


class NotFiniteError(Error, ArithmeticError):
    """A value is not finite."""


class UnsupportedError(Error, NotImplementedError):
    """Not supported."""


class Interrupted(Error):
    """Ended by the progress callback. Ctrl-C is KeyboardInterrupt."""

    model: Any  #: of a training that had begun


class DamageWarning(UserWarning):
    """Part of a damaged file is lost; what is left was salvaged."""


_CLASSES = {
    "LK_OK": Error,
    "LK_NO_MEMORY": NoMemory,
    "LK_IO": InputOutputError,
    "LK_FORMAT": FormatError,
    "LK_CORRUPT": CorruptError,
    "LK_MISMATCH": MismatchError,
    "LK_INVALID": InvalidError,
    "LK_CAUSALITY": CausalityError,
    "LK_NOT_FINITE": NotFiniteError,
    "LK_UNSUPPORTED": UnsupportedError,
    "LK_INTERRUPTED": Interrupted,
}

#: By number of lk_status.
BY_STATUS = tuple(_CLASSES[name] for name in _likely.status_names())

for _class in (*_CLASSES.values(), DamageWarning):
    _class.__module__ = "likely"  # where users find it, and pickle

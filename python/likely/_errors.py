"""What goes wrong, as exceptions. The message is the C library's line: place, cause, what to do."""

from __future__ import annotations

from typing import Any

from . import _likely


class Error(Exception):
    """Of all that the library refuses or cannot do."""


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

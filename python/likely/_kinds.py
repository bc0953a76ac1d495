"""What kinds of values a column may have, and how each is written as a word of the C library.

A column has values of one kind, and besides what is missing. Two values that differ have different
words, and a word becomes the value again: nothing is stripped, rounded or merged.
"""

from __future__ import annotations

import datetime
import math
import re
from typing import Any, Callable, NamedTuple

import numpy as np

WORD_MOST = 1024  # bytes


def is_missing(value: Any) -> bool:
    """None, NaN, pandas.NA or NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating)) and value != value


def utf8(text: str) -> bytes:
    """What is not UTF-8 stands in surrogates, as in paths; others are a ValueError."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = b""
    if data.decode("utf-8", "surrogateescape") != text:
        raise ValueError(f"a lone surrogate in {text[:40]!r}: it is no text")
    return data


# ---- writing and reading ---------------------------------------------------------------------


def _write_float(value: Any) -> str:
    number = float(value)
    if math.isinf(number):
        raise ValueError("a value is infinite")
    return str(int(number)) if number == math.floor(number) else repr(number)


def _write_end(end: Any) -> str:
    if isinstance(end, np.generic):
        end = end.item()
    if isinstance(end, (int, float)):
        return repr(end)
    if KINDS["timestamp"].holds(end) and end.tz is None:
        return end.isoformat()
    raise TypeError(f"an interval of {type(end).__name__}, or of times with a zone")


def _write_interval(value: Any) -> str:
    left = "[" if value.closed in ("left", "both") else "("
    right = "]" if value.closed in ("right", "both") else ")"
    return f"{left}{_write_end(value.left)}, {_write_end(value.right)}{right}"


def _read_end(word: str) -> Any:
    if "T" in word:
        return _read_timestamp(word, "")
    return int(word) if word.lstrip("-").isdigit() else float(word)


def _read_interval(word: str, dtype: str) -> Any:
    import pandas

    left, right = word[1:-1].split(", ")
    closed = {"[]": "both", "[)": "left", "(]": "right", "()": "neither"}[word[0] + word[-1]]
    return pandas.Interval(_read_end(left), _read_end(right), closed=closed)


def _write_duration(value: datetime.timedelta) -> str:
    return f"P{value.days}DT{value.seconds}.{value.microseconds:06}S"


def _read_duration(word: str, dtype: str) -> datetime.timedelta:
    days, seconds, microseconds = re.findall(r"-?\d+", word)
    return datetime.timedelta(int(days), int(seconds), int(microseconds))


def _read_timestamp(word: str, dtype: str) -> Any:
    import pandas

    return pandas.Timestamp(word)


def _read_timedelta(word: str, dtype: str) -> Any:
    import pandas

    return pandas.Timedelta(word)


def _read_period(word: str, dtype: str) -> Any:
    import pandas

    found = re.search(r"period\[(.*)\]$", dtype)
    return pandas.Period(word, freq=found[1] if found else None)


def _is_of_pandas(name: str) -> Callable[[Any], bool]:
    return lambda v: type(v).__name__ == name and type(v).__module__.split(".")[0] == "pandas"


class Kind(NamedTuple):
    """One kind of values."""

    holds: Callable[[Any], bool]
    write: Callable[[Any], str]
    read: Callable[[str, str], Any]  #: a word, and the column's dtype or ""


#: By name, in the order in which they are tried.
KINDS = {
    "str": Kind(lambda v: isinstance(v, str), str.__str__, lambda w, _: w),
    "bool": Kind(
        lambda v: isinstance(v, (bool, np.bool_)), lambda v: str(bool(v)), lambda w, _: w == "True"
    ),
    "int": Kind(
        lambda v: isinstance(v, (int, np.integer)), lambda v: str(int(v)), lambda w, _: int(w)
    ),
    "float": Kind(
        lambda v: isinstance(v, (float, np.floating)), _write_float, lambda w, _: float(w)
    ),
    "timestamp": Kind(_is_of_pandas("Timestamp"), lambda v: v.isoformat(), _read_timestamp),
    "timedelta": Kind(_is_of_pandas("Timedelta"), lambda v: v.isoformat(), _read_timedelta),
    "period": Kind(_is_of_pandas("Period"), str, _read_period),
    "interval": Kind(_is_of_pandas("Interval"), _write_interval, _read_interval),
    "datetime": Kind(
        lambda v: isinstance(v, datetime.datetime),
        lambda v: v.isoformat(),
        lambda w, _: datetime.datetime.fromisoformat(w),
    ),
    "date": Kind(
        lambda v: isinstance(v, datetime.date),
        lambda v: v.isoformat(),
        lambda w, _: datetime.date.fromisoformat(w),
    ),
    "duration": Kind(
        lambda v: isinstance(v, datetime.timedelta), _write_duration, _read_duration
    ),
    "time": Kind(
        lambda v: isinstance(v, datetime.time),
        lambda v: v.isoformat(),
        lambda w, _: datetime.time.fromisoformat(w),
    ),
}

#: Kinds that pandas reads.
OF_PANDAS = ("timestamp", "timedelta", "period", "interval")

#: Kinds whose equal values have equal words.
ALIKE = ({"int", "float"}, {"timestamp", "datetime"})


def kind_of(name: str, value: Any) -> str:
    """Of a value of the column `name`; TypeError: it is of none."""
    for kind, row in KINDS.items():
        if row.holds(value):
            return kind
    raise TypeError(
        f"the column '{name}' holds a value of {type(value).__name__}: expected words, integers, "
        "bool, dates or a pandas category; make it text (astype(str))"
    )


def word_of(name: str, kind: str, value: Any) -> str:
    """A value as a word, of at most WORD_MOST bytes."""
    try:
        word = KINDS[kind].write(value)
        size = len(utf8(word))
    except (TypeError, ValueError) as error:
        raise type(error)(f"the column '{name}': {error}") from None
    if "\0" in word:
        raise ValueError(f"the column '{name}' has a word with a zero character")
    if size > WORD_MOST:
        raise ValueError(
            f"the column '{name}' has a word of {size} bytes: at most {WORD_MOST} are possible, as "
            "words name categories; texts are a list of str"
        )
    return word


def refuse_unread(name: str, kind: str, values: list, words: list[str], dtype: str) -> None:
    """What pandas writes and does not read again, as years beyond 9999, is refused in training."""
    if kind not in OF_PANDAS:
        return
    for value, word in zip(values, words):
        try:
            same = KINDS[kind].read(word, dtype) == value
        except (ValueError, OverflowError):
            same = False
        if not same:
            raise ValueError(
                f"the column '{name}' has the {kind} {word}, which pandas does not read again as "
                "what it was: make it text (astype(str))"
            )


def are_alike(one: str, other: str) -> bool:
    return one == other or any(one in group and other in group for group in ALIKE)

"""Settings as the C library takes them."""

from __future__ import annotations

import operator
from typing import Any


def check_seed(seed: Any) -> int:
    """TypeError and ValueError: it is no seed."""
    number = operator.index(seed)
    if not 0 <= number < 1 << 64:
        raise ValueError(f"seed is {number}: expected 0 .. 2^64 - 1")
    return number


def setting_text(key: str, value: Any) -> str:
    """"KEY=VALUE", as the C library takes a setting."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, (list, tuple)):
        value = ",".join(str(v) for v in value)
    return f"{key}={value}"

"""The C extension; its functions are told in python/src, and used by this package alone."""

from typing import Any

def __getattr__(name: str) -> Any: ...

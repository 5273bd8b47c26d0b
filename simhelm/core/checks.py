"""Checks of single arguments that several simulators share."""

from __future__ import annotations

import operator
from typing import SupportsIndex

# Beyond this nothing here has a use for a count, and compiled code has no room for it.
_LARGEST = 2**62


def whole_number(name: str, value: SupportsIndex, *, least: int = 1) -> int:
    """The value as an int.

    Raises:
        TypeError: not a whole number (a bool and 2.0 are none).
        ValueError: below ``least`` or absurdly large.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected a whole number, got {value!r}")
    number = operator.index(value)
    if number < least:
        raise ValueError(f"{name}: expected at least {least}, got {value!r}")
    if number >= _LARGEST:
        raise ValueError(f"{name}: expected less than {_LARGEST}, got {value!r}")
    return number

"""How the learners' numeric parts are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile at first call, cached on disk."""
    return numba.njit(cache=True, error_model="numpy")(function)  # type: ignore[return-value]

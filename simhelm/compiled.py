"""How numerical parts are compiled, the same in every room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile at first call, without the GIL, cached on disk where that is possible.

    Fused multiply-add is allowed; reordering of sums is not, so that results do not depend on
    the vector width the compiler chooses.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        cached: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to write a cache: an image without a home directory, say
        cached = numba.njit(**options)(function)
    kernel: Function = cached
    return kernel

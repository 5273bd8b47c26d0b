"""Multiply and add with one rounding, where it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic


def _fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


#: Multiply and add, a * b + c, rounded once; in compiled code, of single numbers and in vectors.
fma: Callable[[float, float, float], float] = intrinsic(_fma)  # type: ignore[assignment]

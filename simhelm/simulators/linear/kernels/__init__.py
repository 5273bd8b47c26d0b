"""Compiled kernels: plain arrays in, plain numbers out, no checks (the callers made them)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simhelm.core.compiled import compiled

Floats = NDArray[np.float64]
Indices = NDArray[np.uint32]
Integers = NDArray[np.int64]

# Outcome codes returned by the kernels; solvers.py maps them to EndReason.
CONVERGED = 0
MAX_ITERATIONS = 1
DIVERGED = 2
NOT_FINITE = 3
INDEFINITE = 4
UNSAVED = 5
STAGNATED = 6
RUNNING = -1

# Kinds of colour blocks: colours between the first and the last need a correction.
FIRST, MIDDLE, LAST = 0, 1, 2

# Growth of the residual norm, over the larger of its start and ||b||, that counts as
# divergence. PETSc's default is 1e5; symmetric positive definite systems may pass through a
# growth of sqrt(condition number), hence more room here.
DIVERGENCE_GROWTH = 1e8


@compiled
def sum_of_squares(x: Floats) -> float:
    """The sum of squares without BLAS, whose threads and blocking would decide the last digits."""
    total = 0.0
    for value in x:
        total += value * value
    return total


@compiled
def judge(norm: float, target: float, limit: float, iterations: int, max_iterations: int) -> int:
    """The outcome code of an iteration that has come to this residual norm, or RUNNING."""
    if not np.isfinite(norm):
        return NOT_FINITE
    if norm <= target:
        return CONVERGED
    if norm > limit:
        return DIVERGED
    return MAX_ITERATIONS if iterations >= max_iterations else RUNNING

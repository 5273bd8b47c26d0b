"""One compiled entry for all row-ordered solves: a batch of systems that share a matrix."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.linear.kernels import (
    NOT_FINITE,
    Floats,
    Indices,
    Integers,
    sum_of_squares,
)
from simhelm.simulators.linear.kernels.conjugate_gradients import conjugate_gradients
from simhelm.simulators.linear.kernels.lexicographic import relax

SOR, SSOR, SSOR_PCG, CG = 0, 1, 2, 3


@compiled
def solve_batch(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    position: Indices,
    method: int,
    omegas: Floats,
    shifts: Floats,
    b: Floats,
    x: Floats,
    rtol: float,
    atol: float,
    max_iterations: int,
    iterations: Integers,
    outcomes: Integers,
    norms: Floats,
    work: Integers,
) -> None:
    """Solve (A + shifts[e] I) x[e] = b[e] with omegas[e] for every e; x is start and result.

    ``b`` and ``x`` have shape (systems, n); the last four arguments have shape (systems,) and
    are filled: iterations, outcome codes, residual norms, matrix-row updates.
    """
    size = np.int64(b.shape[1])
    for e in range(b.shape[0]):
        squares = sum_of_squares(b[e])
        if squares == 0.0 and np.any(b[e] != 0.0):
            squares = np.inf  # too small to square: no tolerance can be formed
        target = max(rtol * np.sqrt(squares), atol)
        if method in (SOR, SSOR):
            symmetric = method == SSOR
            count, outcome, norm = relax(
                indptr, indices, data, position, symmetric,
                omegas[e], shifts[e], b[e], x[e], target, max_iterations,
            )  # fmt: skip
            # One sweep (two for SSOR) an iteration, and the last one that proved convergence.
            rows = size * ((2 if symmetric else 1) * count + 1)
        else:
            preconditioned = method == SSOR_PCG
            count, outcome, norm, products = conjugate_gradients(
                indptr, indices, data, position, preconditioned,
                omegas[e], shifts[e], b[e], x[e], target, max_iterations,
            )  # fmt: skip
            rows = size * (products + (2 * count if preconditioned else 0))
        if outcome == NOT_FINITE or not np.isfinite(target):
            outcome = NOT_FINITE
            x[e] = 0.0
            norm = np.inf
        iterations[e], outcomes[e], norms[e], work[e] = count, outcome, norm, rows

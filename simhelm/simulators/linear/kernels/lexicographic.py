"""SOR and SSOR sweeps in row order, with the exact residual norm fused into the sweep.

A sweep reads the iterate ``old`` and writes ``new``. With ``h`` the part of row i that both
share (right-hand side, diagonal and columns right of it, all at ``old``),

    s = h - sum_{j<i} a_ij new_j      drives the update,
    r = h - sum_{j<i} a_ij old_j      is the exact residual of ``old``,

so ||b - A old|| costs no second pass over the matrix, and when it meets the tolerance ``old``
is still there, to the bit. Sweeps are bound by the latency of ``new[i-1]``: columns are read in
ascending order, so that the newest value enters last.
"""

from __future__ import annotations

import numpy as np

from simhelm.simulators.linear.kernels import (
    CONVERGED,
    DIVERGED,
    DIVERGENCE_GROWTH,
    MAX_ITERATIONS,
    NOT_FINITE,
    compiled,
    sum_of_squares,
)

_ONE = np.uint32(1)


@compiled
def find_diagonal(indptr, indices, data, position):  # type: ignore[no-untyped-def]
    """Fill ``position`` with the place of each diagonal entry; the first bad row, or -1."""
    for i in range(position.size):
        found = False
        for k in range(indptr[i], indptr[i + 1]):
            if indices[k] == i and data[k] != 0.0:
                position[i] = k
                found = True
        if not found:
            return i
    return -1


@compiled
def forward_sweep(indptr, indices, data, position, omega, shift, b, old, new):  # type: ignore[no-untyped-def]
    """One SOR sweep on A + shift I; returns the squared residual norm of ``old``."""
    size = np.uint32(b.size)
    squares = 0.0
    for i in range(size):
        at = position[i]
        diagonal = data[at] + shift
        x = old[i]
        h = b[i] - diagonal * x
        weight = omega / diagonal
        for k in range(at + _ONE, indptr[i + _ONE]):
            h -= data[k] * old[indices[k]]
        r = h
        s = h
        for k in range(indptr[i], at):
            j = indices[k]
            a = data[k]
            s -= a * new[j]
            r -= a * old[j]
        squares += r * r
        new[i] = x + weight * s
    return squares


@compiled
def untested_sweep(indptr, indices, data, position, omega, shift, b, old, new):  # type: ignore[no-untyped-def]
    """The same sweep without the residual norm: what the convergence test is measured against."""
    size = np.uint32(b.size)
    for i in range(size):
        at = position[i]
        diagonal = data[at] + shift
        x = old[i]
        s = b[i] - diagonal * x
        weight = omega / diagonal
        for k in range(at + _ONE, indptr[i + _ONE]):
            s -= data[k] * old[indices[k]]
        for k in range(indptr[i], at):
            s -= data[k] * new[indices[k]]
        new[i] = x + weight * s


@compiled
def backward_sweep(indptr, indices, data, position, omega, shift, b, x):  # type: ignore[no-untyped-def]
    """One SOR sweep on A + shift I from the last row to the first, in place."""
    size = np.uint32(b.size)
    for back in range(size):
        i = size - _ONE - np.uint32(back)
        at = position[i]
        diagonal = data[at] + shift
        s = b[i] - diagonal * x[i]
        for k in range(indptr[i], at):
            s -= data[k] * x[indices[k]]
        # Descending, so that the newest value x[i+1] enters last.
        count = indptr[i + _ONE] - at - _ONE
        for q in range(count):
            k = indptr[i + _ONE] - _ONE - np.uint32(q)
            s -= data[k] * x[indices[k]]
        x[i] += omega / diagonal * s


@compiled
def relax(indptr, indices, data, position, symmetric, omega, shift, b, x, target, max_iterations):  # type: ignore[no-untyped-def]
    """Iterate until ||b - (A + shift I) x|| <= target; x is overwritten with the last iterate.

    ``symmetric`` adds a backward sweep to every iteration (SSOR). Returns (iterations, outcome
    code, residual norm of x).
    """
    norm_b = np.sqrt(sum_of_squares(b))
    old = x
    new = np.empty_like(x)
    limit = np.inf
    iterations = 0
    while True:
        norm = np.sqrt(
            forward_sweep(indptr, indices, data, position, omega, shift, b, old, new)
        )
        if iterations == 0:
            limit = DIVERGENCE_GROWTH * max(norm, norm_b)
        if norm <= target:
            outcome = CONVERGED
            break
        if not np.isfinite(norm):
            outcome = NOT_FINITE
            break
        if norm > limit:
            outcome = DIVERGED
            break
        if iterations >= max_iterations:
            outcome = MAX_ITERATIONS
            break
        if symmetric:
            backward_sweep(indptr, indices, data, position, omega, shift, b, new)
        old, new = new, old
        iterations += 1
    if iterations % 2 == 1:
        x[:] = old
    return iterations, outcome, norm

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

from simhelm.core.compiled import compiled
from simhelm.simulators.linear.kernels import (
    DIVERGENCE_GROWTH,
    RUNNING,
    Floats,
    Indices,
    judge,
    sum_of_squares,
)

_ONE, _TWO, _THREE = np.uint32(1), np.uint32(2), np.uint32(3)


@compiled
def find_diagonal(indptr: Indices, indices: Indices, data: Floats, position: Indices) -> int:
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
def forward_sweep(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    position: Indices,
    omega: float,
    shift: float,
    b: Floats,
    old: Floats,
    new: Floats,
) -> float:
    """One SOR sweep on A + shift I; returns the squared residual norm of ``old``."""
    size = np.uint32(b.size)
    squares = 0.0
    end = indptr[0]
    for i in range(size):
        begin, end = end, indptr[i + _ONE]
        at = position[i]
        diagonal = data[at] + shift
        x = old[i]
        h = b[i] - diagonal * x
        weight = omega / diagonal
        # Two entries on either side, the row of a five-point grid: loops over so few cost more
        # than their entries. The order of the sums is the same.
        if at - begin == _TWO and end - at == _THREE:
            h -= data[at + _ONE] * old[indices[at + _ONE]]
            h -= data[at + _TWO] * old[indices[at + _TWO]]
            j, k = indices[begin], indices[begin + _ONE]
            s = h - data[begin] * new[j] - data[begin + _ONE] * new[k]
            r = h - data[begin] * old[j] - data[begin + _ONE] * old[k]
        else:
            for m in range(at + _ONE, end):
                h -= data[m] * old[indices[m]]
            r = h
            s = h
            for m in range(begin, at):
                s -= data[m] * new[indices[m]]
                r -= data[m] * old[indices[m]]
        squares += r * r
        new[i] = x + weight * s
    return squares


@compiled
def backward_sweep(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    position: Indices,
    omega: float,
    shift: float,
    b: Floats,
    x: Floats,
) -> None:
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
def relax(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    position: Indices,
    symmetric: bool,
    omega: float,
    shift: float,
    b: Floats,
    x: Floats,
    target: float,
    max_iterations: int,
) -> tuple[int, int, float]:
    """Iterate until ||b - (A + shift I) x|| <= target; x is overwritten with the last iterate.

    ``symmetric`` adds a backward sweep to every iteration (SSOR). Returns (iterations, outcome
    code, residual norm of x).
    """
    old = x
    new = np.empty_like(x)
    limit = np.inf
    iterations = 0
    while True:
        norm = np.sqrt(forward_sweep(indptr, indices, data, position, omega, shift, b, old, new))
        if iterations == 0:
            limit = DIVERGENCE_GROWTH * max(norm, np.sqrt(sum_of_squares(b)))
        outcome = judge(norm, target, limit, iterations, max_iterations)
        if outcome != RUNNING:
            break
        if symmetric:
            backward_sweep(indptr, indices, data, position, omega, shift, b, new)
        old, new = new, old
        iterations += 1
    if iterations % 2 == 1:
        x[:] = old
    return iterations, outcome, norm

"""Multicolour SOR sweeps over blocks of equal rows, bound by memory instead of by latency.

The residual norm needs no second pass here either. In sweep k + 1 the first colour's driving
residual is its exact residual at x_k; the last colour's residual at x_k was (1 - omega) times
its driving residual in sweep k, since nothing it touches changed afterwards; a middle colour
corrects its driving residual by the change of its earlier neighbours. The norm is therefore
known before the last colour is touched, and a copy of the other colours brings x_k back. Only
the end of a solve is confirmed by residuals computed from x_k itself.
"""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.linear.kernels import (
    CONVERGED,
    DIVERGENCE_GROWTH,
    LAST,
    MIDDLE,
    RUNNING,
    UNSAVED,
    Floats,
    Indices,
    Integers,
    judge,
    sum_of_squares,
)

# Rows worked on at a time: their driving residuals stay in the first-level cache.
_CHUNK = 256
# Distance from the target, in the residual norm, at which sweeps begin to keep a copy of x.
_NEARNESS = 100.0
_ONE = np.uint32(1)
_FOUR = np.uint32(4)


@compiled
def _subtract_columns(
    values: Floats,
    columns: Indices,
    x: Floats,
    place: np.uint64,
    stride: np.uint64,
    count: np.uint32,
    s: Floats,
) -> None:
    """Subtract ``count`` entries a row times x from s; four at a time to spare passes over s."""
    width = s.size
    while count >= _FOUR:
        v0, j0 = values[place : place + width], columns[place : place + width]
        place += stride
        v1, j1 = values[place : place + width], columns[place : place + width]
        place += stride
        v2, j2 = values[place : place + width], columns[place : place + width]
        place += stride
        v3, j3 = values[place : place + width], columns[place : place + width]
        place += stride
        for t in range(width):
            s[t] -= v0[t] * x[j0[t]] + v1[t] * x[j1[t]] + v2[t] * x[j2[t]] + v3[t] * x[j3[t]]
        count -= _FOUR
    while count > 0:
        v, j = values[place : place + width], columns[place : place + width]
        place += stride
        for t in range(width):
            s[t] -= v[t] * x[j[t]]
        count -= _ONE


@compiled
def _add_changes(
    values: Floats,
    columns: Indices,
    x: Floats,
    saved: Floats,
    place: np.uint64,
    stride: np.uint64,
    count: np.uint32,
    r: Floats,
) -> None:
    """Add the entries times the change of x since it was saved to r."""
    width = r.size
    for _ in range(count):
        v, j = values[place : place + width], columns[place : place + width]
        place += stride
        for t in range(width):
            r[t] += v[t] * (x[j[t]] - saved[j[t]])


@compiled
def relax_blocks(
    table: Integers,
    values: Floats,
    columns: Indices,
    diagonal: Floats,
    omega: float,
    shift: float,
    b: Floats,
    x: Floats,
    saved: Floats,
    lanes: Floats,
    keep: bool,
    only: bool,
    test: bool,
) -> None:
    """Relax every block whose kind is LAST (``only``) or is not LAST, in place.

    ``keep`` copies the block's x to ``saved`` first. ``lanes``, shape (chunk,), collects
    squared residuals, one sum a lane so that additions do not wait for each other; ``test`` is
    False only to measure what that costs.
    """
    width_limit = np.uint32(lanes.size)
    buffer = np.empty(lanes.size)
    exact = np.empty(lanes.size)
    for q in range(table.shape[0]):
        kind = table[q, 5]
        if (kind == LAST) != only:
            continue
        first, last = np.uint32(table[q, 0]), np.uint32(table[q, 1])
        count, earlier = np.uint32(table[q, 2]), np.uint32(table[q, 3])
        stride = np.uint64(last - first)
        for begin in range(first, last, width_limit):
            width = min(width_limit, last - begin)
            rows = slice(begin, begin + width)
            place = np.uint64(table[q, 4]) + np.uint64(begin - first)
            s, xs, ds, bs = buffer[:width], x[rows], diagonal[rows], b[rows]
            for t in range(width):
                s[t] = bs[t] - (ds[t] + shift) * xs[t]
            _subtract_columns(values, columns, x, place, stride, count, s)
            if test:
                r = s
                if kind == MIDDLE:
                    r = exact[:width]
                    r[:] = s
                    _add_changes(values, columns, x, saved, place, stride, earlier, r)
                for t in range(width):
                    lanes[t] += r[t] * r[t]
            if keep:
                saved[rows] = xs
            for t in range(width):
                xs[t] += omega / (ds[t] + shift) * s[t]


@compiled
def _restore(table: Integers, saved: Floats, x: Floats) -> None:
    """Take back what a sweep did before its last colour."""
    for q in range(table.shape[0]):
        if table[q, 5] != LAST:
            x[table[q, 0] : table[q, 1]] = saved[table[q, 0] : table[q, 1]]


@compiled
def relax_colours(
    table: Integers,
    values: Floats,
    columns: Indices,
    diagonal: Floats,
    always_keep: bool,
    omega: float,
    shift: float,
    b: Floats,
    x: Floats,
    target: float,
    max_iterations: int,
) -> tuple[int, int, float]:
    """Iterate until ||b - (A + shift I) x|| <= target; all vectors in the permuted order.

    Copying x before every sweep would cost more than the test itself, so without
    ``always_keep`` it is copied only once the norm is near the target. A solve that ends from
    further away has lost its last x and ends as UNSAVED, to be run again from its start with
    ``always_keep`` (middle colours need that anyway). Returns (iterations, outcome code,
    residual norm of x).
    """
    saved = np.empty_like(x)
    lanes, last_lanes = np.zeros(_CHUNK), np.zeros(_CHUNK)
    matrix = (table, values, columns, diagonal)
    # Omega 0 computes residuals and moves nothing. The last colour's is needed at the start,
    # where no sweep has left it behind.
    relax_blocks(*matrix, 0.0, shift, b, x, saved, last_lanes, False, True, True)
    last_squares = np.sum(last_lanes)
    norm, limit = np.inf, np.inf
    iterations = 0
    while True:
        keep = always_keep or iterations == 0 or norm <= _NEARNESS * target
        lanes[:] = 0.0
        relax_blocks(*matrix, omega, shift, b, x, saved, lanes, keep, False, True)
        norm = np.sqrt(np.sum(lanes) + last_squares)
        if iterations == 0:
            limit = DIVERGENCE_GROWTH * max(norm, np.sqrt(sum_of_squares(b)))
        outcome = judge(norm, target, limit, iterations, max_iterations)
        if outcome != RUNNING:
            if not keep:
                return iterations, UNSAVED, norm
            _restore(table, saved, x)
            # (1 - omega) s is the last colour's residual but for rounding, which a tiny pivot
            # makes large: what is reported is computed from x itself.
            lanes[:] = 0.0
            last_lanes[:] = 0.0
            relax_blocks(*matrix, 0.0, shift, b, x, saved, lanes, False, False, True)
            relax_blocks(*matrix, 0.0, shift, b, x, saved, last_lanes, False, True, True)
            last_squares = np.sum(last_lanes)
            norm = np.sqrt(np.sum(lanes) + last_squares)
            if outcome != CONVERGED or norm <= target:
                return iterations, outcome, norm
            # Not converged after all: make this sweep again, from the true residual.
            always_keep = True
            continue
        last_lanes[:] = 0.0
        relax_blocks(*matrix, omega, shift, b, x, saved, last_lanes, False, True, True)
        last_squares = (1.0 - omega) ** 2 * np.sum(last_lanes)
        iterations += 1

"""Conjugate gradients with the symmetric SOR preconditioner (Axelsson 1994)."""

from __future__ import annotations

import math

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.linear.kernels import (
    CONVERGED,
    DIVERGENCE_GROWTH,
    INDEFINITE,
    NOT_FINITE,
    RUNNING,
    STAGNATED,
    Floats,
    Indices,
    judge,
    sum_of_squares,
)

_ONE = np.uint32(1)
# Below this share of its start the recurrence's residual says nothing of the true one.
_ROUND_OFF = 1e-15


@compiled
def precondition(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    position: Indices,
    omega: float,
    shift: float,
    r: Floats,
    z: Floats,
) -> float:
    """Set z = M^-1 r with M = X' D^-1 X / (omega (2 - omega)), X = D + omega L; returns r . z.

    D and L are the diagonal and the strict lower triangle of A + shift I, which must be
    symmetric. The backward solve comes first, as in the published code.
    """
    size = np.uint32(r.size)
    for back in range(size):
        i = size - _ONE - np.uint32(back)
        at = position[i]
        total = 0.0
        count = indptr[i + _ONE] - at - _ONE
        for q in range(count):
            k = indptr[i + _ONE] - _ONE - np.uint32(q)
            total += data[k] * z[indices[k]]
        z[i] = (r[i] - omega * total) / (data[at] + shift)
    scale = omega * (2.0 - omega)
    product = 0.0
    for row in range(size):
        at = position[row]
        weight = omega / (data[at] + shift)
        total = 0.0
        for k in range(indptr[row], at):
            total += data[k] * z[indices[k]]
        z[row] = scale * z[row] - weight * total
        product += r[row] * z[row]
    return product


@compiled
def apply_matrix(
    indptr: Indices, indices: Indices, data: Floats, shift: float, p: Floats, q: Floats
) -> float:
    """Set q = (A + shift I) p; returns p . q."""
    product = 0.0
    for i in range(np.uint32(p.size)):
        total = shift * p[i]
        for k in range(indptr[i], indptr[i + _ONE]):
            total += data[k] * p[indices[k]]
        q[i] = total
        product += p[i] * total
    return product


@compiled
def true_residual(
    indptr: Indices, indices: Indices, data: Floats, shift: float, b: Floats, x: Floats, r: Floats
) -> float:
    """Set r = b - (A + shift I) x; returns its norm."""
    apply_matrix(indptr, indices, data, shift, x, r)
    for i in range(b.size):
        r[i] = b[i] - r[i]
    return math.sqrt(sum_of_squares(r))


@compiled
def _move(alpha: float, p: Floats, q: Floats, x: Floats, r: Floats) -> float:
    """Go alpha along p, whose product with the matrix is q; returns the new residual's norm."""
    squares = 0.0
    for i in range(p.size):
        x[i] += alpha * p[i]
        r[i] -= alpha * q[i]
        squares += r[i] * r[i]
    return math.sqrt(squares)


@compiled
def conjugate_gradients(
    indptr: Indices, indices: Indices, data: Floats, position: Indices, preconditioned: bool,
    omega: float, shift: float, b: Floats, x: Floats, target: float, max_iterations: int,
) -> tuple[int, int, float, int]:  # fmt: skip
    """Iterate until ||b - (A + shift I) x|| <= target; x is overwritten with the last iterate.

    The recurrence's residual drifts from the true one, so meeting the target, or falling to
    round-off, is confirmed by computing b - A x. Where that fails, the method restarts from the
    true residual, unless the last restart gained nothing: then it has stagnated. Returns
    (iterations, outcome code, residual norm of x, products with the matrix).
    """
    r, z = np.empty_like(b), np.empty_like(b)
    p, q = np.zeros_like(b), np.empty_like(b)
    norm = true_residual(indptr, indices, data, shift, b, x, r)
    start = max(norm, math.sqrt(sum_of_squares(b)))
    confirmed = norm
    products = 1
    iterations = 0
    previous = 0.0
    while True:
        stagnated = False
        if iterations > 0 and norm <= max(target, _ROUND_OFF * start):
            norm = true_residual(indptr, indices, data, shift, b, x, r)
            products += 1
            stagnated = norm > target and norm > 0.5 * confirmed
            confirmed = norm
            previous = 0.0
        outcome = judge(norm, target, DIVERGENCE_GROWTH * start, iterations, max_iterations)
        if outcome == RUNNING and stagnated:
            outcome = STAGNATED
        if outcome != RUNNING:
            break
        if preconditioned:
            rho = precondition(indptr, indices, data, position, omega, shift, r, z)
        else:
            z[:] = r
            rho = norm * norm
        beta = rho / previous if previous > 0.0 else 0.0
        for i in range(p.size):
            p[i] = z[i] + beta * p[i]
        curvature = apply_matrix(indptr, indices, data, shift, p, q)
        products += 1
        if not np.isfinite(curvature + rho):
            outcome = NOT_FINITE
            break
        if curvature <= 0.0 or rho <= 0.0:
            outcome = INDEFINITE
            break
        norm = _move(rho / curvature, p, q, x, r)
        previous = rho
        iterations += 1
    if outcome in (CONVERGED, NOT_FINITE, STAGNATED):
        return iterations, outcome, norm, products
    return iterations, outcome, true_residual(indptr, indices, data, shift, b, x, r), products + 1

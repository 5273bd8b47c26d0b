"""Conjugate gradients with the symmetric SOR preconditioner (Axelsson; paper Sec. 2.3)."""

from __future__ import annotations

import numpy as np

from simhelm.simulators.linear.kernels import (
    CONVERGED,
    DIVERGED,
    DIVERGENCE_GROWTH,
    INDEFINITE,
    MAX_ITERATIONS,
    NOT_FINITE,
    compiled,
    sum_of_squares,
)

_ONE = np.uint32(1)


@compiled
def precondition(indptr, indices, data, position, omega, shift, r, z):  # type: ignore[no-untyped-def]
    """z = M^-1 r with M = X' D^-1 X / (omega (2 - omega)), X = D + omega L; returns r . z.

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
    for i in range(size):
        at = position[i]
        weight = omega / (data[at] + shift)
        total = 0.0
        for k in range(indptr[i], at):
            total += data[k] * z[indices[k]]
        z[i] = scale * z[i] - weight * total
        product += r[i] * z[i]
    return product


@compiled
def apply_matrix(indptr, indices, data, shift, p, q):  # type: ignore[no-untyped-def]
    """q = (A + shift I) p; returns p . q."""
    product = 0.0
    for i in range(np.uint32(p.size)):
        total = shift * p[i]
        for k in range(indptr[i], indptr[i + _ONE]):
            total += data[k] * p[indices[k]]
        q[i] = total
        product += p[i] * total
    return product


@compiled
def true_residual(indptr, indices, data, shift, b, x, r):  # type: ignore[no-untyped-def]
    """r = b - (A + shift I) x; returns its norm."""
    apply_matrix(indptr, indices, data, shift, x, r)
    for i in range(b.size):
        r[i] = b[i] - r[i]
    return np.sqrt(sum_of_squares(r))


@compiled
def conjugate_gradients(  # type: ignore[no-untyped-def]
    indptr, indices, data, position, preconditioned, omega, shift, b, x, target, max_iterations
):
    """Iterate until ||b - (A + shift I) x|| <= target; x is overwritten with the last iterate.

    The recurrence's residual drifts from the true one, so meeting the target is confirmed by
    computing b - A x; where that fails, iteration goes on from the true residual. Returns
    (iterations, outcome code, residual norm of x, products with the matrix).
    """
    r, z = np.empty_like(b), np.empty_like(b)
    p, q = np.zeros_like(b), np.empty_like(b)
    norm = true_residual(indptr, indices, data, shift, b, x, r)
    limit = DIVERGENCE_GROWTH * max(norm, np.sqrt(sum_of_squares(b)))
    products = 1
    iterations = 0
    previous = 1.0
    while True:
        if norm <= target and iterations > 0:
            norm = true_residual(indptr, indices, data, shift, b, x, r)
            products += 1
        if norm <= target:
            return iterations, CONVERGED, norm, products
        if not np.isfinite(norm):
            return iterations, NOT_FINITE, norm, products
        if norm > limit:
            outcome = DIVERGED
            break
        if iterations >= max_iterations:
            outcome = MAX_ITERATIONS
            break
        if preconditioned:
            rho = precondition(indptr, indices, data, position, omega, shift, r, z)
        else:
            z[:] = r
            rho = norm * norm
        beta = rho / previous if iterations > 0 else 0.0
        for i in range(p.size):
            p[i] = z[i] + beta * p[i]
        curvature = apply_matrix(indptr, indices, data, shift, p, q)
        products += 1
        if not np.isfinite(curvature + rho):
            return iterations, NOT_FINITE, np.inf, products
        if curvature <= 0.0 or rho <= 0.0:
            outcome = INDEFINITE
            break
        alpha = rho / curvature
        squares = 0.0
        for i in range(p.size):
            x[i] += alpha * p[i]
            r[i] -= alpha * q[i]
            squares += r[i] * r[i]
        norm = np.sqrt(squares)
        previous = rho
        iterations += 1
    return iterations, outcome, true_residual(indptr, indices, data, shift, b, x, r), products + 1

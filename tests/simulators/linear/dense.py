"""Independent dense computations that the sparse solvers are compared with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sor_sweep(A: Floats, b: Floats, omega: float, x: Floats) -> Floats:
    """x + (D/omega + L)^-1 (b - A x) by a dense triangular solve."""
    lower = np.diag(np.diag(A) / omega) + np.tril(A, -1)
    return x + np.linalg.solve(lower, b - A @ x)


def ssor_sweep(A: Floats, b: Floats, omega: float, x: Floats) -> Floats:
    """A forward and a backward SOR sweep."""
    half = sor_sweep(A, b, omega, x)
    upper = np.diag(np.diag(A) / omega) + np.triu(A, 1)
    return half + np.linalg.solve(upper, b - A @ half)


def stationary(sweep, A: Floats, b: Floats, omega: float, rtol: float = 1e-8):  # type: ignore[no-untyped-def]
    """Iterate until the residual falls to rtol ||b||; (x, iterations)."""
    x = np.zeros_like(b)
    iterations = 0
    while np.linalg.norm(b - A @ x) > rtol * np.linalg.norm(b):
        x = sweep(A, b, omega, x)
        iterations += 1
        assert iterations < 100_000
    return x, iterations


def ssor_matrix(A: Floats, omega: float) -> Floats:
    """M = X' D^-1 X / (omega (2 - omega)), X = D + omega L."""
    D = np.diag(np.diag(A))
    X = D + omega * np.tril(A, -1)
    return X.T @ np.linalg.inv(D) @ X / (omega * (2.0 - omega))


def preconditioned_cg(A: Floats, b: Floats, M: Floats, rtol: float = 1e-8):  # type: ignore[no-untyped-def]
    """Textbook preconditioned conjugate gradients; (x, iterations)."""
    x = np.zeros_like(b)
    r = b.copy()
    z = np.linalg.solve(M, r)
    p = z.copy()
    iterations = 0
    while np.linalg.norm(r) > rtol * np.linalg.norm(b):
        q = A @ p
        alpha = (r @ z) / (p @ q)
        x = x + alpha * p
        after = r - alpha * q
        z_after = np.linalg.solve(M, after)
        p = z_after + (after @ z_after) / (r @ z) * p
        r, z = after, z_after
        iterations += 1
    return x, iterations


def red_black(n: int) -> NDArray[np.intp]:
    """Rows of an n x n grid, red points before black ones."""
    i, j = np.divmod(np.arange(n * n), n)
    return np.argsort((i + j) % 2, kind="stable")

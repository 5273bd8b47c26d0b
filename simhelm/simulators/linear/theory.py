"""What theory says of SOR: optimal factor, spectral radii and the near-asymptotic bounds.

Sources: D. M. Young, Iterative Solution of Large Linear Systems (1971), ch. 5-6, for
consistently ordered matrices; Khodak et al., Learning to Relax (ICLR 2024; numbers are those of
arXiv:2310.02246v2), Sec. 2 and App. D, E, cited as L2R; O. Axelsson, Iterative Solution Methods
(1994), Thm 7.17.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from numpy.typing import NDArray

from simhelm.simulators.linear.matrix import PreparedMatrix, prepare
from simhelm.simulators.linear.solvers import check_omega

Floats = NDArray[np.float64]

# Below this size dense eigenvalues are faster than Lanczos, and exact.
_DENSE_LIMIT = 400


def spectral_radius_jacobi(A: object, *, shift: float = 0.0) -> float:
    """rho(I - D^-1 (A + shift I)), the spectral radius of the Jacobi iteration.

    A must be symmetric with a positive (shifted) diagonal, so that the spectrum is real: it is
    that of I - D^-1/2 A D^-1/2. Dense below 400 rows, else Lanczos to relative accuracy 1e-10.

    Raises:
        ValueError: A is not symmetric or its shifted diagonal is not positive.
    """
    matrix = prepare(A)
    diagonal = matrix.diagonal + shift
    if not matrix.is_symmetric or diagonal.min() <= 0.0:
        raise ValueError(
            "spectral_radius_jacobi: expected a symmetric matrix with a positive diagonal; "
            "for others, use the eigenvalues of I - inv(D) A directly"
        )
    scaling = scipy.sparse.diags_array(1.0 / np.sqrt(diagonal))
    off_diagonal = matrix.to_scipy() - scipy.sparse.diags_array(matrix.diagonal)
    iteration = -(scaling @ off_diagonal @ scaling)
    if iteration.nnz == 0 or abs(iteration).max() == 0.0:
        return 0.0  # a diagonal matrix; Lanczos would find no start
    if matrix.size <= _DENSE_LIMIT:
        return float(np.abs(np.linalg.eigvalsh(iteration.toarray())).max())
    start = np.random.default_rng(0).standard_normal(matrix.size)
    largest = scipy.sparse.linalg.eigsh(
        iteration, k=1, which="LM", v0=start, tol=1e-10, return_eigenvectors=False
    )
    return float(abs(largest[0]))


def optimal_omega(A: object, *, shift: float = 0.0) -> float:
    """Young's optimal SOR factor of A + shift I for a consistently ordered SPD matrix.

    Raises:
        ValueError: as :func:`spectral_radius_jacobi`, or the Jacobi iteration diverges.
    """
    return optimal_omega_of_radius(spectral_radius_jacobi(A, shift=shift))


def optimal_omega_of_radius(beta: float) -> float:
    """1 + (beta / (1 + sqrt(1 - beta^2)))^2 (Young 1971, eq. 6.2.21; L2R Lemma 2.1)."""
    if not 0.0 <= beta < 1.0:
        raise ValueError(f"beta: expected a Jacobi spectral radius in [0, 1), got {beta!r}")
    return 1.0 + (beta / (1.0 + math.sqrt(1.0 - beta * beta))) ** 2


def sor_spectral_radius(omega: float, beta: float) -> float:
    """Spectral radius of the SOR iteration of a consistently ordered matrix (Young 1971, 6.2)."""
    check_omega(omega)
    if omega >= optimal_omega_of_radius(beta):
        return omega - 1.0
    root = omega * beta + math.sqrt(omega * omega * beta * beta - 4.0 * (omega - 1.0))
    return 0.25 * root * root


def defect_reduction_matrix(A: object, omega: float) -> Floats:
    """C_omega = I - A (D / omega + L)^-1, dense, shape (n, n) (L2R App. D). For small n."""
    check_omega(omega)
    dense = prepare(A).to_scipy().toarray()
    lower = np.diag(np.diag(dense) / omega) + np.tril(dense, -1)
    product: Floats = scipy.linalg.solve_triangular(lower, dense.T, lower=True, trans="T").T
    return np.eye(dense.shape[0]) - product


def asymptocity(A: object, omega: float, iterations: int) -> float:
    """(||C^(k-1)||^(1/(k-1)) - rho(C)) / (1 - rho(C)) for a solve that took k iterations.

    The largest value over the omegas of interest is tau of L2R Assumption 2.1: the share by
    which the last sweeps still fall short of the asymptotic rate.

    Raises:
        ValueError: iterations < 2, for which no power is defined.
    """
    if iterations < 2:
        raise ValueError(f"iterations: expected at least 2, got {iterations!r}")
    matrix = defect_reduction_matrix(A, omega)
    radius = float(np.abs(np.linalg.eigvals(matrix)).max())
    power = iterations - 1
    largest = float(np.linalg.norm(np.linalg.matrix_power(matrix, power), 2))
    norm: float = largest ** (1.0 / power)
    return (norm - radius) / (1.0 - radius)


def iteration_bound(radius: float, tau: float, tolerance: float) -> float:
    """U(omega) = 1 + log(eps) / log(rho + tau (1 - rho)): at least the count (L2R Lemma 2.1)."""
    if not (0.0 <= radius < 1.0 and 0.0 <= tau < 1.0 and 0.0 < tolerance < 1.0):
        raise ValueError(
            "expected radius and tau in [0, 1) and tolerance in (0, 1), got "
            f"{radius!r}, {tau!r}, {tolerance!r}"
        )
    rate = radius + tau * (1.0 - radius)
    return 1.0 if rate == 0.0 else 1.0 + math.log(tolerance) / math.log(rate)


def worst_rate(tau: float, beta: float, omega_max: float) -> float:
    """The rate alpha = tau + (1 - tau) max(beta^2, omega_max - 1) (L2R Lemma 2.1).

    U(omega) <= 1 + log(eps) / log(alpha) for all omega in [1, omega_max].

    Raises:
        ValueError: tau or beta outside [0, 1), omega_max outside [1, 2).
    """
    if not (0.0 <= tau < 1.0 and 0.0 <= beta < 1.0 and 1.0 <= omega_max < 2.0):
        raise ValueError(
            "expected tau and beta in [0, 1) and omega_max in [1, 2), got "
            f"{tau!r}, {beta!r}, {omega_max!r}"
        )
    return tau + (1.0 - tau) * max(beta * beta, omega_max - 1.0)


def ssor_pcg_bound(A: object, omega: float, tolerance: float) -> float:
    """Upper bound on SSOR-preconditioned CG iterations for SPD A (L2R Lemma E.2, tau = 1).

    Dense eigenvalues: for small n. Source: Axelsson (1994), Thm 7.17, as in the published code.

    Raises:
        ValueError: omega outside (0, 2), or A is not positive definite.
    """
    check_omega(omega)
    dense = prepare(A).to_scipy().toarray()
    diagonal = np.diag(np.diag(dense))
    lower = np.tril(dense, -1)
    spectrum = np.linalg.eigvalsh(dense)
    if spectrum[0] <= 0.0:
        raise ValueError("ssor_pcg_bound: expected a positive definite matrix")
    condition = spectrum[-1] / spectrum[0]
    mu = scipy.linalg.eigh(diagonal, dense, eigvals_only=True)[-1]
    quarter = lower @ np.linalg.solve(diagonal, lower.T) - 0.25 * diagonal
    nu = scipy.linalg.eigh(quarter, dense, eigvals_only=True)[-1]
    spread = (1.0 + mu / (4.0 * omega) * (2.0 - omega) ** 2 + omega * nu) / (2.0 - omega)
    if spread <= 1.0:
        return 1.0  # the preconditioner is the matrix itself
    start = math.sqrt(condition) / tolerance
    start += math.sqrt(condition / tolerance**2 - 1.0)
    rate = -math.log(1.0 - 2.0 / (1.0 + math.sqrt(spread)))
    return float(1.0 + math.log(start) / rate)


def optimal_omegas_of_shifts(A: PreparedMatrix, shifts: Floats) -> Floats:
    """Young's omega of A + c I for every c, shape as ``shifts``, for a constant diagonal d.

    Then rho(I - D^-1 (A + c I)) = rho(I - D^-1 A) d / (d + c), so one eigenvalue serves all.

    Raises:
        ValueError: the diagonal is not constant, or some shifted system has no optimum.
    """
    diagonal = A.diagonal
    if np.ptp(diagonal) > 1e-12 * abs(diagonal[0]):
        raise ValueError("optimal_omegas_of_shifts: expected a matrix with constant diagonal")
    d = float(diagonal[0])
    base = spectral_radius_jacobi(A)
    radii = base * d / (d + np.asarray(shifts, dtype=np.float64))
    return np.array([optimal_omega_of_radius(beta) for beta in radii.ravel()]).reshape(radii.shape)

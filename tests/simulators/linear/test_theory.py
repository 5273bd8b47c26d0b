"""Young's theory and the near-asymptotic bounds, against eigenvalues computed directly."""

import math

import numpy as np
import pytest

from simhelm.simulators import linear

OMEGAS = [1.0, 1.2, 1.4, 1.5, 1.6, 1.8]


@pytest.mark.parametrize("n", [1, 4, 10, 30])
def test_jacobi_radius_of_the_model_problem(n: int) -> None:
    radius = linear.spectral_radius_jacobi(linear.poisson2d(n))
    assert radius == pytest.approx(math.cos(math.pi / (n + 1)), rel=1e-9, abs=1e-14)


def test_jacobi_radius_with_shift_and_varying_diagonal() -> None:
    A = linear.poisson2d(6)
    A.setdiag(np.linspace(4.0, 6.0, 36))
    shifted = A.toarray() + 0.3 * np.eye(36)
    iteration = np.eye(36) - shifted / np.diag(shifted)[:, None]
    expected = np.abs(np.linalg.eigvals(iteration)).max()
    assert linear.spectral_radius_jacobi(A, shift=0.3) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("omega", OMEGAS)
def test_young_formula_equals_the_eigenvalues_of_the_iteration(omega: float) -> None:
    A = linear.poisson2d(6)
    beta = linear.spectral_radius_jacobi(A)
    C = linear.defect_reduction_matrix(A, omega)
    radius = np.abs(np.linalg.eigvals(C)).max()
    assert linear.sor_spectral_radius(omega, beta) == pytest.approx(radius, rel=1e-7)


def test_optimal_omega_minimises_the_radius() -> None:
    A = linear.poisson2d(6)
    best = linear.optimal_omega(A)
    assert best == pytest.approx(2.0 / (1.0 + math.sin(math.pi / 7.0)), rel=1e-12)
    radius = {
        omega: np.abs(np.linalg.eigvals(linear.defect_reduction_matrix(A, omega))).max()
        for omega in (best - 0.02, best, best + 0.02)
    }
    assert min(radius, key=lambda omega: radius[omega]) == best


def test_optimal_omegas_of_shifts_equal_one_by_one() -> None:
    A = linear.poisson2d(7)
    shifts = np.array([-0.1, 0.0, 0.4, 2.0])
    found = linear.optimal_omegas_of_shifts(linear.prepare(A), shifts)
    expected = [linear.optimal_omega(A, shift=c) for c in shifts.tolist()]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_observed_rate_is_the_spectral_radius() -> None:
    """Well past the start, k more sweeps gain rho^k (below the optimal omega, where it is real)."""
    A = linear.poisson2d(10)
    b = np.random.default_rng(0).standard_normal(100)
    beta = linear.spectral_radius_jacobi(A)
    for omega, start in ((1.0, 200), (1.2, 130), (1.4, 80)):
        early = linear.sor(A, b, omega, rtol=0.0, max_iterations=start).residual_norm
        late = linear.sor(A, b, omega, rtol=0.0, max_iterations=start + 20).residual_norm
        rate = (late / early) ** (1.0 / 20.0)
        assert rate == pytest.approx(linear.sor_spectral_radius(omega, beta), rel=1e-3)


def test_sweeps_to_tolerance_grow_with_h_as_theory_says() -> None:
    """Gauss-Seidel needs O(h^-2) sweeps, SOR at the optimal factor O(h^-1)."""
    counts = {}
    for n in (15, 31, 63):
        A = linear.poisson2d(n)
        b = np.ones(n * n)
        counts[n] = (
            linear.sor(A, b, 1.0, max_iterations=100_000).iterations,
            linear.sor(A, b, linear.optimal_omega(A)).iterations,
        )
    gauss_seidel = math.log2(counts[63][0] / counts[31][0])
    optimal = math.log2(counts[63][1] / counts[31][1])
    assert gauss_seidel == pytest.approx(2.0, abs=0.1)
    assert optimal == pytest.approx(1.0, abs=0.1)


def test_near_asymptotic_bound_lies_above_the_counts() -> None:
    A = linear.poisson2d(10)
    rng = np.random.default_rng(7)
    b = linear.truncated_normal_vectors(rng, 1, 100)[0]
    beta = linear.spectral_radius_jacobi(A)
    counts = {omega: linear.sor(A, b, omega).iterations for omega in OMEGAS}
    tau = max(linear.asymptocity(A, omega, k) for omega, k in counts.items())
    assert 0.0 < tau < 1.0
    alpha = linear.worst_rate(tau, beta, max(OMEGAS))
    ceiling = 1.0 + math.log(1e-8) / math.log(alpha)
    for omega, count in counts.items():
        radius = linear.sor_spectral_radius(omega, beta)
        bound = linear.iteration_bound(radius, tau, 1e-8)
        assert count <= bound <= ceiling * (1.0 + 1e-12)


def test_worked_example_of_the_worst_rate() -> None:
    """The paper's example: tau = 0.2, beta = 0.9 give alpha = 0.848 and about 73,000 instances."""
    alpha = linear.worst_rate(0.2, 0.9, 1.0)
    assert alpha == pytest.approx(0.848)
    assert 54.0 / math.log(alpha) ** 4 == pytest.approx(73_077, rel=1e-3)


@pytest.mark.parametrize("omega", [0.9, 1.2, 1.5, 1.8])
def test_cg_bound_lies_above_the_counts(omega: float) -> None:
    A = linear.poisson2d(8)
    b = np.random.default_rng(2).standard_normal(64)
    assert linear.ssor_pcg(A, b, omega).iterations <= linear.ssor_pcg_bound(A, omega, 1e-8)


def test_diagonal_matrices() -> None:
    import scipy.sparse

    for n in (3, 500):
        identity = scipy.sparse.identity(n, format="csr")
        assert linear.spectral_radius_jacobi(identity) == 0.0
        assert linear.optimal_omega(identity) == 1.0
    assert linear.ssor_pcg_bound(np.eye(3), 1.0, 1e-8) == 1.0


def test_refusals() -> None:
    with pytest.raises(ValueError, match="tau and beta"):
        linear.worst_rate(5.0, -3.0, 9.0)
    unsymmetric = linear.poisson2d(3)
    unsymmetric[0, 1] = -2.0
    with pytest.raises(ValueError, match="symmetric"):
        linear.optimal_omega(unsymmetric)
    with pytest.raises(ValueError, match=r"in \[0, 1\)"):
        linear.optimal_omega_of_radius(1.0)
    with pytest.raises(ValueError, match=r"in \[0, 1\)"):
        linear.optimal_omega(linear.poisson2d(4), shift=-0.9)
    with pytest.raises(ValueError, match="at least 2"):
        linear.asymptocity(linear.poisson2d(3), 1.2, 1)
    with pytest.raises(ValueError, match="tolerance"):
        linear.iteration_bound(0.9, 0.1, 2.0)

"""sor, ssor and ssor_pcg against worked examples, dense computations and themselves."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.simulators import EndReason
from simhelm.simulators.linear import poisson2d, prepare, solve_many, sor, ssor, ssor_pcg
from tests.simulators.linear import dense
from tests.subprocesses import python


def test_burden_and_faires_worked_example() -> None:
    """Burden & Faires, Numerical Analysis (9th ed.), section 7.4, example 1: omega = 1.25."""
    A = scipy.sparse.csr_array(np.array([[4.0, 3.0, 0.0], [3.0, 4.0, -1.0], [0.0, -1.0, 4.0]]))
    b = np.array([24.0, 30.0, -24.0])
    published = {
        1: (6.312500, 3.5195313, -6.6501465),
        2: (2.6223145, 3.9585266, -4.6004238),
        7: (3.0000498, 4.0002586, -5.0003486),
    }
    for sweeps, expected in published.items():
        result = sor(A, b, 1.25, np.ones(3), rtol=0.0, max_iterations=sweeps)
        assert result.iterations == sweeps
        assert result.end_reason is EndReason.MAX_ITERATIONS
        np.testing.assert_allclose(result.x, expected, atol=5e-7)


def test_pyamg_documentation_example() -> None:
    """pyamg.relaxation.relaxation.sor's docstring: ten sweeps at 1.33 leave a residual of 2.013.

    https://pyamg.readthedocs.io/en/latest/generated/pyamg.relaxation.relaxation.html
    """
    result = sor(poisson2d(10), np.ones(100), 1.33, rtol=0.0, max_iterations=10)
    assert f"{result.residual_norm:2.4}" == "2.013"


@pytest.mark.parametrize("omega", [0.7, 1.0, 1.3, 1.6, 1.9])
def test_counts_and_solutions_equal_a_dense_computation(omega: float) -> None:
    A = poisson2d(6)
    D = A.toarray()
    b = np.random.default_rng(3).standard_normal(36)
    for solver, sweep in ((sor, dense.sor_sweep), (ssor, dense.ssor_sweep)):
        x, iterations = dense.stationary(sweep, D, b, omega)
        result = solver(A, b, omega)
        assert result.converged
        assert result.iterations == iterations
        np.testing.assert_allclose(result.x, x, atol=1e-13)
    x, iterations = dense.preconditioned_cg(D, b, dense.ssor_matrix(D, omega))
    result = ssor_pcg(A, b, omega)
    assert result.iterations == iterations
    np.testing.assert_allclose(result.x, x, atol=1e-12)


def test_plain_cg_equals_dense_cg() -> None:
    A = poisson2d(7)
    b = np.random.default_rng(0).standard_normal(49)
    _, iterations = dense.preconditioned_cg(A.toarray(), b, np.eye(49))
    assert ssor_pcg(A, b, None).iterations == iterations


@pytest.mark.parametrize("n", [2, 5, 6, 9])
@pytest.mark.parametrize("omega", [0.8, 1.0, 1.5, 1.8])
def test_multicolour_is_red_black_on_a_grid(n: int, omega: float) -> None:
    A = poisson2d(n)
    b = np.random.default_rng(n).standard_normal(n * n)
    order = dense.red_black(n)
    permuted = A.toarray()[np.ix_(order, order)]
    x, iterations = dense.stationary(dense.sor_sweep, permuted, b[order], omega)
    result = sor(A, b, omega, ordering="multicolour")
    assert result.iterations == iterations
    np.testing.assert_allclose(result.x[order], x, atol=1e-13)


def test_stored_zeros_make_no_colours() -> None:
    A = poisson2d(4)
    pattern = scipy.sparse.coo_array(np.ones((16, 16)))
    stored = scipy.sparse.coo_array((np.zeros(256), (pattern.row, pattern.col)), shape=(16, 16))
    full = scipy.sparse.coo_array(A)
    zeros = scipy.sparse.csr_array(
        scipy.sparse.coo_array(
            (
                np.r_[full.data, stored.data],
                (np.r_[full.row, stored.row], np.r_[full.col, stored.col]),
            ),
            shape=(16, 16),
        )
    )
    assert zeros.nnz == 256
    b = np.arange(16.0)
    for ordering in ("lexicographic", "multicolour"):
        one = sor(A, b, 1.3, ordering=ordering)
        two = sor(zeros, b, 1.3, ordering=ordering)
        np.testing.assert_array_equal(one.x, two.x)


def test_red_black_and_lexicographic_counts_differ() -> None:
    """The order matters for the count, which is why both exist."""
    A, b = poisson2d(10), np.random.default_rng(1).standard_normal(100)
    lexicographic = sor(A, b, 1.6).iterations
    assert sor(A, b, 1.6, ordering="multicolour").iterations != lexicographic


@pytest.mark.parametrize("omega", [1.0, 1.4, 1.9])
@pytest.mark.parametrize("ordering", ["lexicographic", "multicolour"])
def test_fused_residual_norm_is_the_residual_of_x(omega: float, ordering: str) -> None:
    A = poisson2d(12)
    b = np.random.default_rng(8).standard_normal(144)
    for cap in (1, 2, 3, 7, 20):
        result = sor(A, b, omega, rtol=0.0, max_iterations=cap, ordering=ordering)  # type: ignore[arg-type]
        assert result.residual_norm == pytest.approx(np.linalg.norm(b - A @ result.x), rel=1e-12)


def _random_sparse(rng: np.random.Generator, n: int, density: float) -> scipy.sparse.csr_array:
    """Symmetric, strictly diagonally dominant, positive diagonal: SPD."""
    upper = scipy.sparse.random_array(
        (n, n), density=density, rng=rng, data_sampler=rng.standard_normal
    )
    symmetric = scipy.sparse.csr_array(upper + upper.T)
    symmetric.setdiag(0.0)
    row_sums = np.asarray(abs(symmetric).sum(axis=1)).ravel()
    return scipy.sparse.csr_array(symmetric + scipy.sparse.diags_array(row_sums + 0.1))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 40),
    density=st.floats(0.0, 0.5),
    omega=st.floats(0.1, 1.95),
    shift=st.floats(0.0, 3.0),
)
def test_random_spd_systems(seed: int, n: int, density: float, omega: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    A = _random_sparse(rng, n, density)
    b = rng.standard_normal(n)
    shifted = A.toarray() + shift * np.eye(n)
    exact = np.linalg.solve(shifted, b)
    scale = np.linalg.norm(np.linalg.inv(shifted), 2) * np.linalg.norm(b)
    for ordering in ("lexicographic", "multicolour"):
        for solver in (sor, ssor, ssor_pcg):
            result = solver(A, b, omega, shift=shift, ordering=ordering)
            assert result.end_reason is EndReason.CONVERGED
            true = np.linalg.norm(b - shifted @ result.x)
            assert true <= 1.0001e-8 * np.linalg.norm(b) + 1e-14
            assert np.linalg.norm(result.x - exact) <= 1e-7 * scale + 1e-14


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 30), omega=st.floats(0.3, 1.9))
def test_multicolour_is_lexicographic_on_the_permuted_matrix(
    seed: int, n: int, omega: float
) -> None:
    """Any sparsity, also unsymmetric ones: as many colours as it takes."""
    rng = np.random.default_rng(seed)
    A = _random_sparse(rng, n, 0.3)
    A.data *= rng.uniform(0.5, 1.0, A.nnz)
    A = scipy.sparse.csr_array(A + scipy.sparse.diags_array(2.0 * A.diagonal()))
    b = rng.standard_normal(n)
    prepared = prepare(A, "multicolour")
    order = prepared.permutation
    assert order is not None
    permuted = A.toarray()[np.ix_(order, order)]
    limit = 500
    result = sor(A, b, omega, ordering="multicolour", max_iterations=limit)
    plain = sor(permuted, b[order], omega, max_iterations=limit)
    assert (result.iterations, result.end_reason) == (plain.iterations, plain.end_reason)
    if result.converged:
        np.testing.assert_allclose(result.x[order], plain.x, rtol=1e-9, atol=1e-12)


def test_a_fast_multicolour_solve_is_exact_although_nothing_was_saved() -> None:
    """One sweep gains more than the margin at which copies begin: the solve is run again."""
    A = poisson2d(9)
    b = np.random.default_rng(5).standard_normal(81)
    result = sor(A, b, 1.0, shift=1e5, ordering="multicolour")
    x, iterations = dense.stationary(dense.sor_sweep, A.toarray() + 1e5 * np.eye(81), b, 1.0)
    assert result.converged
    order = dense.red_black(9)
    permuted = (A.toarray() + 1e5 * np.eye(81))[np.ix_(order, order)]
    x, iterations = dense.stationary(dense.sor_sweep, permuted, b[order], 1.0)
    assert result.iterations == iterations
    np.testing.assert_array_almost_equal_nulp(result.x[order], x, nulp=8)


def test_shift_equals_rebuilt_matrix() -> None:
    A = poisson2d(8)
    b = np.random.default_rng(2).standard_normal(64)
    rebuilt = scipy.sparse.csr_array(A + 0.37 * scipy.sparse.identity(64))
    for solver in (sor, ssor, ssor_pcg):
        one, two = solver(A, b, 1.4, shift=0.37), solver(rebuilt, b, 1.4)
        assert one.iterations == two.iterations
        np.testing.assert_allclose(one.x, two.x, atol=1e-14)


def test_a_batch_equals_single_solves_to_the_bit() -> None:
    A = prepare(poisson2d(9))
    rng = np.random.default_rng(4)
    b, shifts, omegas = rng.standard_normal((6, 81)), rng.uniform(0, 1, 6), rng.uniform(1, 1.9, 6)
    for method, solver in (("sor", sor), ("ssor", ssor), ("ssor_pcg", ssor_pcg)):
        many = solve_many(method, A, b, omegas, shifts)  # type: ignore[arg-type]
        for e in range(6):
            single = solver(A, b[e], float(omegas[e]), shift=float(shifts[e]))
            np.testing.assert_array_equal(many[e].x, single.x)
            assert (many[e].iterations, many[e].work) == (single.iterations, single.work)


def test_warm_start_and_zero_right_hand_side() -> None:
    A = poisson2d(6)
    b = np.random.default_rng(6).standard_normal(36)
    solution = np.linalg.solve(A.toarray(), b)
    for solver in (sor, ssor, ssor_pcg):
        assert solver(A, b, 1.5, solution).iterations == 0
        zero = solver(A, np.zeros(36), 1.5)
        assert (zero.iterations, zero.converged) == (0, True)
        np.testing.assert_array_equal(zero.x, 0.0)
        again = solver(A, np.zeros(36), 1.5, np.ones(36), atol=1e-6)
        assert again.converged
        assert again.residual_norm <= 1e-6


def test_work_counts_row_updates() -> None:
    A, b = poisson2d(5), np.ones(25)
    result = sor(A, b, 1.3)
    assert result.work == 25 * (result.iterations + 1)
    result = ssor(A, b, 1.3)
    assert result.work == 25 * (2 * result.iterations + 1)
    result = ssor_pcg(A, b, 1.3)
    # A product and two half sweeps an iteration, the first residual, and the confirmation.
    assert result.work == 25 * (3 * result.iterations + 2)
    result = ssor_pcg(A, b, None)
    assert result.work == 25 * (result.iterations + 2)


@pytest.mark.parametrize("convert", [scipy.sparse.coo_array, scipy.sparse.csc_array, np.asarray])
def test_any_format_and_unsorted_duplicates(convert) -> None:  # type: ignore[no-untyped-def]
    A, b = poisson2d(4), np.arange(16.0)
    given_matrix = A.toarray() if convert is np.asarray else convert(A)
    np.testing.assert_array_equal(sor(given_matrix, b, 1.2).x, sor(A, b, 1.2).x)
    halves = scipy.sparse.coo_array(A)
    doubled = scipy.sparse.coo_array(
        (
            np.r_[halves.data, halves.data][::-1] / 2,
            (np.r_[halves.row, halves.row][::-1], np.r_[halves.col, halves.col][::-1]),
        ),
        shape=A.shape,
    )
    np.testing.assert_array_equal(sor(doubled, b, 1.2).x, sor(A, b, 1.2).x)


def test_the_matrix_is_neither_copied_nor_changed() -> None:
    A = poisson2d(6)
    before = A.data.copy()
    prepared = prepare(A)
    assert np.shares_memory(prepared.data, A.data)
    assert np.shares_memory(prepared.indices, A.indices)
    sor(A, np.ones(36), 1.5, shift=2.0)
    np.testing.assert_array_equal(A.data, before)


MEMORY = """
from pathlib import Path
import numpy as np
from simhelm.simulators.linear import poisson2d, prepare, sor, ssor, ssor_pcg

def peak():
    # Not the usage record, which begins with the memory of whoever started this process.
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

solvers = {"sor": (sor, 3), "ssor": (ssor, 3), "ssor_pcg": (ssor_pcg, 6)}
for solver, _ in solvers.values():
    solver(poisson2d(4), np.ones(16), 1.5)  # compile
A = prepare(poisson2d(1000))
b = np.ones(A.size)
for name, (solver, vectors) in solvers.items():
    before = peak()
    solver(A, b, 1.5, max_iterations=3)
    grown = (peak() - before) / b.nbytes
    assert grown <= vectors + 1, (name, grown)
    before = peak()
    solver(A, b, 1.5, max_iterations=30)
    assert peak() - before < 0.5 * b.nbytes, name
"""


def test_a_solve_takes_a_few_vectors_and_no_more_for_more_iterations() -> None:
    """Resident memory of a million unknowns; a copy of the matrix would be eight vectors."""
    done = python("-c", MEMORY)
    assert done.returncode == 0, done.stderr

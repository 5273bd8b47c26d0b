"""Bad input is refused with a message; bad numerics end with a reason, never with NaN."""

import numpy as np
import pytest
import scipy.sparse

from simhelm.simulators import EndReason
from simhelm.simulators.linear import poisson2d, prepare, solve_many, sor, ssor, ssor_pcg

A = poisson2d(3)
B = np.ones(9)
SOLVERS = (sor, ssor, ssor_pcg)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("omega", [0.0, 2.0, -0.1, 2.5, float("nan"), float("inf")])
def test_omega_outside(solver, omega: float) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"omega: expected a relaxation factor in \(0, 2\)"):
        solver(A, B, omega)


@pytest.mark.parametrize("solver", SOLVERS)
def test_omega_of_wrong_type(solver) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match="omega: expected a number"):
        solver(A, B, "1.5")


def _with(row: int, column: int, value: float) -> scipy.sparse.csr_array:
    dense = A.toarray()
    dense[row, column] = value
    return scipy.sparse.csr_array(dense)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("matrix", "b", "message"),
    [
        (np.ones((2, 3)), np.ones(2), r"expected a square matrix, got shape \(2, 3\)"),
        (np.empty((0, 0)), np.empty(0), "at least one row"),
        (_with(4, 4, 0.0), B, "row 4 has a zero or missing diagonal entry"),
        (_with(2, 1, np.nan), B, "row 2, column 1 is not finite"),
        (A, np.ones(8), r"b: expected shape \(9,\) to match A, got \(8,\)"),
        (A, np.ones((9, 1)), r"b: expected shape \(9,\)"),
        (A, np.where(np.arange(9) == 3, np.inf, 1.0), r"b: entry 3 is not finite"),
    ],
)
def test_bad_values(solver, matrix, b, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        solver(matrix, b, 1.5)


@pytest.mark.parametrize("solver", SOLVERS)
def test_bad_types(solver) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match="expected a scipy sparse matrix"):
        solver("A.mtx", B, 1.5)
    with pytest.raises(TypeError, match="A: expected real numbers"):
        solver(A.astype(complex), B, 1.5)
    with pytest.raises(TypeError, match="b: expected real numbers"):
        solver(A, B.astype(complex), 1.5)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rtol": -1e-8}, "rtol: expected a finite number >= 0"),
        ({"rtol": float("nan")}, "rtol"),
        ({"atol": -1.0}, "atol"),
        ({"max_iterations": 0}, "max_iterations: expected at least 1"),
        ({"max_iterations": 2**62}, "max_iterations: expected less than 4611686018427387904"),
        ({"shift": float("inf")}, "shift: expected a finite number"),
        ({"shift": -4.0}, "makes the diagonal of row 0 zero"),
        ({"x0": np.ones(4)}, r"x0: expected shape \(9,\)"),
        ({"ordering": "zebra"}, "ordering: expected one of"),
    ],
)
def test_bad_options(solver, options, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        solver(A, B, 1.5, **options)


def test_fractional_cap() -> None:
    with pytest.raises(TypeError, match="max_iterations: expected a whole number"):
        sor(A, B, 1.5, max_iterations=2.5)  # type: ignore[arg-type]


def test_prepared_for_another_ordering() -> None:
    with pytest.raises(ValueError, match="prepare the original matrix again"):
        sor(prepare(A, "multicolour"), B, 1.5)


def test_bad_batches() -> None:
    P = prepare(A)
    ones = np.ones(2)
    with pytest.raises(ValueError, match=r"b: expected shape \(systems, 9\)"):
        solve_many("sor", P, np.ones((2, 8)), ones, ones)
    with pytest.raises(ValueError, match="omegas: expected shape"):
        solve_many("sor", P, np.ones((2, 9)), np.ones(3), ones)
    with pytest.raises(ValueError, match=r"omegas: expected values in \(0, 2\)"):
        solve_many("sor", P, np.ones((2, 9)), np.array([1.0, 2.0]), ones)


@pytest.mark.parametrize("ordering", ["lexicographic", "multicolour"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_cap_is_not_convergence(solver, ordering: str) -> None:  # type: ignore[no-untyped-def]
    result = solver(poisson2d(8), np.ones(64), 1.5, max_iterations=3, ordering=ordering)
    assert result.end_reason is EndReason.MAX_ITERATIONS
    assert not result.converged
    assert result.iterations == 3
    assert result.residual_norm == pytest.approx(
        np.linalg.norm(np.ones(64) - poisson2d(8) @ result.x), rel=1e-12
    )


@pytest.mark.parametrize("ordering", ["lexicographic", "multicolour"])
@pytest.mark.parametrize("solver", [sor, ssor])
def test_growth_is_divergence(solver, ordering: str) -> None:  # type: ignore[no-untyped-def]
    unstable = scipy.sparse.csr_array(np.array([[1.0, 3.0, 0.0], [3.0, 1.0, 3.0], [0.0, 3.0, 1.0]]))
    result = solver(unstable, np.ones(3), 1.5, ordering=ordering)
    assert result.end_reason is EndReason.DIVERGED
    assert np.isfinite(result.x).all()
    assert np.isfinite(result.residual_norm)


@pytest.mark.parametrize("ordering", ["lexicographic", "multicolour"])
@pytest.mark.parametrize("solver", [sor, ssor])
def test_overflow_is_not_finite_and_nan_does_not_travel(solver, ordering: str) -> None:  # type: ignore[no-untyped-def]
    huge = scipy.sparse.csr_array(np.array([[1e-200, 1e200], [1e200, 1e-200]]))
    result = solver(huge, np.array([1e100, 1e100]), 1.5, ordering=ordering)
    assert result.end_reason is EndReason.NOT_FINITE
    np.testing.assert_array_equal(result.x, 0.0)
    assert result.residual_norm == np.inf


def test_cg_says_indefinite() -> None:
    indefinite = scipy.sparse.csr_array(np.array([[1.0, 2.0], [2.0, 1.0]]))
    for omega in (None, 1.0):
        result = ssor_pcg(indefinite, np.array([1.0, -1.0]), omega)
        assert result.end_reason is EndReason.INDEFINITE
        assert np.isfinite(result.x).all()


def test_an_unreachable_tolerance_ends_at_the_cap() -> None:
    result = sor(poisson2d(5), np.ones(25), 1.3, rtol=1e-30, max_iterations=500)
    assert result.end_reason is EndReason.MAX_ITERATIONS


def test_every_reason_has_a_remedy_and_a_label() -> None:
    for reason in EndReason:
        assert reason.value.endswith(".")
        assert reason.label == reason.name.lower()
    assert {r for r in EndReason if r.succeeded} == {EndReason.CONVERGED, EndReason.COMPLETED}


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e150, 1e200, 1e300])
@pytest.mark.parametrize("ordering", ["lexicographic", "multicolour"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_extreme_right_hand_sides_are_solved_not_waved_through(  # type: ignore[no-untyped-def]
    solver, ordering: str, scale: float
) -> None:
    """Their squares overflow or vanish; the count must be that of the same system, scaled."""
    matrix, b = poisson2d(6), np.random.default_rng(0).standard_normal(36)
    power = 2.0 ** round(np.log2(scale))
    plain, extreme = (solver(matrix, b * f, 1.4, ordering=ordering) for f in (1.0, power))
    assert extreme.converged
    assert extreme.iterations == plain.iterations
    np.testing.assert_allclose(extreme.x / power, plain.x, rtol=1e-12)
    assert extreme.residual_norm / power == pytest.approx(plain.residual_norm, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_a_batch_never_calls_extreme_systems_converged(scale: float) -> None:
    many = solve_many("sor", prepare(A), np.full((1, 9), scale), np.array([1.2]), np.zeros(1))
    assert many.end_reasons == (EndReason.NOT_FINITE,)


@pytest.mark.parametrize("column", [-1, 2, 7, 900_000_000])
def test_damaged_index_arrays_do_not_reach_compiled_code(column: int) -> None:
    indices = np.array([0, column, 1], dtype=np.int32)
    damaged = scipy.sparse.csr_array(
        (np.array([4.0, 1.0, 4.0]), indices, np.array([0, 2, 3], dtype=np.int32)), shape=(2, 2)
    )
    with pytest.raises(ValueError, match="index arrays are damaged"):
        sor(damaged, [1.0, 1.0], 1.0)


def test_a_tiny_pivot_cannot_fake_convergence() -> None:
    """The last colour's residual is known without computing it only up to rounding."""
    matrix = scipy.sparse.csr_array(np.array([[1e-13, 0.0], [1.0 / 3.0, 1.0]]))
    b = np.array([1.0, 1.0 / 7.0])
    for ordering in ("lexicographic", "multicolour"):
        result = sor(matrix, b, 1.0, ordering=ordering, max_iterations=50)
        true = float(np.linalg.norm(b - matrix @ result.x))
        assert result.residual_norm == pytest.approx(true, rel=10.0)
        assert not result.converged


@pytest.mark.parametrize("rtol", [3e-16, 1e-15, 3e-15])
@pytest.mark.parametrize("omega", [None, 1.0, 1.5])
def test_cg_stagnates_at_round_off_and_keeps_its_solution(omega: float | None, rtol: float) -> None:
    for n in (10, 30, 60):
        matrix, b = poisson2d(n), np.random.default_rng(n).standard_normal(n * n)
        result = ssor_pcg(matrix, b, omega, rtol=rtol)
        assert result.end_reason in (EndReason.CONVERGED, EndReason.STAGNATED)
        assert result.residual_norm <= 1e-13 * np.linalg.norm(b)
        assert result.iterations < 1000


def test_cg_towards_zero_is_not_blamed_on_the_matrix() -> None:
    result = ssor_pcg(poisson2d(10), np.zeros(100), 1.5, np.ones(100))
    assert result.end_reason in (EndReason.CONVERGED, EndReason.STAGNATED)
    assert abs(result.x).max() < 1e-13


def test_sequences_on_a_multicolour_matrix_solve_the_right_system() -> None:
    matrix = prepare(poisson2d(4), "multicolour")
    b = np.random.default_rng(2).standard_normal((2, 16))
    for method in ("sor", "ssor", "ssor_pcg"):
        many = solve_many(method, matrix, b, np.array([1.3, 1.1]), np.zeros(2))
        for e in range(2):
            assert np.linalg.norm(b[e] - poisson2d(4) @ many[e].x) <= 1e-7
            single = {"sor": sor, "ssor": ssor, "ssor_pcg": ssor_pcg}[method](
                poisson2d(4), b[e], [1.3, 1.1][e], ordering="multicolour"
            )
            assert many[e].iterations == single.iterations


def test_unknown_method_and_overflowing_cap() -> None:
    with pytest.raises(ValueError, match="did you mean 'ssor_pcg'"):
        solve_many("ssor_pgc", prepare(A), np.ones((1, 9)), np.ones(1), np.ones(1))  # type: ignore[arg-type]
    for cap in (float("inf"), 2.0):
        with pytest.raises(TypeError, match="whole number"):
            sor(A, B, 1.2, max_iterations=cap)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_iterations"):
        sor(A, B, 1.2, max_iterations=2**70)

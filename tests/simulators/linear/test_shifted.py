"""The recipe of the shifted systems: its published checksums and its order of draws."""

import numpy as np
import pytest

from simhelm.simulators.linear import (
    SHIFT_DISTRIBUTIONS,
    LinearSystem,
    PreparedMatrix,
    ShiftedSystems,
    poisson2d,
    prepare,
    truncated_normal_vectors,
)

MATRIX = prepare(poisson2d(10))


def _restarted(kind: str, seed: int, length: int = 5000) -> ShiftedSystems:
    sequence = ShiftedSystems(MATRIX, SHIFT_DISTRIBUTIONS[kind], length=length)
    sequence.restart(np.random.Generator(np.random.PCG64(seed)))
    return sequence


def _systems(sequence: ShiftedSystems) -> list[LinearSystem]:
    systems = []
    while sequence.position < sequence.length:
        systems.append(sequence.current())
        sequence.advance(systems[-1].b)
    return systems


def test_recipe_checksums() -> None:
    """Sums of the published recipe, met although vectors are drawn some at a time."""
    low = _systems(_restarted("low", 1))
    shifts, vectors = np.array([s.shift for s in low]), np.array([s.b for s in low])
    np.testing.assert_allclose(shifts[:3], [-0.00049976, 0.09671001, 0.01543024], atol=5e-9)
    assert shifts.sum() == pytest.approx(2.086152611307, abs=1e-11)
    np.testing.assert_allclose(vectors[0, :3], [1.46038507, 0.20629353, 1.53632503], atol=5e-9)
    assert vectors.sum() == pytest.approx(278.138402411, abs=1e-8)
    high = _systems(_restarted("high", 2))
    assert sum(s.shift for s in high) == pytest.approx(1.391528891320, abs=1e-11)


def test_memory_does_not_grow_with_the_length() -> None:
    import tracemalloc

    sequence = ShiftedSystems(prepare(poisson2d(60)), np.zeros(1), length=10**9)
    tracemalloc.start()
    sequence.restart(np.random.default_rng(0))
    for _ in range(200):
        sequence.advance(sequence.current().b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * 3600 * 8


def test_fewer_given_rows_than_systems_are_used_in_turn() -> None:
    b = np.arange(300.0).reshape(3, 100)
    sequence = ShiftedSystems(MATRIX, np.array([0.0, 0.5]), b, length=7)
    sequence.restart(np.random.default_rng(0))
    systems = _systems(sequence)
    assert [s.shift for s in systems] == [0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0]
    assert [s.b[0] for s in systems] == [0.0, 100.0, 200.0, 0.0, 100.0, 200.0, 0.0]


@pytest.mark.parametrize(
    ("matrix", "shifts", "method", "expected"),
    [
        (MATRIX, SHIFT_DISTRIBUTIONS["low"], "sor", True),
        (MATRIX, SHIFT_DISTRIBUTIONS["low"], "ssor_pcg", False),
        (prepare(poisson2d(20)), SHIFT_DISTRIBUTIONS["low"], "sor", False),
        (MATRIX, np.array([-3.9]), "sor", False),
        (prepare(np.array([[2.0, 1.0], [0.5, 2.0]])), np.zeros(1), "sor", False),
        (prepare(np.array([[2.0, 0.5], [0.5, 3.0]])), np.zeros(1), "sor", False),
        (prepare(np.eye(500)), np.zeros(1), "sor", True),
    ],
)
def test_theory_is_offered_only_where_it_applies(
    matrix: PreparedMatrix, shifts: object, method: str, expected: bool
) -> None:
    sequence = ShiftedSystems(matrix, shifts, length=3, method=method)  # type: ignore[arg-type]
    sequence.restart(np.random.default_rng(0))
    assert sequence.has_optimal_omega == expected
    assert (sequence.optimal_omega() is not None) == expected


def test_truncated_vectors_use_the_stream_one_by_one() -> None:
    rng = np.random.default_rng(9)
    ours = truncated_normal_vectors(rng, 40, 12)
    after = rng.random()
    twin = np.random.default_rng(9)
    one_by_one: list[np.ndarray] = []
    while len(one_by_one) < 40:
        v = twin.standard_normal(12)
        if np.linalg.norm(v) <= np.sqrt(12):
            one_by_one.append(v)
    np.testing.assert_array_equal(ours, one_by_one)
    assert twin.random() == after


def test_total_of_a_fixed_factor_to_the_digit() -> None:
    """omega = 1.6 over the low-variance systems: 317,552 (authors' code)."""
    sequence = _restarted("low", 1)
    assert sum(sequence.solve(1.6).iterations for _ in range(5000)) == 317_552


def test_fixed_shifts_and_right_hand_sides() -> None:
    shifts = np.array([0.0, 0.5, 1.0])
    b = np.arange(300.0).reshape(3, 100)
    sequence = ShiftedSystems(MATRIX, shifts, b, length=3)
    assert not sequence.is_random
    assert sequence.context_bounds == (0.0, 1.0)
    sequence.restart(np.random.default_rng(0))
    seen = []
    while sequence.position < 3:
        system = sequence.current()
        seen.append((system.shift, system.context))
        np.testing.assert_array_equal(system.b, b[sequence.position])
        sequence.advance(system.b)
    assert seen == [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]
    with pytest.raises(IndexError, match="restart"):
        sequence.current()


def test_refusals() -> None:
    with pytest.raises(ValueError, match="length: expected at least 1"):
        ShiftedSystems(MATRIX, SHIFT_DISTRIBUTIONS["low"], length=0)
    with pytest.raises(ValueError, match=r"right_hand_sides: expected shape \(k >= 1, 100\)"):
        ShiftedSystems(MATRIX, np.zeros(4), np.ones((4, 99)), length=4)
    with pytest.raises(ValueError, match="right_hand_sides: expected shape"):
        ShiftedSystems(MATRIX, np.zeros(4), np.ones((0, 100)), length=4)
    with pytest.raises(ValueError, match="finite"):
        ShiftedSystems(MATRIX, np.array([0.0, np.nan]), length=2)
    with pytest.raises(ValueError, match="diagonal of row 0 zero"):
        ShiftedSystems(MATRIX, np.array([0.0, -4.0]), length=2)

"""The recipe of the shifted systems: its published checksums and its order of draws."""

import numpy as np
import pytest

from simhelm.simulators.linear import (
    SHIFT_DISTRIBUTIONS,
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


def test_recipe_checksums() -> None:
    low, high = _restarted("low", 1), _restarted("high", 2)
    np.testing.assert_allclose(low.shifts[:3], [-0.00049976, 0.09671001, 0.01543024], atol=5e-9)
    assert low.shifts.sum() == pytest.approx(2.086152611307, abs=1e-11)
    np.testing.assert_allclose(
        low.right_hand_sides[0, :3], [1.46038507, 0.20629353, 1.53632503], atol=5e-9
    )
    assert low.right_hand_sides.sum() == pytest.approx(278.138402411, abs=1e-8)
    assert high.shifts.sum() == pytest.approx(1.391528891320, abs=1e-11)


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
    with pytest.raises(ValueError, match="at least 1 system"):
        ShiftedSystems(MATRIX, SHIFT_DISTRIBUTIONS["low"], length=0)
    with pytest.raises(ValueError, match=r"shifts: expected shape \(4,\)"):
        ShiftedSystems(MATRIX, np.zeros(3), length=4)
    with pytest.raises(ValueError, match="right_hand_sides: expected shape"):
        ShiftedSystems(MATRIX, np.zeros(4), np.ones((4, 99)), length=4)
    with pytest.raises(ValueError, match="finite"):
        ShiftedSystems(MATRIX, np.array([0.0, np.nan]), length=2)

"""Limits of learning curves: exact, noisy, degenerate."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.agents.samplers import extrapolate, rung_stop, should_stop


@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize(("limit", "scale"), [(2.0, 3.0), (0.0, -1.0), (1e3, 0.1), (-1e9, 1e8)])
@pytest.mark.parametrize("length", [3, 4, 6, 20])
def test_geometric_sequences_give_their_limit(
    ratio: float, limit: float, scale: float, length: int
) -> None:
    steps = np.arange(1, length + 1)
    values = limit + scale * ratio**steps
    found = extrapolate(steps.tolist(), values.tolist(), math.inf, least_points=3)
    assert found == pytest.approx(limit, abs=1e-6 * abs(scale))
    later = extrapolate(steps.tolist(), values.tolist(), length + 5, least_points=3)
    assert later == pytest.approx(limit + scale * ratio ** (length + 5), abs=1e-6 * abs(scale))


def test_order_and_spacing_of_steps_do_not_matter() -> None:
    steps = np.array([9.0, 1.0, 2.0, 30.0, 5.0])
    values = 4.0 - 2.0 * 0.9**steps
    assert extrapolate(steps.tolist(), values.tolist(), 100.0) == pytest.approx(4.0, abs=1e-4)


def test_noisy_curves_end_nearer_to_the_limit_than_their_last_value() -> None:
    rng = np.random.default_rng(0)
    steps = np.arange(1, 13)
    curves = 1.0 + 2.0 * 0.8**steps + 0.01 * rng.standard_normal((200, 12))
    found = [extrapolate(steps.tolist(), curve.tolist(), 100.0) for curve in curves]
    errors = np.abs(np.array(found, dtype=float) - 1.0)
    # The last value itself is 0.137 away.
    assert np.median(errors) < 0.015
    assert errors.max() < 0.1


@pytest.mark.parametrize("value", [0.0, -3.5, 1e300, 1e-300])
def test_constants_stay(value: float) -> None:
    assert extrapolate([1, 2, 3, 4, 5], [value] * 5, 50) == value


def test_curves_without_a_bend_follow_the_inverse_step() -> None:
    steps = [1.0, 2.0, 3.0, 4.0]
    assert extrapolate([1.0, 2.0], [3.0, 2.0], math.inf, least_points=2) == pytest.approx(1.0)
    straight = extrapolate(steps, steps, 10.0)
    growing = extrapolate(steps, [1.0, 2.0, 4.0, 8.0], 10.0)
    # No limit can be read off these: the prediction goes on, but not off.
    assert straight is not None
    assert growing is not None
    assert 3.0 < straight < 10.0
    assert 4.0 < growing < 20.0


def test_one_step_repeated_has_no_direction() -> None:
    assert extrapolate([5, 5, 5, 5], [1.0, 2.0, 4.0, 8.0], 10) == 8.0
    assert extrapolate([7], [3.0], 10, least_points=1) == 3.0


def test_nothing_is_said_about_short_or_broken_curves() -> None:
    assert extrapolate([1, 2, 3], [1.0, 0.5, 0.3], 9) is None
    assert extrapolate([], [], 9, least_points=0) is None
    assert extrapolate([1, 2, 3, 4], [1.0, math.nan, 0.3, 0.2], 9) is None
    assert not should_stop([1, 2, 3, 4], [1.0, math.inf, 3.0, 2.0], at=9, threshold=0.0)


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    curve=st.lists(st.tuples(finite, finite), max_size=12),
    at=st.floats(allow_nan=False),
    least=st.integers(0, 5),
)
def test_any_finite_curve_has_a_finite_answer(
    curve: list[tuple[float, float]], at: float, least: int
) -> None:
    steps, values = [step for step, _ in curve], [value for _, value in curve]
    found = extrapolate(steps, values, at, least_points=least)
    assert (found is None) == (len(curve) < max(1, least))
    assert found is None or math.isfinite(found)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=12), st.integers(13, 1000))
def test_predictions_stay_within_sight_of_the_curve(values: list[float], at: int) -> None:
    found = extrapolate(list(range(1, len(values) + 1)), values, at)
    assert found is not None
    assert abs(found - values[-1]) <= 21.0 * float(np.ptp(values)) + 1e-9


def test_stopping_by_the_prediction() -> None:
    steps = [1, 2, 3, 4]
    falling = [1.0 + 0.5**step for step in steps]
    rising = [-value for value in falling]
    assert should_stop(steps, falling, at=50, threshold=0.9)
    assert not should_stop(steps, falling, at=50, threshold=1.01)
    assert not should_stop(steps, falling, at=50, threshold=0.9, margin=0.2)
    assert should_stop(steps, rising, at=50, threshold=-0.9, direction="maximize")
    assert not should_stop(steps, rising, at=50, threshold=-1.01, direction="maximize")
    assert not should_stop(steps, falling, at=50, threshold=0.9, least_points=5)


def test_stopping_at_rungs() -> None:
    rungs = {3.0: 1.0, 9.0: 0.5}
    assert not rung_stop([1, 2], [9.0, 9.0], rungs=rungs)
    assert not rung_stop([1, 2, 3], [9.0, 9.0, 1.0], rungs=rungs)
    assert rung_stop([3, 9], [1.0, 0.6], rungs=rungs)
    assert rung_stop([3], [math.nan], rungs=rungs)
    assert rung_stop([3], [0.9], rungs=rungs, direction="maximize")
    assert not rung_stop([3], [1.1], rungs=rungs, direction="maximize")


def test_refusals() -> None:
    with pytest.raises(ValueError, match="as many values as steps"):
        extrapolate([1, 2], [1.0], 3)
    with pytest.raises(ValueError, match="finite steps"):
        extrapolate([1, math.inf], [1.0, 2.0], 3)
    with pytest.raises(ValueError, match="direction"):
        rung_stop([1], [1.0], rungs={}, direction="down")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="margin"):
        should_stop([1], [1.0], at=3, threshold=1.0, margin=-1.0)

"""The logit model: closed forms, invariance, extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from simhelm.simulators.transport import MODES, multinomial_logit, target_shares


def test_two_modes_are_the_logistic_function() -> None:
    difference = np.linspace(-30.0, 30.0, 25)
    utilities = np.stack([difference, np.zeros_like(difference)], axis=1)
    assert np.allclose(multinomial_logit(utilities)[:, 0], 1.0 / (1.0 + np.exp(-difference)))


@given(st.lists(st.floats(-50.0, 50.0), min_size=2, max_size=8), st.floats(-1e3, 1e3), st.data())
def test_a_common_constant_changes_nothing(
    values: list[float], shift: float, data: st.DataObject
) -> None:
    probabilities = multinomial_logit(values)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.allclose(multinomial_logit(np.array(values) + shift), probabilities, atol=1e-10)
    i = data.draw(st.integers(0, len(values) - 1))
    ratio = probabilities[i] / probabilities[0]
    assert ratio == pytest.approx(np.exp(values[i] - values[0]), rel=1e-9)


@pytest.mark.parametrize("scale", [10.0**k for k in range(-100, 101, 20)])
def test_extreme_utilities_stay_finite(scale: float) -> None:
    probabilities = multinomial_logit([scale, -scale, 0.0, -np.inf])
    assert np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1.0)
    assert probabilities[3] == 0.0


def test_one_log_share_step_is_exact_for_equal_people() -> None:
    """With one class of people, constant += ln(target / share) - ln(base target / base share)."""
    utilities = np.array([-3.0, -1.0, -7.5, 0.4])
    target = np.array([0.1, 0.6, 0.05, 0.25])
    shares = multinomial_logit(utilities)
    step = np.log(target / shares) - np.log(target[1] / shares[1])
    assert np.allclose(multinomial_logit(utilities + step), target, rtol=1e-13)


def test_logit_equilibrium_of_two_links() -> None:
    """Dial's stochastic equilibrium: the flow is the logit share at the times it causes."""

    def times(flow: float) -> np.ndarray:
        return np.array([10.0 + flow, 15.0 + 0.5 * (10.0 - flow)])

    def surplus(flow: float, theta: float) -> float:
        return 10.0 * float(multinomial_logit(-theta * times(flow))[0]) - flow

    def flow_at(theta: float) -> float:
        return float(brentq(surplus, 0.0, 10.0, args=(theta,), xtol=1e-13))

    # The log of the odds is the difference of the times, by definition of the logit.
    flow = flow_at(0.7)
    one, two = times(flow)
    assert np.log(flow / (10.0 - flow)) == pytest.approx(-0.7 * (one - two), abs=1e-9)
    # Without perception errors it is the user equilibrium: 10 + f = 20 - f / 2.
    assert flow_at(2000.0) == pytest.approx(20.0 / 3.0, abs=1e-3)
    assert flow_at(1e-9) == pytest.approx(5.0, abs=1e-6)


@pytest.mark.parametrize("wrong", [[np.nan, 0.0], [np.inf, 0.0], [-np.inf, -np.inf], []])
def test_bad_utilities_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="utilities"):
        multinomial_logit(wrong)


def test_bad_targets_are_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'walk'"):
        target_shares({"wlak": 100.0})
    with pytest.raises(ValueError, match="sum of 100 %, got 90"):
        target_shares({"car": 90.0})
    with pytest.raises(ValueError, match="below zero"):
        target_shares({"car": 110.0, "walk": -10.0})
    assert target_shares({"car": 60.0, "walk": 40.0})[MODES.index("walk")] == 40.0

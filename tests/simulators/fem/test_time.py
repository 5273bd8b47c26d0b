"""Time integration against theory: frequency, energy, order, damping of the fastest modes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse

from simhelm.core.end_reason import EndReason
from simhelm.simulators.fem import (
    Load,
    Rayleigh,
    Scheme,
    State,
    Stepper,
    System,
    energy_account,
    newmark,
)
from simhelm.simulators.fem.arrays import Floats, Matrix, dofs_of
from tests.simulators.fem.models import SCENARIO, small_model

OMEGA = 3.0


def number(value: float) -> Matrix:
    return scipy.sparse.csr_array(np.array([[value]]))


def oscillator(damping: Rayleigh = Rayleigh()) -> System:  # noqa: B008 - frozen
    """One mass with angular frequency OMEGA."""
    return System(number(2.0), number(2.0 * OMEGA**2), damping)


def at(u: float, v: float, a: float) -> State:
    return State(0, *(np.array([[value]]) for value in (u, v, a)))


def test_average_acceleration_has_the_frequency_of_theory() -> None:
    # An undamped mode keeps its amplitude and turns by 2 atan(omega dt / 2) a step.
    dt, steps = 0.4, 500
    history = newmark(oscillator(), Scheme(dt), steps, start=at(1.0, 0.0, -(OMEGA**2)))
    turned = 2.0 * math.atan(0.5 * OMEGA * dt) * np.arange(steps + 1)
    np.testing.assert_allclose(history.displacement[0, :, 0], np.cos(turned), atol=1e-10)


def test_energy_does_not_drift() -> None:
    model = small_model(2, 1, steps=400)
    system = model.system(SCENARIO)
    load = model.load([SCENARIO.impact])
    states = Stepper(system, model.discretisation.scheme).march(400, load=load)
    account = energy_account(system, 1e-6, states, load)
    stored = (account.kinetic + account.strain)[:, 0]
    assert stored[40] > 0.0
    np.testing.assert_allclose(stored[40:], stored[40], rtol=1e-12)
    assert np.abs(account.imbalance).max() < 1e-12 * stored.max()


def test_energy_account_with_damping_and_drive() -> None:
    model = small_model(2, 1, steps=100)
    submodel = model.submodel()
    run = model.simulate(SCENARIO)
    damped = System(
        submodel.system.mass,
        submodel.system.stiffness,
        Rayleigh(2e3, 1e-8),
        driven=submodel.system.driven,
    )
    motion = run.recording.displacement[0].reshape(101, -1, 1)
    states = Stepper(damped, Scheme(1e-6)).march(100, motion=motion)
    account = energy_account(damped, 1e-6, states)
    stored = (account.kinetic + account.strain).max()
    assert account.dissipated[-1, 0] > 0.01 * stored
    assert np.abs(account.imbalance).max() < 1e-12 * stored
    assert (np.diff(account.dissipated[:, 0]) >= 0.0).all()


def test_numerical_damping_shows_in_the_account() -> None:
    system, scheme = oscillator(), Scheme(0.2, beta=0.3025, gamma=0.6)
    states = Stepper(system, scheme).march(200, start=at(1.0, 0.0, -(OMEGA**2)))
    imbalance = energy_account(system, 0.2, states).imbalance
    assert imbalance[-1, 0] < -1.0


def forced_error(scheme: Scheme, t_end: float = 2.0) -> float:
    """Of a damped oscillator under force 2 sin(1.3 t), from its exact motion at the start."""
    damping = Rayleigh(0.2, 0.03)
    rate = 0.2 + 0.03 * OMEGA**2
    steps = round(t_end / scheme.dt)
    times = scheme.dt * np.arange(steps + 1)
    # The stationary motion solves (omega^2 - w^2 + i w rate) z = 1 for the force exp(i w t).
    response = 1.0 / complex(OMEGA**2 - 1.3**2, 1.3 * rate)

    def motion(t: float) -> list[float]:
        turning = response * complex(math.cos(1.3 * t), math.sin(1.3 * t))
        return [turning.imag, (1.3j * turning).imag, (-(1.3**2) * turning).imag]

    load = Load(np.array([[2.0]]), np.sin(1.3 * times)[:, None])
    end = newmark(oscillator(damping), scheme, steps, load=load, start=at(*motion(0.0))).final
    return abs(float(end.displacement[0, 0]) - motion(times[-1])[0])


@pytest.mark.parametrize("radius", [None, 1.0, 0.8, 0.3])
def test_second_order(radius: float | None) -> None:
    def scheme(dt: float) -> Scheme:
        return Scheme(dt) if radius is None else Scheme.generalised_alpha(dt, radius)

    errors = [forced_error(scheme(dt)) for dt in (0.1, 0.05, 0.025)]
    np.testing.assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2.0, atol=0.25)


def test_gamma_above_a_half_is_of_first_order() -> None:
    errors = [forced_error(Scheme(dt, 0.3025, 0.6)) for dt in (0.02, 0.01, 0.005)]
    np.testing.assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 1.0, atol=0.2)


def amplification(scheme: Scheme) -> Floats:
    """What a step makes of (u, v dt, a dt^2)."""
    dt = scheme.dt
    scales = np.array([1.0, 1.0 / dt, 1.0 / dt**2])
    u, v, a = (np.diag(scales)[row : row + 1] for row in range(3))
    *_, end = Stepper(oscillator(), scheme).march(1, start=State(0, u, v, a))
    rows = [end.displacement, end.velocity, end.acceleration]
    return np.concatenate([row / s for row, s in zip(rows, scales, strict=True)])


@pytest.mark.parametrize("radius", [1.0, 0.7, 0.4])
def test_generalised_alpha_damps_the_fastest_as_asked(radius: float) -> None:
    fast = np.abs(np.linalg.eigvals(amplification(Scheme.generalised_alpha(1e5, radius)))).max()
    assert fast == pytest.approx(radius, abs=2e-3)
    slow = np.abs(np.linalg.eigvals(amplification(Scheme.generalised_alpha(1e-3, radius)))).max()
    assert slow == pytest.approx(1.0, abs=1e-6)
    for dt in np.geomspace(1e-3, 1e4, 30):
        step = amplification(Scheme.generalised_alpha(float(dt), radius))
        assert np.abs(np.linalg.eigvals(step)).max() < 1.0 + 1e-6


def test_rayleigh_damping_decays_as_theory_says() -> None:
    damping = Rayleigh(0.1, 0.02)
    rate = 0.5 * (0.1 + 0.02 * OMEGA**2)
    turning = math.sqrt(OMEGA**2 - rate**2)
    start = at(1.0, -rate, -(OMEGA**2) + 2.0 * rate * rate)
    history = newmark(oscillator(damping), Scheme(1e-3), 4000, start=start)
    exact = np.exp(-rate * history.times) * np.cos(turning * history.times)
    np.testing.assert_allclose(history.displacement[0, :, 0], exact, atol=1e-5)


def test_a_sudden_force_accelerates_at_once() -> None:
    load = Load(np.array([[6.0]]), np.ones((101, 1)))
    history = newmark(oscillator(), Scheme(1e-3), 100, load=load)
    exact = 3.0 / OMEGA**2 * (1.0 - np.cos(OMEGA * history.times))
    np.testing.assert_allclose(history.displacement[0, :, 0], exact, atol=1e-6)
    assert history.end_reason is EndReason.COMPLETED


def test_unstable_run_says_so() -> None:
    scheme = Scheme(10.0, beta=0.05)
    history = newmark(oscillator(), scheme, 400, start=at(1.0, 0.0, -(OMEGA**2)))
    assert history.end_reason is EndReason.NOT_FINITE
    assert np.isfinite(history.displacement).all()
    assert history.final.is_finite


def test_restart_goes_on() -> None:
    model = small_model(2, 1)
    system, scheme = model.system(SCENARIO), Scheme(1e-6)
    load = model.load([SCENARIO.impact])
    whole = newmark(system, scheme, 70, load=load)
    first = newmark(system, scheme, 40, load=Load(load.patterns, load.signals[:41]))
    rest = newmark(
        system, scheme, 30, load=Load(load.patterns, load.signals[40:]), start=first.final
    )
    np.testing.assert_array_equal(rest.displacement, whole.displacement[:, 40:])


def test_refusals() -> None:
    with pytest.raises(ValueError, match="dt: expected a positive"):
        Scheme(0.0)
    with pytest.raises(ValueError, match=r"gamma: expected at least 0\.5"):
        Scheme(1.0, gamma=0.4)
    with pytest.raises(ValueError, match="spectral_radius: expected"):
        Scheme.generalised_alpha(1.0, 1.5)
    with pytest.raises(ValueError, match="damping stiffness"):
        Rayleigh(stiffness=-1.0)
    two = scipy.sparse.csr_array(np.eye(2))
    with pytest.raises(ValueError, match="mass, stiffness: expected square"):
        System(two, number(1.0))
    with pytest.raises(ValueError, match="fixed, driven: expected different"):
        System(two, two, fixed=dofs_of(np.array([0]), 1), driven=np.array([0]))
    with pytest.raises(ValueError, match="cannot be factorised"):
        newmark(System(0.0 * two, 0.0 * two), Scheme(1.0), 1, start=State(0, *np.zeros((3, 2, 1))))
    driven = System(two, two, driven=np.array([1]))
    with pytest.raises(ValueError, match="motion: expected for 1 driven"):
        newmark(driven, Scheme(1.0), 3)
    with pytest.raises(ValueError, match=r"motion: expected shape \(4, 1, 'k'\)"):
        newmark(driven, Scheme(1.0), 3, motion=np.zeros((3, 1, 1)))
    with pytest.raises(ValueError, match="motion: expected finite"):
        newmark(driven, Scheme(1.0), 3, motion=np.full((4, 1, 1), np.nan))
    with pytest.raises(ValueError, match="one number of right-hand sides"):
        newmark(System(two, two), Scheme(1.0), 3)

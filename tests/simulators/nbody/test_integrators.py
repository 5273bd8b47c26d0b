"""Orders of convergence, periodic orbits, reversal, conservation, Kepler's equation."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.simulators import EndReason
from simhelm.simulators.nbody import (
    FIGURE_EIGHT_PERIOD,
    Limits,
    System,
    angular_momentum,
    check_system,
    energy,
    euler_collinear,
    figure_eight,
    integrate,
    integrate_batch,
    kepler,
    lagrange,
    momentum,
    plummer,
    pythagorean,
    three_body_initial_conditions,
)
from simhelm.simulators.nbody.integration import memory_size
from simhelm.simulators.nbody.kernels.forces import accelerations
from simhelm.simulators.nbody.kernels.gauss_radau import NODES, gauss_radau
from simhelm.simulators.nbody.kernels.leapfrog import WEIGHTS_4, WEIGHTS_6, symmetrised_step
from simhelm.simulators.nbody.scheme import Scheme


def _run(system: System, t_end: float, **arguments: Any) -> Any:
    return integrate(system.masses, system.positions, system.velocities, t_end, **arguments)


def _order(errors: list[float]) -> float:
    """Slope between the first and the last of errors at halving steps."""
    return math.log2(errors[0] / errors[-1]) / (len(errors) - 1)


@pytest.mark.parametrize(
    ("arguments", "parameters", "position_order", "energy_order"),
    [
        # A net energy error over whole orbits is of one order more, for Hermite (see facts in
        # Makino 1991); that of compositions of symplectic steps is at rounding.
        ({"method": "hermite4"}, (0.04, 0.02, 0.01), 4, 5),
        ({"method": "hermite4", "criterion": "constant"}, (0.04, 0.02, 0.01), 4, 5),
        ({"method": "hermite6"}, (0.04, 0.02, 0.01), 6, None),
        ({"method": "hermite6", "criterion": "constant"}, (0.1, 0.05, 0.025), 6, None),
        ({"method": "hermite4", "passes": 2}, (0.04, 0.02, 0.01), 4, None),
        ({"method": "hermite4", "criterion": "aarseth"}, (0.08, 0.04, 0.02), 4, None),
        ({"method": "leapfrog"}, (0.04, 0.02, 0.01), 2, None),
        ({"method": "leapfrog", "criterion": "constant"}, (0.02, 0.01, 0.005), 2, None),
        ({"method": "yoshida4"}, (0.04, 0.02, 0.01), 4, None),
        ({"method": "yoshida6"}, (0.08, 0.04, 0.02), 6, None),
    ],
)
def test_order_of_convergence(
    arguments: Any, parameters: tuple[float, ...], position_order: int, energy_order: int | None
) -> None:
    system = kepler(0.3)
    exact = _run(system, 10.0, method="gauss_radau15", step_parameter=1e-10).positions
    errors = [
        float(abs(_run(system, 10.0, step_parameter=p, **arguments).positions - exact).max())
        for p in parameters
    ]
    assert _order(errors) == pytest.approx(position_order, abs=0.45)
    if energy_order is not None:
        orbits = [_run(system, 4 * math.pi, step_parameter=p, **arguments) for p in parameters]
        assert _order([abs(run.energy_error) for run in orbits]) == pytest.approx(
            energy_order, abs=0.45
        )


def test_gauss_radau_converges_at_order_fifteen() -> None:
    """One step of a smooth orbit: the local error falls at least as h^16."""
    system = kepler(0.1)
    start = _run(system, 1.0, method="gauss_radau15", step_parameter=1e-9)
    steps, errors = (3.0, 1.2), []
    for h in steps:
        x, v = start.positions.copy(), start.velocities.copy()
        # A remembered suggestion makes the whole duration one step.
        memory = np.zeros(memory_size(2))
        memory[:2] = 1e-6, h
        counts = gauss_radau(system.masses, x, v, h, 1e9, 0.0, 9, 0.0, memory)
        assert counts[1] == 1
        arguments = (system.masses, start.positions, start.velocities, h)
        exact = integrate(*arguments, method="gauss_radau15", step_parameter=1e-11).positions
        errors.append(abs(x - exact).max())
    assert 15.5 < math.log(errors[0] / errors[1]) / math.log(steps[0] / steps[1]) < 18.5


def test_radau_nodes_are_zeros_of_their_polynomial() -> None:
    legendre = np.polynomial.legendre.Legendre
    z = 2.0 * NODES - 1.0
    values = legendre.basis(7)(z) + legendre.basis(8)(z)
    assert abs(values).max() < 1e-13


def test_weights_of_compositions() -> None:
    for weights in (WEIGHTS_4, WEIGHTS_6):
        assert weights.sum() == pytest.approx(1.0, abs=1e-14)
        assert abs((weights**3).sum()) < 1e-13
        np.testing.assert_array_equal(weights, weights[::-1])
    assert abs((WEIGHTS_6**5).sum()) < 1e-12


@pytest.mark.parametrize(
    ("method", "parameter", "tolerance"),
    [
        ("gauss_radau15", 1e-9, 1e-12),
        ("hermite4", 1e-3, 1e-9),
        ("hermite6", 3e-3, 1e-9),
        ("yoshida6", 5e-3, 1e-9),
        ("leapfrog", 2e-3, 2e-6),
    ],
)
def test_figure_eight_returns_and_permutes(method: Any, parameter: float, tolerance: float) -> None:
    system = figure_eight()
    whole = _run(system, FIGURE_EIGHT_PERIOD, method=method, step_parameter=parameter)
    assert whole.end_reason is EndReason.COMPLETED
    assert abs(whole.positions - system.positions).max() < tolerance
    third = _run(system, FIGURE_EIGHT_PERIOD / 3.0, method=method, step_parameter=parameter)
    distances = [
        abs(third.positions - np.roll(system.positions, shift, axis=0)).max() for shift in (1, 2)
    ]
    assert min(distances) < tolerance


def test_lagrange_and_euler_periods() -> None:
    unequal = lagrange((1.0, 2.0, 3.0))
    for system, period in (
        (unequal, 2.0 * math.pi / math.sqrt(6.0)),
        (euler_collinear(), 2.0 * math.pi / math.sqrt(1.25)),
    ):
        run = _run(system, period, method="gauss_radau15", step_parameter=1e-10)
        assert abs(run.positions - system.positions).max() < 1e-11
    third = _run(unequal, 2.0 * math.pi / math.sqrt(6.0) / 3.0, method="gauss_radau15")
    sides = np.linalg.norm(third.positions - np.roll(third.positions, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 1.0, rtol=1e-3)


@pytest.mark.parametrize("eccentricity", [0.0, 0.5, 0.9])
def test_two_bodies_against_keplers_equation(eccentricity: float) -> None:
    """Started at apocentre: mean anomaly pi + t."""
    t = 1.7
    run = _run(kepler(eccentricity, mass_ratio=0.2), t, method="gauss_radau15", step_parameter=1e-9)
    anomaly = math.pi + t
    for _ in range(60):
        anomaly -= (anomaly - eccentricity * math.sin(anomaly) - math.pi - t) / (
            1.0 - eccentricity * math.cos(anomaly)
        )
    expected = [
        -(math.cos(anomaly) - eccentricity),
        -math.sqrt(1.0 - eccentricity**2) * math.sin(anomaly),
        0.0,
    ]
    np.testing.assert_allclose(
        run.positions[0] - run.positions[1], np.negative(expected), atol=1e-12
    )


def test_pythagorean_closest_approach_and_end() -> None:
    """Burrau's problem: the first close encounters, and its known escape after t = 60."""
    run = _run(pythagorean(), 70.0, method="gauss_radau15", step_parameter=1e-9)
    assert abs(run.energy_error) < 1e-10
    pairs = np.linalg.norm(run.positions - np.roll(run.positions, 1, axis=0), axis=1)
    # Masses 4 and 5 are left as a binary, 3 escapes (Szebehely & Peters 1967).
    assert int(pairs.argmin()) == 2
    assert pairs[2] < 1.0 < min(pairs[0], pairs[1])


def _steps(system: System, v: Any, count: int) -> tuple[Any, Any]:
    x, a = system.positions.copy(), np.empty((3, 3))
    v = v.copy()
    accelerations(system.masses, x, 0.0, a)
    for _ in range(count):
        x1, v1, a1 = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
        symmetrised_step(system.masses, x, v, a, 0.05, 0.0, math.inf, x1, v1, a1)
        x, v, a = x1, v1, a1
    return x, v


def test_symmetrised_leapfrog_runs_back() -> None:
    system = three_body_initial_conditions(3)
    there, v = _steps(system, system.velocities, 300)
    assert abs(there - system.positions).max() > 1.0
    reached = System(system.masses, there, -v)
    back, v_back = _steps(reached, reached.velocities, 300)
    np.testing.assert_allclose(back, system.positions, atol=1e-10)
    np.testing.assert_allclose(-v_back, system.velocities, atol=1e-10)


def test_symmetrised_leapfrog_does_not_drift() -> None:
    """The largest energy error within the tenth and within the hundredth orbit are alike."""
    system = kepler(0.7)
    few, many = (
        max(
            abs(_run(system, t, method="leapfrog", step_parameter=0.05).energy_error)
            for t in 2.0 * math.pi * (turns + np.linspace(0.0, 0.9, 10))
        )
        for turns in (10, 100)
    )
    assert few > 1e-5
    assert many < 1.5 * few


@st.composite
def _systems(draw: Any) -> System:
    bodies = draw(st.integers(2, 5))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    # Bodies near the corners of a lattice: apart from each other, otherwise arbitrary.
    corners = rng.permutation(27)[:bodies]
    places = np.stack(np.unravel_index(corners, (3, 3, 3)), axis=1) * 2.0
    return check_system(
        rng.uniform(0.1, 2.0, bodies),
        places + rng.uniform(-0.5, 0.5, (bodies, 3)),
        rng.normal(0.0, 0.3, (bodies, 3)),
    )


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    _systems(), st.sampled_from(["hermite4", "hermite6", "leapfrog", "yoshida6", "gauss_radau15"])
)
def test_conservation(system: System, method: Any) -> None:
    parameter = 1e-8 if method == "gauss_radau15" else 0.01
    run = _run(system, 0.5, method=method, step_parameter=parameter)
    assert run.end_reason is EndReason.COMPLETED
    after = (system.masses, run.positions, run.velocities)
    before = (system.masses, system.positions, system.velocities)
    assert abs(run.energy_error) < 1e-3
    np.testing.assert_allclose(momentum(*after), momentum(*before), atol=1e-11)
    np.testing.assert_allclose(angular_momentum(*after), angular_momentum(*before), atol=1e-3)
    if method == "gauss_radau15":
        assert abs(energy(*after) - energy(*before)) < 1e-9
        np.testing.assert_allclose(angular_momentum(*after), angular_momentum(*before), atol=1e-9)


@pytest.mark.parametrize("mu", [0.03, 0.01])
def test_planar_path_equals_the_general_one(mu: float) -> None:
    """The same system out of its plane by a rotation takes the path for any N."""
    system = three_body_initial_conditions(5)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.8, -0.6], [0.0, 0.6, 0.8]])
    flat = _run(system, 5.0, step_parameter=mu)
    tilted = integrate(
        system.masses, system.positions @ turn.T, system.velocities @ turn.T, 5.0, step_parameter=mu
    )
    assert flat.steps == tilted.steps
    np.testing.assert_allclose(flat.positions @ turn.T, tilted.positions, atol=1e-9)


def test_batch_equals_single_runs_whatever_the_threads() -> None:
    systems = [three_body_initial_conditions(k) for k in range(40)]
    schemes = [Scheme("hermite4", 0.02), Scheme("gauss_radau15", 1e-7)] * 20
    one = integrate_batch(systems, 8.0, scheme=schemes)
    two = integrate_batch(systems, 8.0, scheme=schemes, threads=3)
    np.testing.assert_array_equal(one.positions, two.positions)
    np.testing.assert_array_equal(one.force_evaluations, two.force_evaluations)
    for k in (0, 1, 17):
        alone = integrate_batch([systems[k]], 8.0, scheme=schemes[k])[0]
        np.testing.assert_array_equal(alone.positions, one.positions[k])
        assert alone.energy_error == one[k].energy_error


@pytest.mark.parametrize("count", [1, 7, 8, 9, 30])
def test_systems_side_by_side_equal_lone_ones_to_the_bit(count: int) -> None:
    """Also where some end at once, by a limit, or long before the others."""
    systems = [three_body_initial_conditions(k) for k in range(count)]
    schemes = [Scheme("hermite4", (0.1, 0.003, 0.02)[k % 3]) for k in range(count)]
    limits = Limits(max_steps=900, closest_approach=0.02)
    together = integrate_batch(systems, 60.0, scheme=schemes, limits=limits)
    for k in range(count):
        alone = integrate_batch([systems[k]], 60.0, scheme=schemes[k], limits=limits)[0]
        np.testing.assert_array_equal(together.positions[k], alone.positions)
        np.testing.assert_array_equal(together.velocities[k], alone.velocities)
        assert together.end_reasons[k] is alone.end_reason
        assert (together.steps[k], together.times[k]) == (alone.steps, alone.time)
    if count == 30:
        assert len(set(together.end_reasons)) > 1


def test_plummer_is_in_virial_equilibrium() -> None:
    system = plummer(32, np.random.default_rng(1))
    parts = (system.masses, system.positions, system.velocities)
    assert energy(*parts) == pytest.approx(-0.25, abs=1e-12)
    assert energy(system.masses, system.positions, 0 * system.velocities) == pytest.approx(-0.5)
    assert abs(momentum(*parts)).max() < 1e-14
    run = _run(system, 0.2, step_parameter=0.01)
    assert abs(run.energy_error) < 1e-6


def test_published_initial_conditions() -> None:
    """The draws of the legacy generator with this seed, seen from the centre of mass."""
    system = three_body_initial_conditions(7)
    draw = np.random.RandomState(7).uniform([5, 0, 0, 5], [20, 10, -10, 20])
    offset = system.positions - system.positions[0]
    np.testing.assert_allclose(offset[1:, :2].ravel(), draw, rtol=1e-14)
    np.testing.assert_allclose(
        (system.velocities - system.velocities[2])[0, 1], 0.19381670679739845
    )

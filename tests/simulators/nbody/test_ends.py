"""Exact end times, limits that end a run with a reason, input that is refused."""

import math
from typing import Any

import numpy as np
import pytest

from simhelm.simulators import EndReason
from simhelm.simulators.nbody import (
    Limits,
    Scheme,
    check_system,
    figure_eight,
    integrate,
    integrate_batch,
    kepler,
    lagrange,
    plummer,
    three_body_initial_conditions,
)

METHODS = [
    ("hermite4", None, 0.03),
    ("hermite4", "aarseth", 0.05),
    ("hermite4", "constant", 0.07),
    ("hermite6", None, 0.03),
    ("leapfrog", None, 0.05),
    ("yoshida4", None, 0.03),
    ("yoshida6", None, 0.03),
    ("gauss_radau15", None, 1e-7),
]


@pytest.mark.parametrize(("method", "criterion", "parameter"), METHODS)
def test_end_time_is_exact(method: Any, criterion: Any, parameter: float) -> None:
    system = figure_eight()
    for t_start, t_end in ((0.0, 0.7), (0.1, 0.3), (-1e6, -1e6 + 0.3), (0.0, 1e-9)):
        run = integrate(
            system.masses,
            system.positions,
            system.velocities,
            t_end,
            t_start=t_start,
            method=method,
            criterion=criterion,
            step_parameter=parameter,
        )
        assert run.end_reason is EndReason.COMPLETED
        assert run.time == t_end
        drift = run.positions - system.positions - (t_end - t_start) * system.velocities
        assert abs(drift).max() < (t_end - t_start) ** 2 * 2.0 + 1e-12


def test_nothing_happens_in_no_time() -> None:
    system = figure_eight()
    run = integrate(system.masses, system.positions, system.velocities, 2.0, t_start=2.0)
    np.testing.assert_array_equal(run.positions, system.positions)
    assert (run.steps, run.force_evaluations, run.time) == (0, 0, 2.0)


def _homothetic() -> tuple[Any, Any, Any]:
    """Three equal masses at rest in an equilateral triangle fall into their centre together.

    The side r obeys r'' = -3 / r^2, so the collapse comes at pi / sqrt(24) (free fall from 1).
    """
    return np.ones(3), lagrange().positions, np.zeros((3, 3))


@pytest.mark.parametrize(("method", "criterion", "parameter"), METHODS)
def test_homothetic_collapse_stops(method: Any, criterion: Any, parameter: float) -> None:
    run = integrate(
        *_homothetic(),
        2.0,
        method=method,
        criterion=criterion,
        step_parameter=parameter,
        closest_approach=1e-3 if criterion is None and "yoshida" not in method else 0.2,
    )
    assert run.end_reason in (EndReason.CLOSE_APPROACH, EndReason.STEP_UNDERFLOW)
    assert run.time == pytest.approx(math.pi / math.sqrt(24.0), abs=0.06)
    assert np.isfinite(run.positions).all()


@pytest.mark.parametrize("method", ["hermite4", "leapfrog", "gauss_radau15"])
def test_homothetic_collapse_without_a_distance_limit_stops_too(method: Any) -> None:
    parameter = 1e-7 if method == "gauss_radau15" else 0.03
    run = integrate(*_homothetic(), 2.0, method=method, step_parameter=parameter, max_steps=20_000)
    assert not run.end_reason.succeeded
    assert np.isfinite(run.positions).all()
    assert np.isfinite(run.energy_error)


def test_step_limit() -> None:
    system = kepler(0.5)
    run = integrate(system.masses, system.positions, system.velocities, 9.0, max_steps=5)
    assert run.end_reason is EndReason.STEP_LIMIT
    assert run.steps == 5
    assert 0.0 < run.time < 9.0


def test_softened_bodies_pass_through_each_other() -> None:
    masses, x, v = np.ones(2), np.array([[-1.0, 0.0], [1.0, 0.0]]), np.zeros((2, 2))
    run = integrate(masses, x, v, 20.0, softening=0.2, method="gauss_radau15", step_parameter=1e-8)
    assert run.end_reason is EndReason.COMPLETED
    assert abs(run.energy_error) < 1e-10


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"masses": [1.0, -1.0]}, "positive"),
        ({"masses": [1.0, 0.0]}, "positive"),
        ({"masses": [1.0, math.nan]}, "positive finite"),
        ({"masses": [1.0]}, "at least 2"),
        ({"masses": [[1.0, 1.0]]}, "shape"),
        ({"positions": [[0.0, 0.0], [0.0, 0.0]]}, "same place"),
        ({"positions": [[0.0, 0.0], [math.inf, 0.0]]}, "finite"),
        ({"positions": [[0.0], [1.0]]}, r"shape \(2, 3\)"),
        ({"velocities": [[0.0, 1.0]]}, r"shape \(2, 3\)"),
        ({"velocities": [[0.0, math.nan], [0.0, 0.0]]}, "finite"),
        ({"t_end": -1.0}, "not before"),
        ({"t_end": math.nan}, "finite times"),
        ({"method": "hermit4"}, "did you mean 'hermite4'"),
        ({"method": "yoshida4", "criterion": "aarseth"}, "works with"),
        ({"criterion": "colision_time"}, "did you mean"),
        ({"step_parameter": 0.0}, "step_parameter"),
        ({"step_parameter": math.nan}, "step_parameter"),
        ({"method": "leapfrog", "passes": 2}, "passes"),
        ({"passes": 0}, "passes"),
        ({"softening": -1.0}, "softening"),
        ({"closest_approach": math.nan}, "closest_approach"),
        ({"max_steps": 0}, "max_steps"),
    ],
)
def test_refused(changes: dict[str, Any], words: str) -> None:
    good: dict[str, Any] = {
        "masses": [1.0, 1.0],
        "positions": [[0.0, 0.0], [1.0, 0.0]],
        "velocities": [[0.0, 0.0], [0.0, 1.0]],
        "t_end": 1.0,
    }
    with pytest.raises(ValueError, match=words):
        integrate(**{**good, **changes})


def test_batch_refusals() -> None:
    triple, pair = three_body_initial_conditions(0), kepler(0.1)
    with pytest.raises(ValueError, match="same number of bodies"):
        integrate_batch([triple, pair], 1.0)
    with pytest.raises(ValueError, match="at least one"):
        integrate_batch([], 1.0)
    with pytest.raises(ValueError, match="2 schemes"):
        integrate_batch([triple, triple], 1.0, scheme=[Scheme("hermite4", 0.1)])
    with pytest.raises(ValueError, match="threads"):
        integrate_batch([triple], 1.0, threads=0)
    with pytest.raises(TypeError, match="whole number"):
        Limits(max_steps=2.5)  # type: ignore[arg-type]


def test_refused_initial_conditions() -> None:
    with pytest.raises(ValueError, match="seed"):
        three_body_initial_conditions(-1)
    with pytest.raises(ValueError, match=r"2\*\*32"):
        three_body_initial_conditions(2**32)
    with pytest.raises(ValueError, match="eccentricity"):
        kepler(1.0)
    with pytest.raises(ValueError, match="at most 64"):
        plummer(65, np.random.default_rng(0))
    with pytest.raises(ValueError, match="positive"):
        check_system([0.0, 1.0], np.eye(2), np.eye(2))

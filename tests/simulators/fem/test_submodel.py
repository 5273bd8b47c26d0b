"""The submodel moves as the global model does, and only when it is driven rightly."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Literal

import numpy as np
import pytest

from simhelm.core.end_reason import EndReason
from simhelm.simulators.fem import (
    Impact,
    PlateModel,
    Run,
    Scenario,
    Scheme,
    Submodel,
    Trace,
    drive,
    extract_trace,
)
from simhelm.simulators.fem.arrays import Floats, dofs_of
from simhelm.simulators.fem.integration import State, Stepper
from simhelm.simulators.fem.numbering import matching
from tests.simulators.fem.models import SCENARIO, relative, small_model

EXACT = 1e-13


def in_zone(
    model: PlateModel, submodel: Submodel, scenario: Scenario = SCENARIO
) -> tuple[Run, Floats]:
    """A global run and its displacements at the submodel's nodes."""
    run = model.simulate(scenario, record="all")
    return run, run.recording.displacement[:, :, submodel.parent_nodes]


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("dimension", [2, 3])
def test_submodel_equals_global_model(dimension: int, degree: Literal[1, 2]) -> None:
    model = small_model(dimension, degree)
    submodel = model.submodel()
    run, expected = in_zone(model, submodel)
    driven = drive(submodel, extract_trace(run.recording, submodel.driven_nodes), record=True)
    assert driven.end_reasons == (EndReason.COMPLETED,)
    assert np.abs(expected).max() > 1e-6
    assert relative(driven.recording.displacement, expected) < EXACT
    assert relative(driven.peaks, run.peaks) < EXACT


@pytest.mark.parametrize(
    "scheme", [Scheme.generalised_alpha(1e-6, 0.6), Scheme(1e-6, beta=0.3025, gamma=0.6)]
)
def test_equality_holds_for_damping_schemes(scheme: Scheme) -> None:
    model = small_model(2, 1, scheme=scheme)
    submodel = model.submodel()
    run, expected = in_zone(model, submodel)
    driven = drive(submodel, extract_trace(run.recording, submodel.driven_nodes), record=True)
    assert relative(driven.recording.displacement, expected) < EXACT


class CarelessStepper(Stepper):
    """Prescribes displacements, and forgets that the boundary accelerates."""

    def _step(self, old: State, load: object, target: Floats | None) -> State:
        assert target is not None
        kept, self._coupling = self._coupling, 0.0 * self._coupling
        state = super()._step(old, None, target)
        self._coupling = kept
        return state


@pytest.mark.parametrize("dimension", [2, 3])
def test_without_boundary_acceleration_it_differs(dimension: int) -> None:
    model = small_model(dimension, 1)
    submodel = model.submodel()
    run, expected = in_zone(model, submodel)
    trace = extract_trace(run.recording, submodel.driven_nodes)
    careless = Submodel.__new__(Submodel)
    careless.__dict__.update(submodel.__dict__)
    careless.__dict__["stepper"] = CarelessStepper(submodel.system, submodel.discretisation.scheme)
    driven = drive(careless, trace, record=True)
    assert relative(driven.recording.displacement, expected) > 1e-3


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_trace_late_by_a_step_differs(dimension: int) -> None:
    model = small_model(dimension, 1)
    submodel = model.submodel()
    run, expected = in_zone(model, submodel)
    trace = extract_trace(run.recording, submodel.driven_nodes)
    late = np.concatenate([trace.displacement[:, :1], trace.displacement[:, :-1]], axis=1)
    driven = drive(submodel, dataclasses.replace(trace, displacement=late), record=True)
    assert relative(driven.recording.displacement, expected) > 1e-2


def test_linear_and_delay_equivariant() -> None:
    model = small_model(2, 1)
    submodel = model.submodel()
    impact = SCENARIO.impact
    doubled = dataclasses.replace(impact, amplitude=2.0 * impact.amplitude)
    late = dataclasses.replace(impact, delay=7e-6)
    run = model.simulate(
        [dataclasses.replace(SCENARIO, impact=kind) for kind in (impact, doubled, late)]
    )
    trace = extract_trace(run.recording, submodel.driven_nodes).displacement
    assert relative(trace[1], 2.0 * trace[0]) < 1e-12
    assert relative(trace[2, 7:], trace[0, :-7]) < 1e-10
    assert relative(run.peak_von_mises[1:2], 2.0 * run.peak_von_mises[:1]) < 1e-12


def test_samples_do_not_depend_on_their_neighbours() -> None:
    model = small_model(2, 1, steps=30)
    submodel = model.submodel()
    impacts = [Scenario(Impact(centre=y)) for y in np.linspace(0.05, 0.15, 60)]
    trace = extract_trace(model.simulate(impacts).recording, submodel.driven_nodes)
    together = drive(submodel, trace)
    alone = drive(submodel, trace[55:56])
    assert len(together.end_reasons) == 60
    assert relative(together.peaks[55:56], alone.peaks) < 1e-12
    again = drive(submodel, trace)
    np.testing.assert_array_equal(together.peaks, again.peaks)


def test_order_of_scenarios_is_kept() -> None:
    model = small_model(2, 1, steps=40)
    plain = Scenario(SCENARIO.impact)
    mixed = model.simulate([SCENARIO, plain, SCENARIO])
    assert relative(mixed.peaks[1:2], model.simulate(plain).peaks) < 1e-12
    assert relative(mixed.peaks[2], mixed.peaks[0]) < 1e-12
    assert relative(mixed.peaks[1], mixed.peaks[0]) > 1e-3


def test_cut_is_once_round() -> None:
    model = small_model(2, 2)
    submodel = model.submodel()
    nodes = submodel.driven_nodes
    np.testing.assert_array_equal(nodes, model.space.nodes.coordinates[model.cut_nodes])
    steps = np.linalg.norm(np.roll(nodes, -1, axis=0) - nodes, axis=1)
    np.testing.assert_allclose(steps, steps[0])
    assert steps.sum() == pytest.approx(4 * 0.08)
    np.testing.assert_array_equal(
        matching(nodes, model.space.nodes.coordinates), submodel.parent_nodes[submodel.driven]
    )
    assert len(dofs_of(submodel.driven, 2)) == 2 * len(nodes)


def test_submodel_survives_pickling() -> None:
    model = small_model(2, 1, steps=30)
    submodel = model.submodel()
    trace = extract_trace(model.simulate(SCENARIO).recording, submodel.driven_nodes)
    first = drive(submodel, trace)
    copy = pickle.loads(pickle.dumps(submodel))  # noqa: S301 - made on this line
    np.testing.assert_array_equal(drive(copy, trace).peaks, first.peaks)


def test_overflow_is_not_finite() -> None:
    model = small_model(2, 1, steps=30)
    submodel = model.submodel()
    trace = extract_trace(model.simulate(SCENARIO).recording, submodel.driven_nodes)
    displacement = np.repeat(trace.displacement, 2, axis=0)
    displacement[1, 5:] = 1e306
    run = drive(submodel, Trace(trace.times, trace.nodes, displacement))
    assert run.end_reasons == (EndReason.COMPLETED, EndReason.NOT_FINITE)
    assert run.peak_von_mises[1] == 0.0
    assert np.isfinite(run.recording.displacement).all()


def test_refusals() -> None:
    model = small_model(2, 1, steps=20)
    submodel = model.submodel()
    trace = extract_trace(model.simulate(SCENARIO).recording, submodel.driven_nodes)
    with pytest.raises(ValueError, match=r"trace: expected shape \(samples >= 1, 21, 16, 2\)"):
        drive(submodel, Trace(trace.times[:-1], trace.nodes, trace.displacement[:, :-1]))
    with pytest.raises(ValueError, match="trace: expected steps of 1e-06 s"):
        drive(submodel, Trace(2.0 * trace.times, trace.nodes, trace.displacement))
    with pytest.raises(ValueError, match="m from the driven ones"):
        drive(submodel, Trace(trace.times, trace.nodes[::-1], trace.displacement))
    with pytest.raises(ValueError, match="displacement: expected shape"):
        Trace(trace.times, trace.nodes, trace.displacement[0])
    with pytest.raises(ValueError, match="displacement: expected finite"):
        Trace(trace.times, trace.nodes, np.full_like(trace.displacement, np.nan))
    with pytest.raises(ValueError, match=r"no node at .* m away"):
        extract_trace(model.simulate(SCENARIO).recording, submodel.driven_nodes + 0.001)
    with pytest.raises(ValueError, match="scenarios: expected at least one"):
        model.simulate([])

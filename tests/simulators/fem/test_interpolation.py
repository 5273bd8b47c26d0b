"""Traces between meshes that do not match, and between time steps."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from simhelm.simulators.fem import (
    Discretisation,
    Material,
    Plate,
    PlateModel,
    Scheme,
    Space,
    Trace,
    block_mesh,
    check_cut,
    drive,
    extract_trace,
    interpolate_trace,
    interpolation_operator,
    plate_mesh,
    resample_trace,
)
from simhelm.simulators.fem.arrays import Floats
from simhelm.simulators.fem.interpolation import locate, stress_operator_at
from simhelm.simulators.fem.nodes import stress_points
from tests.simulators.fem.models import SCENARIO, relative, small_model

Degree = Literal[1, 2]


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("dimension", [2, 3])
def test_polynomials_are_interpolated_exactly(dimension: int, degree: Degree) -> None:
    mesh = block_mesh((1.0, 0.7, 0.5)[:dimension], (4, 3, 2)[:dimension])
    material = Material(kind="plane_stress" if dimension == 2 else "solid")
    space = Space(mesh, material, degree)
    points = np.random.default_rng(0).uniform(0.0, 0.5, (150, dimension))

    def polynomial(x: Floats) -> Floats:
        linear = 1.0 + x @ np.arange(1.0, dimension + 1.0)
        return linear if degree == 1 else linear + x[:, 0] * x[:, 1] - 2.0 * x[:, -1] ** 2

    operator = interpolation_operator(mesh, degree, points)
    np.testing.assert_allclose(
        operator @ polynomial(space.nodes.coordinates), polynomial(points), atol=1e-13
    )


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("dimension", [2, 3])
def test_stress_at_points_is_that_of_the_back_end(dimension: int, degree: Degree) -> None:
    space = small_model(dimension, degree).space
    young = np.random.default_rng(3).uniform(1.0, 2.0, len(space.mesh.cells))
    reference = stress_points(dimension, degree)
    shares = np.column_stack([1.0 - reference.sum(axis=1), reference])
    corners = space.mesh.points[space.mesh.cells[:60]]
    points = np.einsum("qi,cid->cqd", shares, corners).reshape(-1, dimension)
    chosen = np.arange(len(space.mesh.cells)) < 60
    ours = stress_operator_at(space, points, young)
    u = np.random.default_rng(4).standard_normal(space.size)
    assert relative(ours @ u, space.stress(young, chosen) @ u) < 1e-12


def test_outside_points_raise_with_the_distance() -> None:
    mesh = block_mesh((1.0, 1.0), (4, 4))
    inside = np.array([[0.5, 0.5], [0.0, 1.0]])
    locate(mesh, inside)
    with pytest.raises(ValueError, match=r"1 of 3 lie outside .* by 0\.02 m"):
        locate(mesh, np.concatenate([inside, [[0.6, 1.02]]]))
    within = locate(mesh, np.array([[0.6, 1.0 + 0.25 * 0.04]]), tolerance=0.05)
    assert within.shares.min() == pytest.approx(-0.04)
    with pytest.raises(ValueError, match=r"points: expected finite numbers of shape \(k, 2\)"):
        locate(mesh, np.zeros((3, 3)))
    hole = np.array([[0.18, 0.1]])
    with pytest.raises(ValueError, match="lie outside the mesh"):
        interpolation_operator(plate_mesh(Plate(), 0.02, 3), 1, hole)


def test_on_the_same_mesh_interpolation_is_extraction() -> None:
    model = small_model(2, 2, steps=30)
    run = model.simulate(SCENARIO)
    nodes = model.submodel().driven_nodes
    interpolated = interpolate_trace(run.recording, model.space, nodes)
    extracted = extract_trace(run.recording, nodes)
    np.testing.assert_allclose(interpolated.displacement, extracted.displacement, atol=1e-18)


def test_coarse_model_drives_fine_submodel() -> None:
    discretisation = Discretisation(steps=80)
    fine = PlateModel(plate_mesh(Plate(), 0.005), discretisation=discretisation)
    coarse = PlateModel(plate_mesh(Plate(), 0.01), discretisation=discretisation)
    submodel = fine.submodel()
    run = coarse.simulate(SCENARIO)
    driven = drive(submodel, interpolate_trace(run.recording, coarse.space, submodel.driven_nodes))
    exact = fine.simulate(SCENARIO).peak_von_mises[0]
    alone, zoomed = run.peak_von_mises[0], driven.peak_von_mises[0]
    assert abs(zoomed / exact - 1.0) < 0.1
    assert abs(zoomed / exact - 1.0) < 0.5 * abs(alone / exact - 1.0)


def test_the_cut_check() -> None:
    model = small_model(2, 1)
    submodel = model.submodel()
    whole = model.simulate(SCENARIO, record="all")
    trace = extract_trace(whole.recording, submodel.driven_nodes)
    part = drive(submodel, trace, record=True)
    same = check_cut(model.space, whole, submodel, part)
    assert same.total < 1e-12
    assert same.is_far_enough()
    assert same.places.shape == (len(same.difference), 2)
    with pytest.raises(ValueError, match="part: expected a run that recorded all nodes"):
        check_cut(model.space, whole, submodel, drive(submodel, trace))


def cut_difference(side: float) -> float:
    """Of a submodel with a wider hole than its global model's, cut at a distance."""
    models = [
        PlateModel(
            plate_mesh(Plate(zone_side=side, hole_radius=radius), 0.0075),
            discretisation=Discretisation(steps=80),
        )
        for radius in (0.008, 0.011)
    ]
    whole = models[0].simulate(SCENARIO, record="all")
    submodel = models[1].submodel()
    trace = extract_trace(whole.recording, submodel.driven_nodes)
    part = drive(submodel, trace, record=True)
    return check_cut(models[0].space, whole, submodel, part).total


def test_a_cut_too_near_to_a_changed_detail_shows() -> None:
    near, far = cut_difference(0.03), cut_difference(0.11)
    assert near > 2.0 * far


def sampled(dt: float, steps: int) -> Trace:
    """A smooth motion of two nodes."""
    times: Floats = np.asarray(dt * np.arange(steps + 1.0), dtype=np.float64)
    motion = np.sin(2.0 * np.pi * times / 40e-6)[:, None, None] ** 3 * np.array([[1.0, 2.0]] * 2)
    return Trace(times, np.array([[0.0, 0.0], [1.0, 0.0]]), motion[None])


def test_resampling_reports_the_error_of_accelerations() -> None:
    errors = []
    for factor in (2, 4):
        coarse = sampled(factor * 0.5e-6, 80 // factor)
        resampled = resample_trace(coarse, 0.5e-6, 80)
        exact = sampled(0.5e-6, 80)
        assert relative(resampled.trace.displacement, exact.displacement) < 0.002 * factor**2
        second, wanted = (
            np.diff(trace.displacement, 2, axis=1) for trace in (resampled.trace, exact)
        )
        true = relative(second, wanted)
        assert 0.3 * true < resampled.acceleration_error < 3.0 * true
        errors.append(resampled.acceleration_error)
    assert errors[1] > 2.0 * errors[0]


def test_cubic_resampling_of_a_plate() -> None:
    model = small_model(2, 1, steps=80)
    half = small_model(2, 1, scheme=Scheme(1e-6), steps=80)
    submodel = half.submodel()
    run = model.simulate(SCENARIO)
    trace = extract_trace(run.recording, submodel.driven_nodes)
    every_second = Trace(trace.times[::2], trace.nodes, trace.displacement[:, ::2])
    resampled = resample_trace(every_second, 1e-6, 80)
    driven = drive(submodel, resampled.trace)
    assert driven.peak_von_mises[0] == pytest.approx(run.peak_von_mises[0], rel=0.02)
    assert 0.0 < resampled.acceleration_error < 0.5


def test_resampling_refusals() -> None:
    trace = sampled(1e-6, 20)
    with pytest.raises(ValueError, match="expected an end within the trace's"):
        resample_trace(trace, 1e-6, 21)
    with pytest.raises(ValueError, match="expected at least 8 steps"):
        resample_trace(sampled(1e-6, 7), 1e-6, 7)
    with pytest.raises(ValueError, match="evenly spaced times from 0"):
        Trace(trace.times + 1.0, trace.nodes, trace.displacement)

"""Assembly against closed forms: patch test, rigid bodies, waves, beams, the hole."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
import scipy.sparse.linalg

from simhelm.simulators.fem import (
    Material,
    Mesh,
    PeakStress,
    Plate,
    Scheme,
    Space,
    State,
    System,
    block_mesh,
    newmark,
    plate_mesh,
)
from simhelm.simulators.fem.arrays import Floats, Integers
from simhelm.simulators.fem.factorisation import Factorisation
from simhelm.simulators.fem.interpolation import stress_operator_at
from simhelm.simulators.fem.material import Kind

Degree = Literal[1, 2]
KINDS: list[Kind] = ["plane_stress", "plane_strain", "solid"]


def distorted(kind: Kind) -> Mesh:
    """A block whose inner points are moved at random."""
    mesh = block_mesh((1.0, 0.8, 0.6), (3, 3, 3)) if kind == "solid" else block_mesh((1, 1), (4, 4))
    inner = np.ones(len(mesh.points), dtype=bool)
    inner[mesh.boundary()] = False
    moved = mesh.points.copy()
    moved[inner] += np.random.default_rng(1).uniform(-0.06, 0.06, moved[inner].shape)
    return Mesh(moved, mesh.cells)


def static(space: Space, held: Integers, values: Floats, force: Floats) -> Floats:
    """Displacements with ``held`` degrees of freedom at ``values``."""
    stiffness = space.stiffness()
    u = np.zeros(space.size)
    u[held] = values
    free = np.setdiff1d(np.arange(space.size), held)
    u[free] = Factorisation(stiffness[free][:, free]).solve((force - stiffness @ u)[free])
    return u


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_patch_of_constant_strain(kind: Kind, degree: Degree) -> None:
    material = Material(young=2.0, poisson=0.3, density=1.0, kind=kind)
    space = Space(distorted(kind), material, degree)
    x, d = space.nodes.coordinates, material.dimension
    gradient = np.random.default_rng(2).standard_normal((d, d))
    exact = (x @ gradient.T + 0.5).ravel()
    nodes = space.nodes.of_facets(space.mesh.boundary())
    held = (nodes[:, None] * d + np.arange(d)).ravel()
    assert len(held) < space.size
    u = static(space, held, exact[held], np.zeros(space.size))
    np.testing.assert_allclose(u, exact, atol=1e-12)
    strain = 0.5 * (gradient + gradient.T)
    shear = 2.0 * material.young / (2.0 * (1.0 + 0.3))
    stress = (space.stress() @ u).reshape(-1, material.components)
    np.testing.assert_allclose(stress, stress[:1].repeat(len(stress), 0), atol=1e-11)
    assert stress[0, d] == pytest.approx(shear * strain[0, 1])
    if kind == "plane_stress":
        expected = 2.0 / (1 - 0.09) * (strain[0, 0] + 0.3 * strain[1, 1])
    else:
        expected = shear * strain[0, 0] + 2.0 * 0.3 / (1.3 * 0.4) * np.trace(strain)
    assert stress[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_rigid_motions_and_mass(kind: Kind, degree: Degree) -> None:
    material = Material(young=1.0, density=3.0, kind=kind)
    space = Space(distorted(kind), material, degree)
    d, x = material.dimension, space.nodes.coordinates
    stiffness, mass = space.stiffness(), space.mass
    motions = [np.tile(np.eye(d)[i], (len(x), 1)).ravel() for i in range(d)]
    for i, j in [(0, 1), (1, 2), (0, 2)][: 1 if d == 2 else 3]:
        turn = np.zeros_like(x)
        turn[:, i], turn[:, j] = -x[:, j], x[:, i]
        motions.append(turn.ravel())
    assert np.abs(stiffness @ np.stack(motions, axis=1)).max() < 1e-12
    eigenvalues = np.linalg.eigvalsh(stiffness.toarray())
    assert np.sum(eigenvalues < 1e-9) == len(motions)
    sides = np.ptp(x, axis=0)
    volume = float(np.prod(sides))
    assert motions[0] @ (mass @ motions[0]) == pytest.approx(3.0 * volume)
    assert motions[0] @ (mass @ motions[1]) == pytest.approx(0.0, abs=1e-12)
    turning = motions[d] @ (mass @ motions[d])
    assert turning == pytest.approx(volume * (sides[0] ** 2 + sides[1] ** 2))


def vibration_error(cells: int) -> float:
    """Of a bar's fundamental vibration after one period, as a share of its amplitude."""
    material = Material(young=1.0, poisson=0.0, density=1.0)
    space = Space(block_mesh((1.0, 0.25), (cells, max(1, cells // 4))), material)
    x = space.nodes.coordinates
    # Fixed at one end, sideways everywhere: a quarter wave of speed sqrt(E / rho) = 1.
    left = 2 * np.flatnonzero(x[:, 0] == 0.0)
    fixed = np.concatenate([left, 2 * np.arange(len(x)) + 1])
    shape = np.zeros((space.size, 1))
    shape[::2, 0] = np.sin(0.5 * math.pi * x[:, 0])
    start = State(0, shape, 0.0 * shape, -((0.5 * math.pi) ** 2) * shape)
    steps = 8 * cells
    system = System(space.mass, space.stiffness(), fixed=fixed)
    end = newmark(system, Scheme(3.7 / steps), steps, start=start).final
    exact = math.cos(0.5 * math.pi * 3.7) * shape
    return float(np.abs(end.displacement - exact).max())


def test_bar_waves_have_their_speed_to_second_order() -> None:
    errors = [vibration_error(cells) for cells in (8, 16, 32, 64)]
    assert errors[-1] < 1e-4
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders.min() > 1.7
    assert orders[-1] == pytest.approx(2.0, abs=0.15)


def frequencies(space: Space, held: Integers, count: int) -> Floats:
    free = np.setdiff1d(np.arange(space.size), held)
    stiffness, mass = (m[free][:, free].tocsc() for m in (space.stiffness(), space.mass))
    start = np.ones(len(free))
    values = scipy.sparse.linalg.eigsh(
        stiffness, count, mass, sigma=0.0, v0=start, return_eigenvectors=False
    )
    found: Floats = np.sqrt(np.sort(values)) / (2.0 * math.pi)
    return found


def test_cantilever_frequencies() -> None:
    length, height = 1.0, 0.05
    material = Material()
    space = Space(block_mesh((length, height), (40, 2)), material, 2)
    nodes = np.flatnonzero(space.nodes.coordinates[:, 0] == 0.0)
    found = frequencies(space, np.concatenate([2 * nodes, 2 * nodes + 1]), 3)
    # Euler and Bernoulli; shear and rotary inertia lower the higher ones a little.
    stiffness = math.sqrt(material.young * height**2 / (12.0 * material.density))
    beam = np.array([1.875104, 4.694091, 7.854757]) ** 2 * stiffness / (2.0 * math.pi * length**2)
    assert found[0] == pytest.approx(beam[0], rel=5e-3)
    assert found[1] == pytest.approx(beam[1], rel=2e-2)
    assert found[2] == pytest.approx(beam[2], rel=5e-2)
    assert (found[1:] < beam[1:]).all()


def concentration(refinement: int) -> float:
    """Greatest stress at a hole under tension over the tension."""
    plate = Plate(hole_centre=(0.15, 0.1))
    mesh = plate_mesh(plate, 0.02 / refinement, 4 * refinement)
    space = Space(mesh, Material(), 2)
    x = space.nodes.coordinates
    force = np.zeros(space.size)
    boundary = mesh.boundary()
    for place, sign in ((0.0, -1.0), (plate.length, 1.0)):
        side = boundary[(np.abs(mesh.points[boundary][:, :, 0] - place) < 1e-9).all(axis=1)]
        traction = np.zeros_like(x)
        traction[:, 0] = sign
        force += space.edge_mass(side) @ traction.ravel()
    corners = [int(np.argmin(np.hypot(*(x - c).T))) for c in ((0.0, 0.0), (plate.length, 0.0))]
    held = np.array([2 * corners[0], 2 * corners[0] + 1, 2 * corners[1] + 1])
    u = static(space, held, np.zeros(3), force)
    top = np.array([[0.15, 0.1 + plate.hole_radius], [0.15, 0.1 - plate.hole_radius]])
    return float((stress_operator_at(space, top) @ u)[::3].mean())


def test_stress_concentration_at_a_hole() -> None:
    # Heywood's formula for a hole of diameter d in a strip of width w, as in Peterson's tables.
    share = 0.016 / 0.2
    expected = (2.0 + (1.0 - share) ** 3) / (1.0 - share)
    errors = [abs(concentration(n) / expected - 1.0) for n in (1, 2, 4)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_von_mises(kind: Kind) -> None:
    material = Material(poisson=0.3, kind=kind)
    stress = np.random.default_rng(4).standard_normal((5, material.components))
    operator = scipy.sparse.csr_array(np.eye(stress.size))
    found = PeakStress(operator, material).von_mises(stress.reshape(-1, 1))[:, 0]
    for row, value in zip(stress, found, strict=True):
        tensor = np.zeros((3, 3))
        if kind == "solid":
            tensor[np.diag_indices(3)] = row[:3]
            pairs = [(0, 1, row[3]), (1, 2, row[4]), (0, 2, row[5])]
        else:
            tensor[0, 0], tensor[1, 1] = row[:2]
            tensor[2, 2] = 0.3 * (row[0] + row[1]) if kind == "plane_strain" else 0.0
            pairs = [(0, 1, row[2])]
        for i, j, shear in pairs:
            tensor[i, j] = tensor[j, i] = shear
        deviator = tensor - np.trace(tensor) / 3.0 * np.eye(3)
        assert value == pytest.approx(math.sqrt(1.5 * np.sum(deviator**2)))


def test_wave_speeds_of_the_plate() -> None:
    assert Material().compression_speed == pytest.approx(5394.0, rel=1e-3)
    assert Material().shear_speed == pytest.approx(3122.0, rel=1e-3)

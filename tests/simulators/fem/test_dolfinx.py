"""DOLFINx assembles what scikit-fem assembles, and the distributed model gives the serial one's.

DOLFINx is missing from the main test environment; `make test-fenics` runs this file in one that
has it.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from simhelm.simulators.fem import Material, Space, drive, extract_trace
from simhelm.simulators.fem.material import Kind
from tests.simulators.fem.models import SCENARIO, relative, small_model
from tests.subprocesses import completed, launcher

pytest.importorskip("dolfinx_solver", reason="DOLFINx is not in this environment")

EQUAL = 1e-12


def difference(one: Any, two: Any) -> float:
    """Greatest difference of entries as a share of the greatest entry."""
    assert one.shape == two.shape
    return float(abs(one - two).max() / abs(two).max())


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("kind", ["plane_stress", "plane_strain", "solid"])
def test_both_back_ends_assemble_the_same(kind: Kind, degree: Literal[1, 2]) -> None:
    mesh = small_model(3 if kind == "solid" else 2, 1).mesh
    material = Material(kind=kind)
    ours, theirs = (Space(mesh, material, degree, name) for name in ("scikit-fem", "dolfinx"))
    young = material.young * np.random.default_rng(0).uniform(0.1, 2.0, len(mesh.cells))
    assert difference(theirs.mass, ours.mass) < EQUAL
    assert difference(theirs.stiffness(young), ours.stiffness(young)) < EQUAL
    assert difference(theirs.edge_mass(mesh.boundary()), ours.edge_mass(mesh.boundary())) < EQUAL
    assert difference(theirs.stress(young), ours.stress(young)) < EQUAL
    in_zone = [space.stress(young, mesh.zone) for space in (theirs, ours)]
    assert difference(*in_zone) < EQUAL


def test_plate_and_submodel_with_dolfinx() -> None:
    runs = []
    for backend in ("scikit-fem", "dolfinx"):
        model = small_model(2, 2, backend=backend)
        submodel = model.submodel()
        run = model.simulate(SCENARIO)
        driven = drive(submodel, extract_trace(run.recording, submodel.driven_nodes))
        assert relative(driven.peaks, run.peaks) < 1e-13
        runs.append(run)
    assert relative(runs[1].recording.displacement, runs[0].recording.displacement) < 1e-11


def test_wrong_facets_are_refused() -> None:
    mesh = small_model(2, 1).mesh
    space = Space(mesh, Material(), 1, "dolfinx")
    with pytest.raises(ValueError, match="1 of them are no boundary"):
        space.edge_mass(np.array([[0, len(mesh.points) - 1]]))


@pytest.mark.parametrize("ranks", [None, 2])
def test_distributed_model(ranks: int | None) -> None:
    program = "tests.simulators.fem.distributed_program"
    done = completed([*launcher(ranks), "-m", program])
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"rank 0 of {ranks or 1}: equal\n"

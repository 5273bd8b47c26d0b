"""Meshes and materials: what is accepted, and what is refused and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.simulators.fem import (
    Discretisation,
    Material,
    Mesh,
    Plate,
    PlateModel,
    Space,
    block_mesh,
    draw_plate,
    extruded,
    plate_mesh,
    read_mesh,
    write_vtk,
    write_xdmf,
    zone_in_box,
)
from simhelm.simulators.fem.dolfinx.library import load_dolfinx
from simhelm.simulators.fem.picture import cell_peaks
from tests.simulators.fem.models import SCENARIO, small_model

SQUARE = block_mesh((1.0, 1.0), (4, 4))


@pytest.mark.parametrize("thickness", [None, 0.02])
def test_plate_mesh(thickness: float | None) -> None:
    plate = Plate(thickness=thickness)
    mesh = plate_mesh(plate, 0.01)
    depth = thickness or 1.0
    assert mesh.measures.min() > 0.0
    # The hole is a polygon with a corner a ray, a little smaller than the circle.
    corners = 32
    hole = 0.5 * corners * plate.hole_radius**2 * np.sin(2.0 * np.pi / corners)
    whole = plate.length * plate.width - hole
    assert mesh.measures.sum() == pytest.approx(whole * depth, rel=2e-4)
    zone = plate.zone_side**2 - hole
    assert mesh.measures[mesh.zone].sum() == pytest.approx(zone * depth, rel=2e-3)
    low, high = plate.zone_corners
    places = mesh.points[mesh.cut()][:, :, :2]
    on_side = np.isclose(places, low) | np.isclose(places, high)
    assert on_side.any(axis=2).all()


def test_zone_in_box_finds_the_same_zone() -> None:
    mesh = plate_mesh(Plate(), 0.02, 3)
    found = zone_in_box(mesh.with_zone(np.zeros(len(mesh.cells), dtype=bool)),
                        *Plate().zone_corners)  # fmt: skip
    np.testing.assert_array_equal(found.zone, mesh.zone)


def test_turned_cells_are_turned_back() -> None:
    turned = Mesh(SQUARE.points, SQUARE.cells[:, [1, 0, 2]])
    np.testing.assert_allclose(turned.measures, SQUARE.measures)


@pytest.mark.parametrize(
    ("points", "cells", "message"),
    [
        ([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], [[0, 1, 2]], "cell 0 is degenerate"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0, 1, 3]], "point numbers in 0 to 2"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, np.nan]], [[0, 1, 2]], "expected finite numbers"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [5.0, 5.0]], [[0, 1, 2]], "point 3 belongs to no"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0, 1]], "expected simplices"),
        ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0, 2.0]], "whole point numbers"),
        (
            [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
            [[0, 1, 2], [3, 5, 4]],
            "two points coincide",
        ),
        (
            [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 2.0], [0.0, -1.0]],
            [[0, 1, 2], [0, 1, 3], [0, 1, 4]],
            "more than two cells",
        ),
    ],
)
def test_bad_meshes_are_refused(points: Any, cells: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mesh(np.array(points), np.array(cells))


def test_bad_zones_are_refused() -> None:
    with pytest.raises(ValueError, match="its outline is not meshed: cell"):
        zone_in_box(SQUARE, (0.2, 0.25), (0.75, 0.75))
    with pytest.raises(ValueError, match="no cell lies in the box"):
        zone_in_box(SQUARE, (2.0, 2.0), (3.0, 3.0))
    with pytest.raises(ValueError, match="zone: expected some cells but not all"):
        SQUARE.cut()
    with pytest.raises(ValueError, match="zone: expected some cells"):
        PlateModel(SQUARE)
    with pytest.raises(ValueError, match="touches the hit edge"):
        PlateModel(zone_in_box(SQUARE, (0.0, 0.25), (0.5, 0.75)))
    with pytest.raises(ValueError, match="touches the held edge"):
        PlateModel(zone_in_box(SQUARE, (0.5, 0.25), (1.0, 0.75)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"young": -1.0}, "young: expected a positive"),
        ({"density": 0.0}, "density: expected a positive"),
        ({"poisson": 0.5, "kind": "plane_strain"}, "poisson: expected a ratio in"),
        ({"poisson": 0.5, "kind": "solid"}, "poisson: expected a ratio in"),
        ({"poisson": -1.0}, "poisson: expected a ratio in"),
        ({"kind": "shell"}, "kind: expected one of"),
    ],
)
def test_bad_materials_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Material(**arguments)


def test_bad_spaces_are_refused() -> None:
    with pytest.raises(ValueError, match="solid is for 3 dimensions"):
        Space(SQUARE, Material(kind="solid"))
    with pytest.raises(ValueError, match=r"backend: expected one of .*'scikit-fem'"):
        Space(SQUARE, Material(), backend="scikitfem")
    with pytest.raises(ValueError, match="degree: expected 1 or 2"):
        Space(SQUARE, Material(), 3)  # type: ignore[arg-type]
    space = Space(SQUARE, Material())
    with pytest.raises(ValueError, match="young: expected one modulus a cell"):
        space.stiffness(np.ones(3))
    with pytest.raises(ValueError, match="young: expected positive finite"):
        space.stiffness(np.full(len(SQUARE.cells), -1.0))
    with pytest.raises(ValueError, match="is no facet"):
        space.edge_mass(np.array([[0, 24]]))
    with pytest.raises(ValueError, match="steps: expected at least 1"):
        Discretisation(steps=0)


def test_missing_dolfinx_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("simhelm.simulators.fem.dolfinx.library.importlib.import_module", missing)
    with pytest.raises(ImportError, match=r"needs DOLFINx.*pip install 'simhelm\[fenics\]'"):
        load_dolfinx()


def test_bad_plates_are_refused() -> None:
    with pytest.raises(ValueError, match="the hole in the zone in the plate"):
        Plate(hole_radius=0.05)
    with pytest.raises(ValueError, match="positive finite lengths"):
        Plate(width=-1.0)
    with pytest.raises(ValueError, match="size: expected a length"):
        plate_mesh(Plate(), 0.1)
    with pytest.raises(ValueError, match="sides: expected 2 or 3"):
        block_mesh((1.0,), (2,))


@pytest.mark.parametrize("dimension", [2, 3])
def test_submesh_keeps_nodes(dimension: int) -> None:
    flat = zone_in_box(SQUARE, (0.25, 0.25), (0.75, 0.75))
    mesh = flat if dimension == 2 else extruded(flat, np.array([0.0, 0.3]))
    space = Space(mesh, Material(kind="plane_stress" if dimension == 2 else "solid"), 2)
    part, numbers = space.submesh(mesh.zone)
    np.testing.assert_array_equal(part.nodes.coordinates, space.nodes.coordinates[numbers])
    inner = part.mesh.measures.sum()
    assert inner == pytest.approx(0.25 * (1.0 if dimension == 2 else 0.3))


def test_mesh_files(tmp_path: Path) -> None:
    mesh = plate_mesh(Plate(thickness=0.02), 0.02, 2)
    write_vtk(tmp_path / "plate.vtu", mesh, {"young": np.arange(len(mesh.cells), dtype=float)})
    again = read_mesh(tmp_path / "plate.vtu")
    np.testing.assert_allclose(again.points, mesh.points)
    np.testing.assert_array_equal(again.cells, mesh.cells)
    with pytest.raises(ValueError, match="the file has no physical groups"):
        read_mesh(tmp_path / "plate.vtu", zone="hole")
    with pytest.raises(FileNotFoundError, match="no file"):
        read_mesh(tmp_path / "none.msh")


GMSH = """$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
2
2 1 "rest"
2 2 "zone"
$EndPhysicalNames
$Nodes
5
1 0 0 0
2 1 0 0
3 1 1 0
4 0 1 0
9 7 7 0
$EndNodes
$Elements
3
1 1 2 1 1 1 2
2 2 2 1 1 1 2 3
3 2 2 2 1 1 3 4
$EndElements
"""


def test_gmsh_file_with_a_named_zone(tmp_path: Path) -> None:
    path = tmp_path / "square.msh"
    path.write_text(GMSH)
    mesh = read_mesh(path, zone="zone")
    assert mesh.points.shape == (4, 2)
    assert mesh.zone.tolist() == [False, True]
    np.testing.assert_array_equal(read_mesh(path, zone=2).zone, mesh.zone)
    with pytest.raises(ValueError, match="did you mean 'zone'"):
        read_mesh(path, zone="zones")
    with pytest.raises(ValueError, match="no cell in group 7"):
        read_mesh(path, zone=7)


def test_motion_as_xdmf_and_a_picture(tmp_path: Path) -> None:
    import meshio

    model = small_model(2, 2, steps=12)
    run = model.simulate(SCENARIO, record="all")
    write_xdmf(tmp_path / "run.xdmf", model.space, run.recording)
    with meshio.xdmf.TimeSeriesReader(tmp_path / "run.xdmf") as reader:
        points, _ = reader.read_points_cells()
        assert reader.num_steps == 13
        time, data, _ = reader.read_data(12)
    assert time == pytest.approx(12e-6)
    last = run.recording.displacement[0, -1, : len(points)]
    np.testing.assert_allclose(data["displacement"][:, :2], last, rtol=1e-12)
    with pytest.raises(ValueError, match="expected the displacements of all nodes"):
        write_xdmf(tmp_path / "cut.xdmf", model.space, model.simulate(SCENARIO).recording)
    mesh, _ = model.mesh.part(model.mesh.zone)
    values = cell_peaks(run.peaks[0], len(mesh.cells))
    assert values.max() == run.peak_von_mises[0]
    draw_plate(mesh, values).savefig(tmp_path / "zone.png")
    draw_plate(model.mesh, model.young(SCENARIO), label="Young's modulus (Pa)")
    assert (tmp_path / "zone.png").stat().st_size > 1000
    with pytest.raises(ValueError, match="values: expected one a cell"):
        draw_plate(mesh, values[1:])

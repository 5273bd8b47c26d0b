"""Meshes from and to files of any format that meshio knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.fem.arrays import Booleans, Floats
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.trace import Recording

_CELLS = {2: "triangle", 3: "tetra"}


def read_mesh(path: str | Path, *, zone: str | int | None = None) -> Mesh:
    """Read triangles or tetrahedra, such as Gmsh makes, of first order.

    Points that belong to no cell (centres of arcs, say) are dropped; so is a third coordinate
    that is zero everywhere.

    Args:
        path: a file that meshio can read (.msh, .vtu, .xdmf, .inp, ...), lengths in metres.
        zone: the physical group (its name or number) that is the zone of interest; None for no
            zone, to be marked with :func:`~simhelm.simulators.fem.zone_in_box`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no simplices, no such group, or a mesh that is refused.
    """
    import meshio

    if not Path(path).is_file():
        raise FileNotFoundError(f"mesh: no file {path}")
    read = meshio.read(path)
    dimension = 3 if "tetra" in read.cells_dict else 2
    kind = _CELLS[dimension]
    if kind not in read.cells_dict:
        raise ValueError(
            f"mesh: expected triangles or tetrahedra of first order in {path}, got "
            f"{sorted(read.cells_dict)}"
        )
    points = np.asarray(read.points, dtype=np.float64)
    if points.shape[1] > dimension and np.any(points[:, dimension:]):
        raise ValueError(f"mesh: triangles of {path} do not lie in the plane z = 0")
    cells = read.cells_dict[kind].astype(np.int64)
    used, numbers = np.unique(cells, return_inverse=True)
    marked = np.zeros(len(cells), dtype=bool) if zone is None else _marked(read, kind, zone)
    return Mesh(points[used, :dimension], numbers.reshape(cells.shape), marked)


def write_vtk(path: str | Path, mesh: Mesh, cell_data: Mapping[str, Floats] | None = None) -> None:
    """Write a mesh with its zone (and numbers for each cell), as .vtu or .vtk for ParaView.

    Args:
        path: the format follows from its ending.
        mesh: to write.
        cell_data: arrays of shape (m,) or (m, c) by name.
    """
    import meshio

    data = {"zone": [mesh.zone.astype(np.int32)]}
    data.update({name: [np.asarray(values)] for name, values in (cell_data or {}).items()})
    meshio.Mesh(
        _in_space(mesh.points), [(_CELLS[mesh.dimension], mesh.cells)], cell_data=data
    ).write(path)


def write_xdmf(path: str | Path, space: Space, recording: Recording, sample: int = 0) -> None:
    """Write the motion of one sample as an XDMF time series for ParaView.

    Args:
        path: a name that ends in .xdmf; all numbers are in this one file.
        space: of the model.
        recording: of all nodes of it.
        sample: which one.

    Raises:
        ValueError: not all nodes were recorded.
    """
    import meshio

    corners = len(space.mesh.points)
    if recording.nodes.shape != space.nodes.coordinates.shape:
        raise ValueError("recording: expected the displacements of all nodes; record them all")
    with meshio.xdmf.TimeSeriesWriter(str(path), data_format="XML") as writer:
        writer.write_points_cells(
            _in_space(space.mesh.points), [(_CELLS[space.mesh.dimension], space.mesh.cells)]
        )
        for time, displacement in zip(recording.times, recording.displacement[sample], strict=True):
            # Middles of edges are left out: ParaView shows them no better.
            writer.write_data(time, point_data={"displacement": _in_space(displacement[:corners])})


def _marked(read: Any, kind: str, zone: str | int) -> Booleans:
    tags = read.cell_data_dict.get("gmsh:physical", {}).get(kind)
    if tags is None:
        raise ValueError("zone: the file has no physical groups; name the zone when meshing")
    number = zone
    if isinstance(zone, str):
        names = {name: int(data[0]) for name, data in read.field_data.items()}
        if zone not in names:
            raise ValueError(
                f"zone: no physical group {zone!r}; known: {sorted(names)}"
                + did_you_mean(zone, names)
            )
        number = names[zone]
    marked = np.asarray(tags == number)
    if not marked.any():
        raise ValueError(f"zone: no cell in group {zone!r}; there are {np.unique(tags).tolist()}")
    return marked


def _in_space(vectors: Floats) -> Floats:
    """With a third component, as the formats want."""
    padded = np.zeros((len(vectors), 3))
    padded[:, : vectors.shape[1]] = vectors
    return padded

"""A picture of a plate with its stresses."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.simulators.fem.arrays import Floats
from simhelm.simulators.fem.mesh import Mesh


def draw_plate(
    mesh: Mesh,
    values: Floats,
    *,
    label: str = "von Mises stress (MPa)",
    displacement: Floats | None = None,
    scale: float = 1.0,
) -> Any:
    """Colour the cells of a plane mesh.

    Args:
        mesh: in the plane.
        values: one a cell, shape (m,), in the unit that ``label`` names.
        label: of the colour bar.
        displacement: of the mesh's points, shape (n, 2), m, to draw the deformed shape.
        scale: factor on the displacement.

    Returns:
        A ``matplotlib.figure.Figure``, made without a display.
    """
    from matplotlib.figure import Figure
    from matplotlib.tri import Triangulation

    if mesh.dimension != 2:
        raise ValueError("mesh: expected one in the plane; write solids with write_vtk")
    if values.shape != (len(mesh.cells),):
        raise ValueError(f"values: expected one a cell, ({len(mesh.cells)},), got {values.shape}")
    points = mesh.points if displacement is None else mesh.points + scale * displacement
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.add_subplot()
    x, y = 1e3 * points.T
    triangles = Triangulation(x, y, mesh.cells)
    colours = axes.tripcolor(triangles, facecolors=values, cmap="viridis")
    if mesh.zone.any() and not mesh.zone.all():
        for facet in mesh.cut():
            axes.plot(*(1e3 * points[facet].T), color="white", linewidth=0.8)
    axes.set_aspect("equal")
    axes.set_xlabel("x (mm)")
    axes.set_ylabel("y (mm)")
    figure.colorbar(colours, ax=axes, label=label)
    return figure


def cell_peaks(peaks: Floats, cells: int) -> Floats:
    """Greatest of a run's stress points in each cell, shape (cells,), from (cells * points,)."""
    greatest: Floats = np.asarray(peaks).reshape(cells, -1).max(axis=1)
    return greatest

"""Built-in meshes: blocks, and a plate with a hole in a square zone of interest."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.simulators.fem.arrays import Booleans, Floats, Integers
from simhelm.simulators.fem.mesh import Mesh


@dataclasses.dataclass(frozen=True)
class Plate:
    """A rectangular plate with a round hole, and a square zone of interest around the hole.

    Attributes:
        length, width: outer sides along x and y, m.
        hole_radius: m.
        hole_centre: (x, y), m.
        zone_side: side of the square, centred on the hole, m.
        thickness: None for the plane model, else the third side of a solid, m.

    Raises:
        ValueError: a length that is not positive, or the hole, the zone and the plate do not
            lie inside each other.
    """

    length: float = 0.3
    width: float = 0.2
    hole_radius: float = 0.008
    hole_centre: tuple[float, float] = (0.18, 0.1)
    zone_side: float = 0.08
    thickness: float | None = None

    def __post_init__(self) -> None:
        lengths = (self.length, self.width, self.hole_radius, self.zone_side)
        thickness = 1.0 if self.thickness is None else self.thickness
        if not all(math.isfinite(side) and side > 0.0 for side in (*lengths, thickness)):
            raise ValueError(f"plate: expected positive finite lengths, got {self}")
        half = 0.5 * self.zone_side
        (x, y) = self.hole_centre
        fits = half < x < self.length - half and half < y < self.width - half
        if not (fits and self.hole_radius < half):
            raise ValueError(f"plate: expected the hole in the zone in the plate, got {self}")

    @property
    def zone_corners(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Lower left and upper right corner of the zone, m."""
        half = 0.5 * self.zone_side
        (x, y) = self.hole_centre
        return (x - half, y - half), (x + half, y + half)


def block_mesh(sides: Sequence[float], divisions: Sequence[int]) -> Mesh:
    """A rectangle of triangles, or a box of tetrahedra, from the origin.

    Args:
        sides: two or three lengths, m.
        divisions: cells along each side, at least 1.
    """
    if len(sides) != len(divisions) or len(sides) not in (2, 3):
        raise ValueError(f"sides: expected 2 or 3 with as many divisions, got {sides!r}")
    counts = [whole_number("divisions", n) for n in divisions]
    axes = [np.linspace(0.0, side, n + 1) for side, n in zip(sides, counts, strict=True)]
    flat = _grid(axes[0], axes[1])
    return flat if len(sides) == 2 else extruded(flat, axes[2])


def plate_mesh(plate: Plate = Plate(), size: float = 0.08 / 18, layers: int | None = None) -> Mesh:
    """Mesh a plate; the zone's outline is meshed and its cells are marked.

    Around the zone the mesh is a grid of triangles of about ``size``; inside, rays join the
    outline to the hole, with cells that shrink towards it.

    Args:
        plate: the geometry.
        size: length of a cell's side outside the zone, m; rounded so that cells fit.
        layers: cells from the hole to the outline; None for about two to one in shape.
    """
    if not (math.isfinite(size) and 0.0 < size <= 0.5 * plate.zone_side):
        raise ValueError(f"size: expected a length in (0, zone_side / 2], got {size!r}")
    low, high = plate.zone_corners
    x, y = (
        _graded_axis((0.0, low[axis], high[axis], end), size)
        for axis, end in enumerate((plate.length, plate.width))
    )
    around = _grid(x, y)
    centres = around.centroids
    outside: Booleans = np.any((centres < low) | (centres > high), axis=1)
    frame, _ = around.part(outside)
    inside = _around_hole(plate, x, y, layers)
    flat = _joined(frame, inside)
    if plate.thickness is None:
        return flat
    count = max(1, round(plate.thickness / size))
    return extruded(flat, np.linspace(0.0, plate.thickness, count + 1))


def extruded(flat: Mesh, heights: Floats) -> Mesh:
    """Tetrahedra from triangles: a prism a layer and triangle, cut into three.

    Args:
        flat: a mesh in the plane.
        heights: rising z coordinates of the levels, at least two, m.
    """
    levels, n = len(heights), len(flat.points)
    points = np.column_stack([np.tile(flat.points, (levels, 1)), np.repeat(heights, n)])
    # With corners in rising order, neighbouring prisms cut their common face alike.
    a, b, c = np.sort(flat.cells, axis=1).T
    prism = np.stack([
        np.stack([a, b, c, c + n], axis=1),
        np.stack([a, b, b + n, c + n], axis=1),
        np.stack([a, a + n, b + n, c + n], axis=1),
    ], axis=1).reshape(-1, 4)  # fmt: skip
    cells = np.concatenate([prism + level * n for level in range(levels - 1)])
    zone = np.tile(np.repeat(flat.zone, 3), levels - 1)
    return Mesh(points, cells, zone)


def _graded_axis(stops: Sequence[float], size: float) -> Floats:
    """Coordinates through all stops, about ``size`` apart."""
    pieces = [
        np.linspace(start, end, max(1, round((end - start) / size)) + 1)[:-1]
        for start, end in itertools.pairwise(stops)
    ]
    return np.concatenate([*pieces, [stops[-1]]])


def _grid(x: Floats, y: Floats) -> Mesh:
    """Triangles on a tensor grid."""
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    numbers = np.arange(len(points)).reshape(len(x), len(y))
    return Mesh(points, _split(numbers))


def _split(numbers: Integers) -> Integers:
    """Triangles from a grid of point numbers; diagonals alternate, so no direction is special."""
    a, b = numbers[:-1, :-1].ravel(), numbers[1:, :-1].ravel()
    c, d = numbers[1:, 1:].ravel(), numbers[:-1, 1:].ravel()
    rows, columns = (np.array(numbers.shape) - 1).tolist()
    even = (np.add.outer(np.arange(rows), np.arange(columns)) % 2 == 0).ravel()[:, None]
    first = np.where(even, np.stack([a, b, c], axis=1), np.stack([a, b, d], axis=1))
    second = np.where(even, np.stack([a, c, d], axis=1), np.stack([b, c, d], axis=1))
    return np.concatenate([first, second])


def _around_hole(plate: Plate, x: Floats, y: Floats, layers: int | None) -> Mesh:
    """The zone, whose outline has the points of the grid lines x and y on it."""
    outline = _outline(plate, x, y)
    offset = outline - plate.hole_centre
    radius = np.linalg.norm(offset, axis=1)
    hole = plate.hole_centre + plate.hole_radius * offset / radius[:, None]
    growth = math.log(0.5 * plate.zone_side / plate.hole_radius)
    if layers is None:
        layers = max(2, round(0.5 * growth / math.log1p(2.0 * math.pi / len(outline))))
    share = np.expm1(growth * np.linspace(0.0, 1.0, whole_number("layers", layers) + 1))
    share /= share[-1]
    rays = hole[:, None] + share[:, None] * (outline - hole)[:, None]
    rays[:, -1] = outline
    points = rays.reshape(-1, 2)
    numbers = np.arange(len(points)).reshape(len(outline), layers + 1)
    closed = np.concatenate([numbers, numbers[:1]])
    cells = _split(closed)
    return Mesh(points, cells, np.ones(len(cells), dtype=bool))


def _outline(plate: Plate, x: Floats, y: Floats) -> Floats:
    """Grid points on the zone's outline, once round anticlockwise."""
    low, high = plate.zone_corners
    along_x = x[(x >= low[0]) & (x <= high[0])]
    along_y = y[(y >= low[1]) & (y <= high[1])]

    def side(across: Floats, up: Floats) -> Floats:
        return np.stack(np.broadcast_arrays(across, up), axis=1)[:-1]

    return np.concatenate([
        side(along_x, np.array(low[1])),
        side(np.array(high[0]), along_y),
        side(along_x[::-1], np.array(high[1])),
        side(np.array(low[0]), along_y[::-1]),
    ])  # fmt: skip


def _joined(one: Mesh, two: Mesh) -> Mesh:
    """Two meshes that touch, as one: equal points become one."""
    points = np.concatenate([one.points, two.points])
    cells = np.concatenate([one.cells, two.cells + len(one.points)])
    grain = 1e-9 * float(np.ptp(points, axis=0).max())
    _, first, number = np.unique(
        np.round(points / grain), axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    cells = place[number.ravel()][cells]
    return Mesh(points[first[order]], cells, np.concatenate([one.zone, two.zone]))

"""Meshes of triangles or tetrahedra with a marked zone of interest."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from simhelm.simulators.fem.arrays import Booleans, Floats, Integers

# A cell flatter than this share of (longest edge)^d is degenerate.
_FLATTEST = 1e-12


@dataclasses.dataclass(frozen=True, eq=False)
class Mesh:
    """A conforming mesh of simplices.

    Cells given with negative orientation are turned round.

    Attributes:
        points: shape (n, d), d = 2 or 3, in metres; all belong to cells, none twice.
        cells: shape (m, d + 1), point numbers, positively oriented.
        zone: shape (m,), which cells are the zone of interest; none by default.

    Raises:
        ValueError: shapes, numbers or cells that make no mesh, with the first one at fault.
    """

    points: Floats
    cells: Integers
    zone: Booleans = dataclasses.field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        points, cells = _checked_arrays(self.points, self.cells)
        zone = np.asarray(self.zone, dtype=bool)
        if zone.size == 0:
            zone = np.zeros(len(cells), dtype=bool)
        if zone.shape != (len(cells),):
            raise ValueError(f"zone: expected shape ({len(cells)},), got {zone.shape}")
        _check_points(points, cells)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "cells", _oriented(points, cells))
        object.__setattr__(self, "zone", zone)
        _, uses = _facets(self.cells)
        if uses.max() > 2:
            raise ValueError("cells: a facet belongs to more than two cells: they overlap")

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return int(self.points.shape[1])

    @property
    def measures(self) -> Floats:
        """Area (m^2) or volume (m^3) of every cell, shape (m,)."""
        return signed_measures(self.points, self.cells)

    @property
    def centroids(self) -> Floats:
        """Shape (m, d)."""
        centroids: Floats = self.points[self.cells].mean(axis=1)
        return centroids

    def boundary(self) -> Integers:
        """Facets of one cell only, shape (k, d), point numbers in rising order."""
        facets, uses = _facets(self.cells)
        outer: Integers = facets[uses == 1]
        return outer

    def cut(self) -> Integers:
        """Facets between the zone and the rest, shape (k, d), point numbers in rising order.

        Raises:
            ValueError: no zone, or one that is the whole mesh.
        """
        if not self.zone.any() or self.zone.all():
            raise ValueError(
                "zone: expected some cells but not all, got "
                f"{int(self.zone.sum())} of {len(self.zone)}; mark it with zone_in_box"
            )
        inside = {tuple(facet) for facet in _facets(self.cells[self.zone])[0].tolist()}
        outside = _facets(self.cells[~self.zone])[0].tolist()
        return np.array(sorted(inside.intersection(map(tuple, outside))), dtype=np.int64)

    def part(self, chosen: Booleans) -> tuple[Mesh, Integers]:
        """A mesh of the chosen cells, and the number here of each of its points."""
        if chosen.shape != self.zone.shape or not chosen.any():
            raise ValueError(f"chosen: expected some of {len(self.zone)} cells")
        used, cells = np.unique(self.cells[chosen], return_inverse=True)
        mesh = Mesh(self.points[used], cells.reshape(-1, self.cells.shape[1]), self.zone[chosen])
        return mesh, used

    def with_zone(self, zone: Booleans) -> Mesh:
        """The same mesh with another zone."""
        return Mesh(self.points, self.cells, zone)


def zone_in_box(mesh: Mesh, low: Sequence[float], high: Sequence[float]) -> Mesh:
    """Mark the cells inside an axis-parallel box, whose faces must be meshed.

    Args:
        mesh: any mesh.
        low, high: opposite corners, d coordinates each, in metres.

    Raises:
        ValueError: a cell lies on both sides of a face of the box, or none inside.
    """
    low_corner, high_corner = (np.asarray(c, dtype=np.float64) for c in (low, high))
    if low_corner.shape != (mesh.dimension,) or not (low_corner < high_corner).all():
        raise ValueError(f"low, high: expected corners low < high, got {low!r}, {high!r}")
    slack = 1e-9 * float(np.ptp(mesh.points, axis=0).max())
    corners = mesh.points[mesh.cells]
    closed = (corners >= low_corner - slack) & (corners <= high_corner + slack)
    within: Booleans = np.all(closed, axis=(1, 2))
    open_box = (corners > low_corner + slack) & (corners < high_corner - slack)
    touched: Booleans = np.any(np.all(open_box, axis=2), axis=1)
    centre = mesh.centroids
    middle: Booleans = np.all((centre > low_corner) & (centre < high_corner), axis=1)
    straddling = np.flatnonzero((touched | middle) & ~within)
    if straddling.size:
        raise ValueError(
            f"zone: its outline is not meshed: cell {straddling[0]} lies on both sides; put edges "
            "of the mesh on the outline"
        )
    if not within.any():
        raise ValueError("zone: no cell lies in the box; is it in metres?")
    return mesh.with_zone(within)


def signed_measures(points: Floats, cells: Integers) -> Floats:
    """Oriented area or volume of every cell, shape (m,)."""
    corners = points[cells]
    edges = corners[:, 1:] - corners[:, :1]
    measures: Floats = np.linalg.det(edges) / math.factorial(points.shape[1])
    return measures


def edges_of(cells: Integers) -> tuple[Integers, Integers]:
    """The edges of a mesh and of each of its cells.

    Returns:
        edges: shape (e, 2), point numbers, each pair rising, rows in lexicographic order.
        cell_edges: shape (m, 3 or 6), rows of ``edges``, local pairs in the order of
            ``itertools.combinations``.
    """
    pairs = list(itertools.combinations(range(cells.shape[1]), 2))
    found = np.sort(cells[:, pairs], axis=2).reshape(-1, 2)
    edges, rows = np.unique(found, axis=0, return_inverse=True)
    return edges.astype(np.int64), rows.reshape(len(cells), len(pairs)).astype(np.int64)


def _facets(cells: Integers) -> tuple[Integers, Integers]:
    """Every facet once, shape (k, d), points in rising order, and how many cells use it."""
    corners = list(itertools.combinations(range(cells.shape[1]), cells.shape[1] - 1))
    facets = np.sort(cells[:, corners], axis=2).reshape(-1, cells.shape[1] - 1)
    unique, uses = np.unique(facets, axis=0, return_counts=True)
    return unique.astype(np.int64), uses.astype(np.int64)


def _checked_arrays(points: ArrayLike, cells: ArrayLike) -> tuple[Floats, Integers]:
    places = np.array(points, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] not in (2, 3) or not np.isfinite(places).all():
        raise ValueError(f"points: expected finite numbers of shape (n, 2 or 3), got shape "
                         f"{places.shape}")  # fmt: skip
    numbers = np.array(cells)
    width = places.shape[1] + 1
    if numbers.ndim != 2 or numbers.shape[1] != width or len(numbers) == 0:
        raise ValueError(
            f"cells: expected simplices, shape (m, {width}) for points in {width - 1} "
            f"dimensions, got shape {numbers.shape}"
        )
    if not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(f"cells: expected whole point numbers, got {numbers.dtype}")
    if numbers.min() < 0 or numbers.max() >= len(places):
        raise ValueError(
            f"cells: expected point numbers in 0 to {len(places) - 1}, got "
            f"{numbers.min()} to {numbers.max()}"
        )
    return places, numbers.astype(np.int64)


def _check_points(points: Floats, cells: Integers) -> None:
    used = np.zeros(len(points), dtype=bool)
    used[cells] = True
    if not used.all():
        raise ValueError(
            f"points: point {int(np.argmin(used))} belongs to no cell; drop unused points"
        )
    # The spread of the coordinates tells coincident points from merely close ones.
    grain = 1e-10 * float(np.ptp(points, axis=0).max())
    if len(np.unique(np.round(points / grain), axis=0)) < len(points):
        raise ValueError("points: two points coincide; merge them, or the mesh falls apart there")


def _oriented(points: Floats, cells: Integers) -> Integers:
    measures = signed_measures(points, cells)
    corners = points[cells]
    longest = np.zeros(len(cells))
    for i, j in itertools.combinations(range(cells.shape[1]), 2):
        longest = np.maximum(longest, np.linalg.norm(corners[:, i] - corners[:, j], axis=1))
    flat = np.abs(measures) <= _FLATTEST * longest ** points.shape[1]
    if flat.any():
        raise ValueError(f"cells: cell {int(np.argmax(flat))} is degenerate: it has no volume")
    turned = cells.copy()
    negative = measures < 0.0
    turned[negative, 0], turned[negative, 1] = cells[negative, 1], cells[negative, 0]
    return turned

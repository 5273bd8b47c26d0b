"""Nodes of Lagrange elements and their numbers, the same for every back end."""

from __future__ import annotations

import itertools
from typing import Literal, Protocol

import numpy as np

from simhelm.simulators.fem.arrays import Booleans, Floats, Integers, Matrix
from simhelm.simulators.fem.mesh import Mesh, edges_of

Degree = Literal[1, 2]


class Nodes:
    """The nodes of Lagrange elements of degree 1 or 2.

    Numbers 0 to n - 1 are the mesh's points; those of degree 2 go on with the edges' middles, in
    the order of :func:`~simhelm.simulators.fem.mesh.edges_of`.

    Attributes:
        coordinates: shape (nodes, d), m.
        cell_nodes: shape (m, nodes a cell): corners, then middles of the local edges in the order
            of ``itertools.combinations``.
    """

    def __init__(self, mesh: Mesh, degree: Degree) -> None:
        if degree not in (1, 2):
            raise ValueError(f"degree: expected 1 or 2, got {degree!r}")
        self.coordinates = mesh.points
        self.cell_nodes = mesh.cells
        self._edge_number: dict[tuple[int, int], int] = {}
        if degree == 2:
            edges, cell_edges = edges_of(mesh.cells)
            first = len(mesh.points)
            self.coordinates = np.concatenate([mesh.points, mesh.points[edges].mean(axis=1)])
            self.cell_nodes = np.concatenate([mesh.cells, cell_edges + first], axis=1)
            self._edge_number = {
                (one, two): first + row for row, (one, two) in enumerate(edges.tolist())
            }

    def of_facets(self, facets: Integers) -> Integers:
        """Numbers of all nodes on facets (k, d), rising."""
        found = set(facets.ravel().tolist())
        if self._edge_number:
            pairs = itertools.combinations(range(facets.shape[1]), 2)
            for one, two in pairs:
                for low, high in np.sort(facets[:, [one, two]], axis=1).tolist():
                    found.add(self._edge_number[low, high])
        return np.array(sorted(found), dtype=np.int64)


class Assembler(Protocol):
    """What a finite-element library has to do for us; two do (scikit-fem and DOLFINx).

    Node numbers are those of :class:`Nodes`, and a node's d degrees of freedom are consecutive.
    """

    def stiffness(self, young: Floats) -> Matrix:
        """The integral of stress(u) : strain(v), N/m; ``young`` of each cell, Pa."""

    def mass(self) -> Matrix:
        """The consistent mass matrix, kg (a metre of thickness in the plane)."""

    def edge_mass(self, facets: Integers) -> Matrix:
        """The integral of u . v over facets (k, d), m^2 (m in the plane)."""

    def stress(self, young: Floats, cells: Integers) -> Matrix:
        """Stress of a displacement in ``cells``, Pa/m.

        A row is a (cell, point, component), in this order; points are those of
        :func:`stress_points`, components those of :class:`Material`.
        """


def corner_places(ours: Integers, theirs: Integers) -> Integers:
    """Where a library that sorts the corners of cells (m, d + 1) put each of ours, same shape."""
    places: Integers = np.argmax(theirs[:, None, :] == ours[:, :, None], axis=2)
    return places


def part_with_nodes(mesh: Mesh, chosen: Booleans, degree: Degree) -> tuple[Mesh, Integers]:
    """The chosen cells as a mesh, and the number of each of its nodes among the whole's."""
    part, _ = mesh.part(chosen)
    ours, theirs = Nodes(mesh, degree), Nodes(part, degree)
    numbers = np.empty(len(theirs.coordinates), dtype=np.int64)
    # A part keeps its cells' order and that of their corners.
    numbers[theirs.cell_nodes] = ours.cell_nodes[chosen]
    return part, numbers


def stress_points(dimension: int, degree: Degree) -> Floats:
    """Reference points of stress in a cell, shape (p, d): Gauss points of degree ``degree``.

    One in the middle for degree 1; d + 1 for degree 2, where linear stresses are most accurate.
    """
    if degree == 1:
        return np.full((1, dimension), 1.0 / (dimension + 1))
    low = 1.0 / 6.0 if dimension == 2 else (5.0 - np.sqrt(5.0)) / 20.0
    points = np.full((dimension + 1, dimension), low)
    points[1:] += (1.0 - (dimension + 1) * low) * np.eye(dimension)
    return points

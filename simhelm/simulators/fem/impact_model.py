"""The impacted plate, whatever solves it: its edges, its material, its load."""

from __future__ import annotations

import numpy as np

from simhelm.simulators.fem.arrays import Booleans, Floats, Integers
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.scenario import Impact, Scenario


def straight_edges(mesh: Mesh) -> tuple[Integers, Integers]:
    """Boundary facets at the least and the greatest x: the hit edge and the held one.

    Raises:
        ValueError: an edge is not straight, or touches the zone.
    """
    x = mesh.points[:, 0]
    boundary = mesh.boundary()
    zone_points = np.unique(mesh.cells[mesh.zone])
    edges = []
    for name, place in (("hit", x.min()), ("held", x.max())):
        on_edge: Booleans = np.all(np.abs(x - place)[boundary] <= 1e-9 * np.ptp(x), axis=1)
        facets: Integers = boundary[on_edge]
        if not len(facets):
            raise ValueError(f"mesh: expected a straight {name} edge, x = constant")
        if np.isin(zone_points, facets).any():
            raise ValueError(f"zone: touches the {name} edge: choose a smaller zone")
        edges.append(facets)
    return edges[0], edges[1]


def young_moduli(mesh: Mesh, material: Material, scenario: Scenario) -> Floats:
    """Young's modulus of every cell, shape (m,), Pa: nominal in the zone, random outside."""
    factor = scenario.young_factor(mesh.centroids)
    moduli: Floats = material.young * np.where(mesh.zone, 1.0, factor)
    return moduli


def unit_traction(points: Floats, impact: Impact) -> Floats:
    """Traction of unit amplitude at points (n, d), same shape, in x direction."""
    traction = np.zeros_like(points)
    traction[:, 0] = impact.profile(points)
    return traction

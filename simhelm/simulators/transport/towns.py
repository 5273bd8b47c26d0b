"""Towns that come with the package: a grid, and rings with radial roads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.simulators.transport.network import Floats, Network, make_network
from simhelm.simulators.transport.scenario import ParkingLot, Scenario, TransitLine

# Roads and services grow with the population, which is a sample: this is for 10,000 persons.
_REFERENCE_PERSONS = 10_000.0
_ROAD_CAPACITY = 330.0
_SPEED = 40.0
_BUS_SPEED = 22.0


def grid_network(
    rows: int, columns: int, *, spacing: float = 1.8, capacity: float = _ROAD_CAPACITY
) -> Network:
    """Streets both ways between neighbours; ``spacing`` in km, ``capacity`` in vehicles an hour.

    A grid of 4 by 6 has 24 nodes and 76 links.
    """
    whole_number("rows", rows)
    whole_number("columns", columns, least=2)
    node = np.arange(rows * columns).reshape(rows, columns)
    pairs = [*zip(node[:, :-1].ravel(), node[:, 1:].ravel(), strict=True)]
    pairs += [*zip(node[:-1].ravel(), node[1:].ravel(), strict=True)]
    y, x = np.divmod(node.ravel(), columns)
    return _streets(pairs, np.stack([x, y], axis=1) * spacing, capacity)


def ring_radial_network(
    rings: int, arms: int, *, spacing: float = 2.0, capacity: float = _ROAD_CAPACITY
) -> Network:
    """A centre (node 0), rings ``spacing`` km apart, and radial roads through them."""
    whole_number("rings", rings)
    whole_number("arms", arms, least=3)
    pairs = []
    places = [(0.0, 0.0)]
    for ring in range(rings):
        for arm in range(arms):
            here = 1 + ring * arms + arm
            angle = 2.0 * math.pi * arm / arms
            radius = spacing * (ring + 1)
            places.append((radius * math.cos(angle), radius * math.sin(angle)))
            pairs.append((here, 1 + ring * arms + (arm + 1) % arms))
            pairs.append((here, here - arms if ring else 0))
    return _streets(pairs, np.array(places), capacity)


def _streets(pairs: Any, coordinates: Floats, capacity: float) -> Network:
    both = np.array([pair for a, b in pairs for pair in ((a, b), (b, a))])
    tail, head = both[:, 0], both[:, 1]
    length = np.hypot(*(coordinates[tail] - coordinates[head]).T)
    return make_network(
        len(coordinates), tail, head, capacity=capacity, length=length,
        free_time=60.0 * length / _SPEED, coordinates=coordinates,
    )  # fmt: skip


def grid_town(
    rows: int = 6, columns: int = 6, *, persons: int = 10_000, seed: int = 1, **changes: Any
) -> Scenario:
    """A grid with a bus line along every second row and column, both ways.

    ``changes`` replace fields of :class:`Scenario`.
    """
    scale = persons / _REFERENCE_PERSONS
    network = grid_network(rows, columns, capacity=_ROAD_CAPACITY * scale)
    node = np.arange(rows * columns).reshape(rows, columns)
    routes = [row for row in node[::2].tolist() if len(row) > 1]
    routes += [column for column in node.T[::2].tolist() if len(column) > 1]
    corners = (node[0, 0], node[0, -1], node[-1, 0], node[-1, -1])
    return _town(network, routes, sorted({int(c) for c in corners}), scale, persons, seed, changes)


def ring_radial_town(
    rings: int = 3, arms: int = 8, *, persons: int = 10_000, seed: int = 1, **changes: Any
) -> Scenario:
    """Rings and radial roads, with a bus line through the centre along every two arms."""
    scale = persons / _REFERENCE_PERSONS
    network = ring_radial_network(rings, arms, capacity=1.4 * _ROAD_CAPACITY * scale)
    half = (arms + 1) // 2
    routes = []
    for arm in range(arms // 2):
        out = [1 + ring * arms + arm for ring in range(rings)]
        across = [1 + ring * arms + (arm + half) % arms for ring in range(rings)]
        routes.append([*out[::-1], 0, *across])
    outer = [1 + (rings - 1) * arms + arm for arm in range(0, arms, 2)]
    return _town(network, routes, outer, scale, persons, seed, changes)


def _town(
    network: Network,
    routes: list[list[int]],
    lots: list[int],
    scale: float,
    persons: int,
    seed: int,
    changes: dict[str, Any],
) -> Scenario:
    capacity = max(1, round(10 * scale))
    lines = tuple(
        _line(network, nodes, capacity) for route in routes for nodes in (route, route[::-1])
    )
    spaces = max(1, round(60 * scale))
    fields: dict[str, Any] = {
        "lines": lines,
        "lots": tuple(ParkingLot(node, spaces) for node in lots),
        "fleet": max(1, round(70 * scale)),
        **changes,
    }
    demand = _gravity(network)
    return Scenario(network, demand, persons=persons, population_seed=seed, **fields)


def _line(network: Network, nodes: list[int], capacity: int) -> TransitLine:
    assert network.coordinates is not None, "towns are drawn"
    places = network.coordinates[nodes]
    kilometres = np.hypot(*(places[1:] - places[:-1]).T)
    minutes = 60.0 * kilometres / _BUS_SPEED + 0.5
    return TransitLine(tuple(nodes), tuple(minutes.tolist()), 8.0, capacity)


def _gravity(network: Network) -> Floats:
    """Homes everywhere, work mostly in the middle, weights falling with distance."""
    assert network.coordinates is not None, "towns are drawn"
    places = network.coordinates
    distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    radius = np.hypot(*(places - places.mean(axis=0)).T)
    jobs = np.exp(-radius / max(1e-9, float(radius.mean())))
    demand: Floats = jobs[None, :] * np.exp(-distance / 4.0)
    np.fill_diagonal(demand, 0.0)
    return demand

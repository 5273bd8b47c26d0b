"""From a scenario to the arrays that the kernels work on."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import shortest_path

from simhelm.simulators.transport.kernels import state
from simhelm.simulators.transport.kernels.roads import time_tables
from simhelm.simulators.transport.kernels.transit import find_itineraries
from simhelm.simulators.transport.modes import MODES
from simhelm.simulators.transport.network import Floats, Network, star
from simhelm.simulators.transport.population import Population, draw_population
from simhelm.simulators.transport.scenario import Scenario

# Seconds by which connections with one boarding more have to be faster.
_BOARDING_PENALTY = 240.0
# Tables of routes have an entry for each pair of nodes and half hour.
_MOST_NODES = 1500


@dataclasses.dataclass
class Town:
    """The state of a simulation, made afresh for each."""

    people: Any
    roads: Any
    transit: Any
    fleet: Any
    star: tuple[Any, Any, Any]
    link_time: Floats
    free_time: Floats
    changed: Any
    cab_nodes: Any


def prepare(scenario: Scenario) -> Town:
    """All arrays of a simulation, at the state before the first day.

    Raises:
        ValueError: people cannot reach their places by road, or the network is too large.
    """
    network = scenario.network
    if network.nodes > _MOST_NODES:
        raise ValueError(
            f"network: expected at most {_MOST_NODES} nodes for simulated days, got "
            f"{network.nodes}; user_equilibrium takes larger ones"
        )
    population = draw_population(scenario)
    kilometres = _kilometres(network)
    rules = _rules(scenario)
    roads, link_time, backward = _roads(scenario, rules)
    _check_reach(population, roads.node_time[0])
    transit = _transit(scenario, kilometres)
    people = _people(scenario, population, kilometres, roads, transit)
    return Town(
        people, roads, transit, _fleet(scenario), backward, link_time,
        link_time[0].copy(), np.zeros(state.BINS, dtype=np.bool_),
        _cab_nodes(scenario, population),
    )  # fmt: skip


def _kilometres(network: Network) -> Floats:
    """Distances on foot, which may use roads against their direction, (node, node)."""
    lengths = scipy.sparse.csr_array(
        (np.maximum(network.length, 1e-9), (network.tail, network.head)),
        shape=(network.nodes, network.nodes),
    )
    found: Floats = shortest_path(lengths, method="D", directed=False)
    return found


def _rules(scenario: Scenario) -> Any:
    rules, prices = scenario.rules, scenario.prices
    table = state.draw(state.RULES, 1)
    table["walk_speed"] = rules.walk_speed / 3600.0
    table["bike_speed"] = rules.bike_speed / 3600.0
    for name in ("transit_patience", "cab_patience", "pool_window", "pool_detour", "least_stay",
                 "lot_penalty"):  # fmt: skip
        table[name] = 60.0 * getattr(rules, name)
    for name in ("stuck_time", "replanning", "transfer"):
        table[name] = getattr(rules, name)
    table["car_cost"], table["parking"] = prices.car_kilometre, prices.parking
    table["fare"], table["pool_factor"] = prices.transit_fare, prices.pooled_factor
    table["cab_base"], table["cab_km"] = prices.cab_base, prices.cab_kilometre
    table["time_factor"] = scenario.value_of_time_factor
    table["people"] = scenario.persons
    table["first_through"] = scenario.network.first_through_node
    return table


def _tournament(links: int) -> tuple[Floats, Any]:
    """Times of events, none yet, and who is first: leaves are links, up to a power of two."""
    leaves = 1 << max(1, (links - 1).bit_length())
    leaf = np.arange(leaves)
    first = np.concatenate([np.zeros(leaves, np.int64), leaf])
    for match in range(leaves - 1, 0, -1):
        first[match] = first[2 * match]
    return np.full(leaves, np.inf), first


def _heap(size: int) -> state.Heap:
    return state.Heap(np.empty(size), np.empty(size, np.int64), np.zeros(1, np.int64))


def _roads(scenario: Scenario, rules: Any) -> tuple[state.Roads, Floats, tuple[Any, Any, Any]]:
    network = scenario.network
    nodes, links = network.nodes, network.links
    capacity = network.capacity * scenario.road_capacity_factor
    link = state.draw(state.LINK, links)
    link["head"] = network.head
    link["free_time"] = 60.0 * network.free_time
    link["headway"] = 3600.0 / capacity
    # Room for a standing queue, and at least for the flow at capacity.
    room = scenario.jam_density * network.length * capacity / 1800.0
    moving = capacity * network.free_time / 60.0
    link["storage"] = np.ceil(np.maximum(room, moving + 1.0))
    backward = star(nodes, network.head, network.tail)
    parts = (backward.start, backward.link, backward.far)
    link_time = np.tile(link["free_time"], (state.BINS, 1))
    next_link = np.empty((state.BINS, nodes, nodes), np.int32)
    node_time = np.empty((state.BINS, nodes, nodes))
    first = np.zeros(state.BINS, dtype=np.bool_)
    first[0] = True
    time_tables(*parts, link_time, first, network.first_through_node, next_link, node_time)
    next_link[1:], node_time[1:] = next_link[0], node_time[0]
    vehicles = scenario.persons + scenario.fleet
    due, first_due = _tournament(links)
    sums = np.zeros((state.BINS, links)), np.zeros((state.BINS, links), np.int64)
    roads = state.Roads(
        link, state.draw(state.VEHICLE, vehicles), due, first_due, next_link, node_time, *sums,
        np.zeros(state.COUNTERS, np.int64), rules,
    )  # fmt: skip
    return roads, link_time, parts


def _check_reach(population: Population, seconds: Floats) -> None:
    for trip in range(state.MAX_TRIPS):
        used = population.trips > trip
        here, there = population.places[used, trip], population.places[used, trip + 1]
        lost = np.flatnonzero(~np.isfinite(seconds[there, here]))
        if lost.size:
            raise ValueError(
                f"demand: zone {there[lost[0]]} cannot be reached by road from zone "
                f"{here[lost[0]]} (counted from 0); add links, or take the demand out"
            )


def _transit(scenario: Scenario, kilometres: Floats) -> state.Transit:
    nodes = scenario.network.nodes
    lines, stops, runs = _lines(scenario)
    most = max((len(line.nodes) for line in scenario.lines), default=1)
    pairs, rides = (nodes, nodes), (nodes, nodes, state.MAX_RIDES)
    headway = lines["headway"].copy()
    wait = np.tile(0.5 * headway, (state.BINS, 1))
    transit = state.Transit(
        lines, stops, runs, np.full((max(1, runs.size), most), -1), np.zeros(pairs, np.int64),
        np.zeros(pairs), np.zeros(rides, np.int64), np.zeros(rides, np.int64),
        np.zeros(rides, np.int64), np.zeros((nodes, nodes, state.MAX_RIDES + 1)),
        wait, np.zeros_like(wait), np.zeros(wait.shape, np.int64),
    )  # fmt: skip
    if scenario.lines:
        _find(scenario, transit, headway)
    return transit


def _lines(scenario: Scenario) -> tuple[Any, Any, Any]:
    lines = state.draw(state.LINE, len(scenario.lines))
    stops = state.draw(state.STOP, sum(len(line.nodes) for line in scenario.lines))
    at = run = 0
    for record, line in zip(lines, scenario.lines, strict=True):
        count = 1 + int((line.ends - line.begins) * 60.0 / line.headway)
        record["first_stop"], record["stops"], record["capacity"] = (
            at, len(line.nodes), line.capacity,
        )  # fmt: skip
        record["headway"], record["begins"] = 60.0 * line.headway, 3600.0 * line.begins
        record["first_run"], record["runs"] = run, count
        stops["node"][at : at + len(line.nodes)] = line.nodes
        stops["offset"][at : at + len(line.nodes)] = 60.0 * np.cumsum([0.0, *line.minutes])
        at, run = at + len(line.nodes), run + count
    runs = state.draw(state.RUN, run)
    runs["line"] = np.repeat(np.arange(lines.size), lines["runs"])
    return lines, stops, runs


def _find(scenario: Scenario, transit: state.Transit, headway: Floats) -> None:
    """The graph of connections: walks along roads, boarding, riding, alighting."""
    network, lines, stops = scenario.network, transit.line, transit.stop
    nodes = network.nodes
    stop_line = np.repeat(np.arange(lines.size), lines["stops"])
    states = nodes + np.arange(stops.size)
    inner = np.flatnonzero(stop_line[1:] == stop_line[:-1])
    walks = network.length / scenario.rules.walk_speed * 3600.0
    near = np.concatenate(
        [network.tail, network.head, stops["node"], states, states[inner]]
    )  # fmt: skip
    far = np.concatenate(
        [network.head, network.tail, states, stops["node"], states[inner + 1]]
    )  # fmt: skip
    offset = stops["offset"].copy()
    cost = np.concatenate(
        [
            walks, walks, 0.5 * headway[stop_line] + _BOARDING_PENALTY, np.zeros(stops.size),
            offset[inner + 1] - offset[inner],
        ]
    )  # fmt: skip
    forward = star(nodes + stops.size, near, far)
    find_itineraries(
        forward.start, forward.link, forward.far, cost, stop_line, stops["node"].copy(),
        headway, offset, transit,
    )  # fmt: skip


def _fleet(scenario: Scenario) -> state.Fleet:
    people, nodes = scenario.persons, scenario.network.nodes
    learned = np.tile([300.0, 300.0 + 30.0 * scenario.rules.pool_window, 60.0], (state.BINS, 1))
    return state.Fleet(
        state.draw(state.CAB, scenario.fleet), state.draw(state.GROUP, people),
        np.zeros((people, state.MAX_RIDERS), np.int64),
        np.zeros((people, state.MAX_RIDERS), np.int64), np.zeros(people + 1, np.int64),
        np.full(nodes, -1), np.full(2, -1), np.full(2, -1), np.full(nodes, -1),
        np.zeros(nodes + 1, np.int64), np.zeros(nodes, np.int64), learned, np.zeros_like(learned),
        np.zeros(learned.shape, np.int64),
    )  # fmt: skip


def _cab_nodes(scenario: Scenario, population: Population) -> Any:
    """Where cabs stand in the morning: at homes, by lot."""
    rng = np.random.default_rng([scenario.population_seed, 1])
    return population.places[rng.integers(scenario.persons, size=scenario.fleet), 0]


def _people(
    scenario: Scenario,
    population: Population,
    kilometres: Floats,
    roads: state.Roads,
    transit: state.Transit,
) -> state.People:
    count = scenario.persons
    person = state.draw(state.PERSON, count)
    person["trips"] = population.trips
    person["value_of_time"] = population.value_of_time
    person["car"], person["bike"] = population.has_car, population.has_bike
    lot = state.draw(state.LOT, len(scenario.lots))
    lot["node"] = [lot.node for lot in scenario.lots]
    lot["spaces"] = [lot.spaces for lot in scenario.lots]
    seconds = np.where(transit.rides > 0, transit.seconds, np.inf)
    drive = np.ascontiguousarray(roads.node_time[0].T)
    full = np.zeros((state.BINS, lot.size))
    segments = (count, state.MAX_SEGMENTS)
    # A person has one event at a time at most, and so has a run.
    events = _heap(count + transit.run.size + 1)
    return state.People(
        person, population.places.astype(np.int32), population.departures,
        np.zeros((count, state.MAX_TRIPS), np.int8),
        np.zeros(segments, np.int8), np.zeros(segments, np.int32),
        np.zeros(count + 1, np.int64), _planned(population), np.zeros(1, np.int64),
        np.full(2, -1), events, lot, full, np.zeros_like(full),
        np.zeros(full.shape, np.int64), kilometres, _best_lots(scenario, drive, seconds),
        _best_hubs(scenario, drive, seconds), np.zeros(len(MODES)),
        np.zeros(len(MODES)), np.array([60.0 * scenario.rules.transit_patience]),
        np.zeros((5, len(MODES))),
    )  # fmt: skip


def _planned(population: Population) -> Any:
    """Trips by planned departure, as MAX_TRIPS x person + trip."""
    person, trip = np.nonzero(np.arange(state.MAX_TRIPS) < population.trips[:, None])
    order = np.argsort(population.departures[person, trip], kind="stable")
    return (state.MAX_TRIPS * person + trip)[order].astype(np.int32)


def _best_lots(scenario: Scenario, drive: Floats, seconds: Floats) -> Any:
    """The lot by which driving and riding from node to node is fastest, -1 for none."""
    nodes = scenario.network.nodes
    if not scenario.lots:
        return np.full((nodes, nodes), -1)
    at = np.array([lot.node for lot in scenario.lots])
    total = drive[:, at, None] + seconds[None, at, :]
    return _first_best(total)


def _best_hubs(scenario: Scenario, drive: Floats, seconds: Floats) -> Any:
    """Where a ride by cab and public transport meet: cab first, and cab last, (2, node, node)."""
    nodes = scenario.network.nodes
    at = np.array(sorted({node for line in scenario.lines for node in line.nodes}), dtype=np.int64)
    hubs = np.full((2, nodes, nodes), -1)
    if not at.size:
        return hubs
    # The cab's part is what the mode is about: not so short that one would rather walk.
    first = _first_best(drive[:, at, None] + seconds[None, at, :])
    last = _first_best(seconds[:, at, None] + drive[None, at, :])
    hubs[0] = np.where(first >= 0, at[first], -1)
    hubs[1] = np.where(last >= 0, at[last], -1)
    return hubs


def _first_best(total: Floats) -> Any:
    best = total.argmin(axis=1)
    return np.where(np.isfinite(total.min(axis=1)), best, -1)

"""Mode choice: BEAM's utilities from learned times, and draws from the logit model."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.transport.kernels.roads import bin_of
from simhelm.simulators.transport.kernels.state import wide
from simhelm.simulators.transport.kernels.transit import expected_seconds
from simhelm.simulators.transport.modes import (
    BIKE,
    CAR,
    DRIVE_TRANSIT,
    MODES,
    POOLED,
    RIDE_HAIL,
    RIDE_HAIL_TRANSIT,
    WALK,
    WALK_TRANSIT,
)

_MODES = len(MODES)
EVERY_MODE = (1 << _MODES) - 1
# The vehicle must come home, so these are chosen for a whole tour.
TOUR_MODES = (1 << BIKE) | (1 << CAR) | (1 << DRIVE_TRANSIT)
# What is left for people in the midst of a trip that went wrong.
RESCUE_MODES = (1 << WALK) | (1 << RIDE_HAIL) | (1 << POOLED) | (1 << WALK_TRANSIT)


@compiled_in_place
def uniform(seed: int, day: int, person: int, use: int) -> float:
    """A number in [0, 1) that is a function of its arguments alone (splitmix64, Steele 2014)."""
    key = np.uint64(seed)
    for part in (day, person, use):
        key = (key ^ np.uint64(part)) + np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return float(key >> np.uint64(11)) / 9007199254740992.0


@compiled_in_place
def _drive_and_ride(
    people: Any, roads: Any, transit: Any, lot: int, origin: int, goal: int, time: float
) -> tuple[float, float, int]:
    """(seconds, cost, transfers) by car to the lot and on by bus; no lot takes for ever."""
    rules = roads.rules[0]
    if lot < 0:
        return np.inf, rules.fare, 0
    part = bin_of(time)
    node = people.lot[lot].node
    seconds = roads.node_time[part, node, origin]
    seconds += expected_seconds(transit, node, goal, time)
    seconds += rules.lot_penalty * people.lot_full[part, lot]
    cost = rules.fare + rules.car_cost * people.kilometres[origin, node]
    return seconds, cost, transit.rides[node, goal] - 1


@compiled_in_place
def _hail_and_ride(
    people: Any,
    roads: Any,
    transit: Any,
    fleet: Any,
    origin: int,
    goal: int,
    time: float,
    homeward: bool,
) -> tuple[float, float, int]:
    """(seconds, cost, transfers) by cab to the hub and on by bus, or home the other way round."""
    rules = roads.rules[0]
    hub = people.hub[int(homeward), origin, goal]
    if hub < 0:
        return np.inf, rules.fare, 0
    part = bin_of(time)
    one, two = (hub, goal) if homeward else (origin, hub)
    three, four = (origin, hub) if homeward else (hub, goal)
    seconds = fleet.learned[part, 0] + roads.node_time[part, two, one]
    seconds += expected_seconds(transit, three, four, time)
    cost = rules.fare + rules.cab_base + rules.cab_km * people.kilometres[one, two]
    return seconds, cost, transit.rides[three, four] - 1


@compiled_in_place
def utility(
    mode: int,
    people: Any,
    roads: Any,
    transit: Any,
    fleet: Any,
    p: int,
    origin: int,
    goal: int,
    time: float,
    homeward: bool,
) -> float:
    """-(value of time x time + cost) + transfers, in money; minus infinity if unavailable.

    As in BEAM's ModeChoiceMultinomialLogit, where a util is a dollar; without the constant.
    """
    person = people.person[p]
    rules = roads.rules[0]
    part = bin_of(time)
    km = people.kilometres[origin, goal]
    transfers = 0
    if mode == WALK:
        seconds, cost = km / rules.walk_speed, 0.0
    elif mode == BIKE:
        seconds, cost = km / rules.bike_speed, 0.0
        if person.bike == 0:
            seconds = np.inf
    elif mode == CAR:
        seconds = roads.node_time[part, goal, origin] if person.car else np.inf
        cost = rules.car_cost * km + rules.parking
    elif mode == RIDE_HAIL:
        seconds = fleet.learned[part, 0] + roads.node_time[part, goal, origin]
        cost = rules.cab_base + rules.cab_km * km
    elif mode == POOLED:
        seconds = fleet.learned[part, 1] + fleet.learned[part, 2]
        seconds += roads.node_time[part, goal, origin]
        cost = rules.pool_factor * (rules.cab_base + rules.cab_km * km)
    elif mode == WALK_TRANSIT:
        seconds, cost = expected_seconds(transit, origin, goal, time), rules.fare
        transfers = transit.rides[origin, goal] - 1
    elif mode == DRIVE_TRANSIT:
        lot = people.lot_of[origin, goal] if person.car else -1
        seconds, cost, transfers = _drive_and_ride(people, roads, transit, lot, origin, goal, time)
    else:
        seconds, cost, transfers = _hail_and_ride(
            people, roads, transit, fleet, origin, goal, time, homeward
        )
    if (mode in (RIDE_HAIL, POOLED, RIDE_HAIL_TRANSIT)) and fleet.cab.size == 0:
        return -np.inf
    if not np.isfinite(seconds):
        return -np.inf
    worth = person.value_of_time * rules.time_factor / 3600.0
    return float(rules.transfer * transfers - (worth * seconds + cost))


@compiled_in_place
def choose_mode(
    allowed: int,
    people: Any,
    roads: Any,
    transit: Any,
    fleet: Any,
    p: int,
    origin: int,
    goal: int,
    time: float,
    homeward: bool,
    chance: float,
) -> int:
    """A draw from the logit model over the allowed modes; ``chance`` is uniform in [0, 1)."""
    values = people.utilities
    best = -np.inf
    for mode in range(_MODES):
        values[mode] = -np.inf
        if (allowed >> mode) & 1:
            values[mode] = people.constants[mode] + utility(
                mode, people, roads, transit, fleet, p, origin, goal, time, homeward
            )
            best = max(best, values[mode])
    total = 0.0
    for mode in range(_MODES):
        values[mode] = np.exp(values[mode] - best)
        total += values[mode]
    left = chance * total
    chosen = WALK
    for mode in range(_MODES):
        if values[mode] > 0.0:
            chosen = mode
            left -= values[mode]
            if left < 0.0:
                break
    return chosen


@compiled_in_place
def plan_day(people: Any, roads: Any, transit: Any, fleet: Any, seed: int, day: int) -> None:
    """On the first day everybody plans, later a random part of the people; counts the choices."""
    for p in range(people.person.size):
        if day == 0 or uniform(seed, day, p, 0) < roads.rules[0].replanning:
            _plan_tour(people, roads, transit, fleet, p, seed, day)
        for trip in range(people.person[p].trips):
            people.tally[0, people.plan[p, trip]] += 1.0


@compiled_in_place
def _plan_tour(
    people: Any, roads: Any, transit: Any, fleet: Any, p: int, seed: int, day: int
) -> None:
    trips = people.person[p].trips
    allowed = EVERY_MODE
    for trip in range(trips):
        mode = choose_mode(
            allowed, people, roads, transit, fleet, p,
            wide(people.place[p, trip]), wide(people.place[p, trip + 1]),
            people.depart[p, trip], trip == trips - 1 and trip > 0, uniform(seed, day, p, 1 + trip),
        )  # fmt: skip
        people.plan[p, trip] = mode
        if trip == 0:
            allowed = EVERY_MODE & ~TOUR_MODES
            if mode in (BIKE, CAR):
                people.plan[p, :trips] = mode
                return
    if people.plan[p, 0] == DRIVE_TRANSIT:
        people.plan[p, trips - 1] = DRIVE_TRANSIT

"""What people do on a day, as stages: walks, rides in an own car, a bus or a cab."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from simhelm.simulators.transport.kernels.roads import bin_of
from simhelm.simulators.transport.modes import (
    BIKE,
    CAR,
    DRIVE_TRANSIT,
    POOLED,
    RIDE_HAIL,
    RIDE_HAIL_TRANSIT,
    WALK,
)
from simhelm.simulators.transport.preparation import Town


@dataclasses.dataclass(frozen=True)
class Stage:
    """A part of a trip.

    Attributes:
        kind: walk, bike, drive, bus, solo or shared.
        origin, goal: nodes.
        line: of a bus, else -1.
        lot: where a car that arrives or leaves is parked, else -1.
    """

    kind: str
    origin: int
    goal: int
    line: int = -1
    lot: int = -1


@dataclasses.dataclass(frozen=True)
class Trip:
    """A trip of a person.

    Attributes:
        person, number: the first trip of a tour is 0.
        mode: as in ``MODES``; by car, where the lot of a drive to public transport is full.
        departure: planned, seconds.
        stages: in order, none that stays where it is.
    """

    person: int
    number: int
    mode: int
    departure: float
    stages: tuple[Stage, ...]


def plan_trips(town: Town) -> list[list[Trip]]:
    """Trips by person, as they are planned; spaces of lots are given away, refusals counted.

    A space is taken for the day, in the order of expected arrivals.
    """
    lots = _give_spaces(town)
    return [_tour(town, p, int(lots[p])) for p in range(town.people.person.size)]


def _give_spaces(town: Town) -> Any:
    """The lot of each person; -1 for none, -2 for a refusal."""
    people, seconds = town.people, town.roads.node_time
    given = np.full(people.person.size, -1)
    coming = []
    for p in np.flatnonzero(people.plan[:, 0] == DRIVE_TRANSIT).tolist():
        home, goal = people.place[p, 0], people.place[p, 1]
        lot, start = int(people.lot_of[home, goal]), float(people.depart[p, 0])
        node = int(people.lot["node"][lot])
        coming.append((start + float(seconds[bin_of(start), node, home]), p, lot))
    for arrival, p, lot in sorted(coming):
        full = bool(people.lot["used"][lot] >= people.lot["spaces"][lot])
        people.lot_full_sum[bin_of(arrival), lot] += full
        people.lot_count[bin_of(arrival), lot] += 1
        people.lot["used"][lot] += not full
        people.tally[2, DRIVE_TRANSIT] += full
        given[p] = -2 if full else lot
    return given


def _tour(town: Town, p: int, lot: int) -> list[Trip]:
    people = town.people
    trips = int(people.person["trips"][p])
    found = []
    for number in range(trips):
        mode = CAR if lot == -2 else int(people.plan[p, number])
        origin, goal = (int(node) for node in people.place[p, number : number + 2])
        home = number == trips - 1 and number > 0
        stages = tuple(_stages(town, mode, origin, goal, lot, homeward=home))
        found.append(Trip(p, number, mode, float(people.depart[p, number]), stages))
    return found


def _stages(
    town: Town, mode: int, origin: int, goal: int, lot: int, *, homeward: bool
) -> list[Stage]:
    simple = {BIKE: "bike", CAR: "drive", WALK: "walk", RIDE_HAIL: "solo", POOLED: "shared"}
    if mode in simple:
        stages = [Stage(simple[mode], origin, goal)]
    elif mode == RIDE_HAIL_TRANSIT:
        hub = int(town.people.hub[int(homeward), origin, goal])
        if homeward:
            stages = [*_public(town, origin, hub), Stage("solo", hub, goal)]
        else:
            stages = [Stage("solo", origin, hub), *_public(town, hub, goal)]
    elif mode == DRIVE_TRANSIT:
        node = int(town.people.lot["node"][lot])
        if homeward:
            stages = [*_public(town, origin, node), Stage("drive", node, goal, lot=lot)]
        else:
            stages = [Stage("drive", origin, node, lot=lot), *_public(town, node, goal)]
    else:
        stages = _public(town, origin, goal)
    return [stage for stage in stages if stage.origin != stage.goal]


def _public(town: Town, origin: int, goal: int) -> list[Stage]:
    """Walks and rides of the itinerary; a walk where there is none."""
    transit = town.transit
    stages, here = [], origin
    for ride in range(int(transit.rides[origin, goal])):
        begin, end = (
            int(transit.stop["node"][stops[origin, goal, ride]])
            for stops in (transit.ride_from, transit.ride_to)
        )
        stages.append(Stage("walk", here, begin))
        stages.append(Stage("bus", begin, end, line=int(transit.ride_line[origin, goal, ride])))
        here = end
    return [*stages, Stage("walk", here, goal)]

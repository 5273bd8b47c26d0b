"""What people do in a day: tours of trips, trips of segments, and new plans after a refusal."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.transport.kernels.choosing import RESCUE_MODES, choose_mode, uniform
from simhelm.simulators.transport.kernels.paths import push
from simhelm.simulators.transport.kernels.ride_hail import request
from simhelm.simulators.transport.kernels.roads import bin_of, set_out
from simhelm.simulators.transport.kernels.state import (
    AT_HOME,
    AT_LOT,
    DEPART,
    EVENT,
    FETCHED,
    FINISHED,
    FOR_DEPARTURE,
    FULLEST_LOT,
    GO_BIKE,
    GO_CAB,
    GO_DRIVE,
    GO_FETCH,
    GO_PARK,
    GO_POOL,
    GO_TRANSIT,
    GO_WALK,
    MAX_TRIPS,
    NOTHING,
    PARKED,
    STARTED,
    WALKED,
    WITH_BIKE,
    WITH_CAR,
    wide,
)
from simhelm.simulators.transport.kernels.transit import walk_to_ride
from simhelm.simulators.transport.modes import (
    BIKE,
    CAR,
    DRIVE_TRANSIT,
    POOLED,
    RIDE_HAIL,
    RIDE_HAIL_TRANSIT,
    WALK,
    WALK_TRANSIT,
)


@compiled_in_place
def _plan(people: Any, kind: int, p: int, time: float) -> None:
    events = people.events
    code = kind * EVENT + p
    events.size[0] = push(events.time, events.code, events.size[0], time, code)


@compiled_in_place
def _add(people: Any, p: int, kind: int, goal: int) -> None:
    person = people.person[p]
    people.segment[p, person.segments] = kind
    people.goal[p, person.segments] = goal
    person.segments += 1


@compiled_in_place
def _lay_out(people: Any, p: int, mode: int, goal: int, homeward: bool) -> None:
    """The segments of a trip from where the person is."""
    person = people.person[p]
    person.mode = mode
    person.segment = 0
    person.segments = 0
    node = wide(person.node)
    if mode == BIKE:
        _add(people, p, GO_BIKE, goal)
    elif mode == CAR:
        _add(people, p, GO_DRIVE, goal)
    elif mode == WALK:
        _add(people, p, GO_WALK, goal)
    elif mode == RIDE_HAIL:
        _add(people, p, GO_CAB, goal)
    elif mode == POOLED:
        _add(people, p, GO_POOL, goal)
    elif mode == WALK_TRANSIT:
        _add(people, p, GO_TRANSIT, goal)
    elif mode == RIDE_HAIL_TRANSIT:
        hub = people.hub[int(homeward), node, goal]
        _add(people, p, GO_TRANSIT if homeward else GO_CAB, hub)
        _add(people, p, GO_CAB if homeward else GO_TRANSIT, goal)
    elif person.vehicle == AT_LOT:
        _fetch(people, p, GO_TRANSIT, goal)
    else:
        person.lot = people.lot_of[node, goal]
        lot_node = people.lot[person.lot].node
        _add(people, p, GO_DRIVE, lot_node)
        _add(people, p, GO_PARK, lot_node)
        _add(people, p, GO_TRANSIT, goal)


@compiled_in_place
def _fetch(people: Any, p: int, first: int, goal: int) -> None:
    """To the lot, and home by car."""
    lot_node = people.lot[people.person[p].lot].node
    _add(people, p, first, lot_node)
    _add(people, p, GO_FETCH, lot_node)
    _add(people, p, GO_DRIVE, goal)


@compiled_in_place
def next_departure(people: Any) -> float:
    """Time of the next departure by plan, infinity if all are over."""
    place = people.next_planned[0]
    if place == people.planned.size:
        return np.inf
    code = people.planned[place]
    return float(people.depart[code // MAX_TRIPS, code % MAX_TRIPS])


@compiled_in_place
def depart_by_plan(people: Any, roads: Any, transit: Any, fleet: Any, time: float) -> None:
    """The next departure by plan takes place, unless the person is late from the trip before."""
    code = people.planned[people.next_planned[0]]
    people.next_planned[0] += 1
    p = code // MAX_TRIPS
    person = people.person[p]
    if person.waiting == FOR_DEPARTURE and person.trip == code % MAX_TRIPS:
        person.waiting = NOTHING
        depart(people, roads, transit, fleet, p, time)


@compiled_in_place
def depart(people: Any, roads: Any, transit: Any, fleet: Any, p: int, time: float) -> None:
    """Start the next trip of the tour, with the vehicle that the person has along."""
    person = people.person[p]
    trip, last = person.trip, person.trips - 1
    mode = wide(people.plan[p, trip])
    if trip == 0:
        person.vehicle = AT_HOME
        if mode in (CAR, DRIVE_TRANSIT):
            person.vehicle = WITH_CAR
        elif mode == BIKE:
            person.vehicle = WITH_BIKE
    elif person.vehicle == WITH_CAR:
        mode = CAR
    person.began = time
    person.waited = 0.0
    person.denied = 0
    person.refused = 0
    roads.counter[STARTED] += 1
    goal = wide(people.place[p, trip + 1])
    _lay_out(people, p, mode, goal, trip == last and trip > 0)
    go_on(people, roads, transit, fleet, p, time)


@compiled_in_place
def go_on(people: Any, roads: Any, transit: Any, fleet: Any, p: int, time: float) -> None:
    """Start segments until one takes time, is refused, or the trip is over."""
    person = people.person[p]
    rules = roads.rules[0]
    while person.segment < person.segments:
        kind = wide(people.segment[p, person.segment])
        node = wide(person.node)
        goal = wide(people.goal[p, person.segment])
        if kind == GO_TRANSIT and transit.rides[node, goal] == 0:
            kind = GO_WALK
            people.segment[p, person.segment] = GO_WALK
        if kind in (GO_WALK, GO_BIKE):
            speed = rules.bike_speed if kind == GO_BIKE else rules.walk_speed
            _plan(people, WALKED, p, time + people.kilometres[node, goal] / speed)
            return
        if kind == GO_DRIVE and set_out(roads, p, node, goal, time):
            return
        if kind in (GO_CAB, GO_POOL) and node != goal:
            request(fleet, roads, people, p, goal, kind == GO_POOL, time)
            return
        if kind == GO_TRANSIT:
            person.from_node = node
            person.to_node = goal
            person.ride = 0
            walk_to_ride(transit, people, p, time)
            return
        if kind == GO_PARK and not _park(people, roads, p, time):
            _drive_on(people, p)
            continue
        if kind == GO_FETCH:
            people.lot[person.lot].used -= 1
            person.vehicle = WITH_CAR
            roads.counter[FETCHED] += 1
        _next_segment(people, p)
    _arrive(people, roads, p, time)


@compiled_in_place
def _next_segment(people: Any, p: int) -> None:
    person = people.person[p]
    person.node = people.goal[p, person.segment]
    person.segment += 1


@compiled_in_place
def _park(people: Any, roads: Any, p: int, time: float) -> bool:
    person = people.person[p]
    lot = people.lot[person.lot]
    full = lot.used >= lot.spaces
    part = bin_of(time)
    people.lot_full_sum[part, person.lot] += full
    people.lot_count[part, person.lot] += 1
    if full:
        return False
    lot.used += 1
    person.vehicle = AT_LOT
    roads.counter[PARKED] += 1
    roads.counter[FULLEST_LOT] = max(roads.counter[FULLEST_LOT], lot.used)
    return True


@compiled_in_place
def _drive_on(people: Any, p: int) -> None:
    """The lot is full: the car takes the person all the way."""
    person = people.person[p]
    people.tally[2, person.mode] += 1.0
    _lay_out(people, p, CAR, wide(people.place[p, person.trip + 1]), False)


@compiled_in_place
def segment_ended(people: Any, roads: Any, transit: Any, fleet: Any, p: int, time: float) -> None:
    """Alighted, dropped or arrived: walk to the next ride, or go on with the next segment."""
    person = people.person[p]
    if people.segment[p, person.segment] == GO_TRANSIT:
        walk_to_ride(transit, people, p, time)
        return
    _next_segment(people, p)
    go_on(people, roads, transit, fleet, p, time)


@compiled_in_place
def refused(
    people: Any, roads: Any, transit: Any, fleet: Any, p: int, time: float, seed: int, day: int
) -> None:
    """Denied boarding or no cab: choose again from here, without what was refused."""
    person = people.person[p]
    person.refused = 0
    people.tally[2, person.mode] += 1.0
    kind = people.segment[p, person.segment]
    if kind == GO_TRANSIT:
        person.denied |= 1 << WALK_TRANSIT
    elif kind == GO_POOL:
        person.denied |= 1 << POOLED
    else:
        person.denied |= 1 << RIDE_HAIL
    trip = person.trip
    fetch = person.vehicle == AT_LOT and trip == person.trips - 1
    home = wide(people.place[p, trip + 1])
    goal = people.lot[person.lot].node if fetch else home
    chance = uniform(seed, day, p, 16 + 8 * trip + person.denied)
    mode = choose_mode(
        RESCUE_MODES & ~person.denied, people, roads, transit, fleet, p,
        wide(person.node), goal, time, False, chance,
    )  # fmt: skip
    _lay_out(people, p, mode, goal, False)
    if fetch:
        _add(people, p, GO_FETCH, goal)
        _add(people, p, GO_DRIVE, home)
    go_on(people, roads, transit, fleet, p, time)


@compiled_in_place
def _arrive(people: Any, roads: Any, p: int, time: float) -> None:
    """The trip is over; after a stay the next one begins."""
    person = people.person[p]
    people.tally[1, person.mode] += 1.0
    people.tally[3, person.mode] += time - person.began
    people.tally[4, person.mode] += person.waited
    roads.counter[FINISHED] += 1
    person.trip += 1
    if person.trip < person.trips:
        earliest = time + roads.rules[0].least_stay
        if earliest < people.depart[p, person.trip]:
            person.waiting = FOR_DEPARTURE
        else:
            _plan(people, DEPART, p, earliest)
    else:
        person.vehicle = AT_HOME

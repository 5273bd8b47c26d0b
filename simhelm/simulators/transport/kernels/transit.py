"""Buses and trains: runs stop, people alight, those who wait board while there are seats."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled, compiled_in_place
from simhelm.simulators.transport.kernels.paths import push, shortest_tree
from simhelm.simulators.transport.kernels.roads import bin_of
from simhelm.simulators.transport.kernels.state import (
    ALIGHTED,
    BOARDED,
    BUS,
    EVENT,
    FOR_BUS,
    FULLEST_BUS,
    MAX_RIDES,
    NOTHING,
    WALKED,
)


@compiled
def find_itineraries(
    start: Any,
    link: Any,
    far: Any,
    cost: Any,
    stop_line: Any,
    stop_node: Any,
    headway: Any,
    offset: Any,
    transit: Any,
) -> None:
    """Best connections between all nodes, from the graph of walks, boardings, rides.

    Its nodes are the road nodes and after them the stops; its costs have a penalty a boarding,
    which the times do not have. Connections with more than MAX_RIDES rides are left out.
    """
    nodes = transit.rides.shape[0]
    everything = start.size - 1
    distance = np.empty(everything)
    via = np.empty(everything, np.int64)
    tail = np.empty(link.size, np.int64)
    for node in range(everything):
        for place in range(start[node], start[node + 1]):
            tail[link[place]] = node
    times, codes = np.empty(link.size + 1), np.empty(link.size + 1, np.int64)
    for origin in range(nodes):
        shortest_tree(start, link, far, cost, origin, 0, distance, via, times, codes)
        for goal in range(nodes):
            _read_itinerary(
                origin, goal, via, tail, cost, stop_line, stop_node, headway, offset, transit
            )


@compiled_in_place
def _read_itinerary(
    origin: int,
    goal: int,
    via: Any,
    tail: Any,
    cost: Any,
    stop_line: Any,
    stop_node: Any,
    headway: Any,
    offset: Any,
    transit: Any,
) -> None:
    """Follow the tree back from the goal: first count the rides, then fill them in."""
    nodes = transit.rides.shape[0]
    rides = 0
    at = goal
    while at != origin and via[at] >= 0:
        before = tail[via[at]]
        rides += at >= nodes and before < nodes
        at = before
    if at != origin or rides > MAX_RIDES:
        return
    transit.rides[origin, goal] = rides
    ride = rides
    seconds = 0.0
    at = goal
    while at != origin:
        before = tail[via[at]]
        if at < nodes and before < nodes:
            transit.walk[origin, goal, ride] += cost[via[at]]
            seconds += cost[via[at]]
        elif at < nodes:
            ride -= 1
            transit.ride_to[origin, goal, ride] = before - nodes
            seconds += offset[before - nodes]
        elif before < nodes:
            line = stop_line[at - nodes]
            transit.ride_line[origin, goal, ride] = line
            transit.ride_from[origin, goal, ride] = at - nodes
            seconds += 0.5 * headway[line] - offset[at - nodes]
        at = before
    transit.seconds[origin, goal] = seconds


@compiled_in_place
def expected_seconds(transit: Any, origin: int, goal: int, time: float) -> float:
    """Time of the connection with the waits as learned; infinity where there is none."""
    rides = transit.rides[origin, goal]
    if rides == 0:
        return np.inf
    seconds = transit.seconds[origin, goal]
    part = bin_of(time)
    for ride in range(rides):
        line = transit.ride_line[origin, goal, ride]
        seconds += transit.wait[part, line] - 0.5 * transit.line[line].headway
    return float(seconds)


@compiled_in_place
def walk_to_ride(transit: Any, people: Any, p: int, time: float) -> None:
    """Walk to the stop of the next ride, or from the last one to the goal."""
    person = people.person[p]
    seconds = transit.walk[person.from_node, person.to_node, person.ride]
    events = people.events
    code = WALKED * EVENT + p
    events.size[0] = push(events.time, events.code, events.size[0], time + seconds, code)


@compiled_in_place
def wait_at_stop(transit: Any, people: Any, p: int, time: float) -> None:
    """Join the queue at the stop of the next ride."""
    person = people.person[p]
    stop = transit.stop[transit.ride_from[person.from_node, person.to_node, person.ride]]
    person.node = stop.node
    person.waiting = FOR_BUS
    person.waiting_since = time
    person.next = -1
    if stop.first < 0:
        stop.first = p
    else:
        people.person[stop.last].next = p
    stop.last = p
    person.before, person.after = people.at_stops[1], -1
    if person.before < 0:
        people.at_stops[0] = p
    else:
        people.person[person.before].after = p
    people.at_stops[1] = p


@compiled_in_place
def next_timeout(people: Any) -> float:
    """When somebody's patience at a stop ends next; infinity if nobody waits."""
    p = people.at_stops[0]
    return np.inf if p < 0 else people.person[p].waiting_since + people.patience[0]


@compiled_in_place
def give_up(transit: Any, people: Any, time: float) -> int:
    """Whoever waits longest leaves the stop; the person.

    All have the same patience and queue in order of arrival: nobody else stands before them.
    """
    p = people.at_stops[0]
    person = people.person[p]
    stop = transit.stop[transit.ride_from[person.from_node, person.to_node, person.ride]]
    stop.first = person.next
    _end_wait(transit, people, p, time)
    return int(p)


@compiled_in_place
def _end_wait(transit: Any, people: Any, p: int, time: float) -> None:
    person = people.person[p]
    line = transit.ride_line[person.from_node, person.to_node, person.ride]
    part = bin_of(person.waiting_since)
    transit.wait_sum[part, line] += time - person.waiting_since
    transit.wait_count[part, line] += 1
    person.waited += time - person.waiting_since
    person.waiting = NOTHING
    if person.before < 0:
        people.at_stops[0] = person.after
    else:
        people.person[person.before].after = person.after
    if person.after < 0:
        people.at_stops[1] = person.before
    else:
        people.person[person.after].before = person.before


@compiled_in_place
def plan_run(transit: Any, people: Any, run: int) -> None:
    """Have a run begin at its time."""
    line = transit.line[transit.run[run].line]
    time = line.begins + line.headway * (run - line.first_run)
    events = people.events
    events.size[0] = push(events.time, events.code, events.size[0], time, BUS * EVENT + run)


@compiled_in_place
def bus_event(transit: Any, people: Any, run: int, time: float, counter: Any) -> None:
    """A run at its next stop: alight, board, go on."""
    bus = transit.run[run]
    line = transit.line[bus.line]
    if bus.place == 0 and run + 1 < line.first_run + line.runs:
        plan_run(transit, people, run + 1)
    _alight(transit, people, run, counter)
    stop = transit.stop[line.first_stop + bus.place]
    while stop.first >= 0 and bus.aboard < line.capacity and bus.place + 1 < line.stops:
        p = stop.first
        person = people.person[p]
        stop.first = person.next
        _end_wait(transit, people, p, time)
        out = transit.ride_to[person.from_node, person.to_node, person.ride] - line.first_stop
        person.next = transit.aboard[run, out]
        transit.aboard[run, out] = p
        bus.aboard += 1
        counter[BOARDED] += 1
    counter[FULLEST_BUS] = max(counter[FULLEST_BUS], bus.aboard)
    bus.place += 1
    if bus.place < line.stops:
        ride = transit.stop[line.first_stop + bus.place].offset - stop.offset
        events = people.events
        code = BUS * EVENT + run
        events.size[0] = push(events.time, events.code, events.size[0], time + ride, code)


@compiled_in_place
def _alight(transit: Any, people: Any, run: int, counter: Any) -> None:
    """All for this stop leave the bus, and walk on when the main loop comes to them."""
    bus = transit.run[run]
    p = transit.aboard[run, bus.place]
    transit.aboard[run, bus.place] = -1
    while p >= 0:
        person = people.person[p]
        following = person.next
        person.ride += 1
        person.node = transit.stop[transit.line[bus.line].first_stop + bus.place].node
        people.ready[people.ready[-1]] = p
        people.ready[-1] += 1
        bus.aboard -= 1
        counter[ALIGHTED] += 1
        p = following

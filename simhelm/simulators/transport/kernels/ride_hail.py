"""A ride-hail fleet: requests become groups, the nearest idle cab takes one, others queue.

A solitary rider is a group that is closed at once. A pooled group waits ``pool_window`` seconds
for up to two more riders from the same node whose detour stays below ``pool_detour``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.compiled import compiled
from simhelm.simulators.transport.kernels.paths import push
from simhelm.simulators.transport.kernels.roads import bin_of, set_out
from simhelm.simulators.transport.kernels.state import (
    ASSIGNED,
    DROPPED,
    EVENT,
    FREE,
    GROUP_CLOSES,
    GROUP_TIMEOUT,
    IDLE,
    LOADED,
    MAX_RIDERS,
    OPEN,
    PICKED,
    QUEUED,
    TO_PICKUP,
)


@compiled
def request(
    fleet: Any, roads: Any, people: Any, p: int, goal: int, pooled: bool, time: float
) -> None:
    """Ask for a ride from where the person is."""
    person = people.person[p]
    person.waiting_since = time
    node = person.node
    if pooled:
        g = fleet.open_group[node]
        if g >= 0 and _joins(fleet, roads, g, p, goal, time):
            if fleet.group[g].riders == MAX_RIDERS:
                close(fleet, roads, people, g, time)
            return
    size = fleet.free_groups[-1]
    g = fleet.free_groups[size - 1]
    fleet.free_groups[-1] = size - 1
    group = fleet.group[g]
    group.state, group.origin, group.riders, group.done = OPEN, node, 1, 0
    group.pooled = pooled
    fleet.rider[g, 0] = p
    fleet.goal[g, 0] = goal
    if not pooled:
        close(fleet, roads, people, g, time)
        return
    fleet.open_group[node] = g
    group.deadline = time + roads.rules[0].pool_window
    _plan(people, GROUP_CLOSES, g, group.deadline)


@compiled
def _plan(people: Any, kind: int, g: int, time: float) -> None:
    events = people.events
    code = kind * EVENT + g
    events.size[0] = push(events.time, events.code, events.size[0], time, code)


@compiled
def _joins(fleet: Any, roads: Any, g: int, p: int, goal: int, time: float) -> bool:
    """Add a rider to an open group unless somebody's detour would be too long."""
    group = fleet.group[g]
    table = roads.node_time[bin_of(time)]
    # Nearest first; the new goal is put in its place.
    place = group.riders
    while place > 0 and table[goal, group.origin] < table[fleet.goal[g, place - 1], group.origin]:
        place -= 1
    reached = 0.0
    at = group.origin
    for k in range(group.riders + 1):
        target = goal if k == place else fleet.goal[g, k if k < place else k - 1]
        reached += table[target, at]
        if reached > table[target, group.origin] + roads.rules[0].pool_detour:
            return False
        at = target
    for k in range(group.riders, place, -1):
        fleet.goal[g, k] = fleet.goal[g, k - 1]
        fleet.rider[g, k] = fleet.rider[g, k - 1]
    fleet.goal[g, place] = goal
    fleet.rider[g, place] = p
    group.riders += 1
    return True


@compiled
def close(fleet: Any, roads: Any, people: Any, g: int, time: float) -> None:
    """End the pooling of a group: a cab, or the queue."""
    group = fleet.group[g]
    if fleet.open_group[group.origin] == g:
        fleet.open_group[group.origin] = -1
    table = roads.node_time[bin_of(time)]
    best = -1
    nearest = np.inf
    for c in range(fleet.cab.size):
        if fleet.cab[c].state == IDLE:
            away = table[group.origin, fleet.cab[c].node]
            if away < nearest:
                best, nearest = c, away
    if best >= 0:
        _assign(fleet, roads, people, best, g, time)
        return
    group.state = QUEUED
    group.deadline = time + roads.rules[0].cab_patience
    group.next = -1
    if fleet.queue[0] < 0:
        fleet.queue[0] = g
    else:
        fleet.group[fleet.queue[1]].next = g
    fleet.queue[1] = g
    _plan(people, GROUP_TIMEOUT, g, group.deadline)


@compiled
def window_ends(fleet: Any, roads: Any, people: Any, g: int, time: float) -> None:
    """Close a group whose time for pooling is over, unless it was full before."""
    if fleet.group[g].state == OPEN and fleet.group[g].deadline == time:
        close(fleet, roads, people, g, time)


@compiled
def patience_ends(fleet: Any, people: Any, g: int, time: float) -> None:
    """Turn a group away that still waits; only groups of the very same time queue before it."""
    group = fleet.group[g]
    if group.state != QUEUED or group.deadline != time:
        return
    before = -1
    at = fleet.queue[0]
    while at != g:
        before = at
        at = fleet.group[at].next
    if before < 0:
        fleet.queue[0] = group.next
    else:
        fleet.group[before].next = group.next
    if fleet.queue[1] == g:
        fleet.queue[1] = before
    for k in range(group.riders):
        _learn_wait(fleet, people, g, k, time)
        people.person[fleet.rider[g, k]].refused = 1
        _hand_back(people, fleet.rider[g, k])
    _free(fleet, g)


@compiled
def _hand_back(people: Any, p: int) -> None:
    people.ready[people.ready[-1]] = p
    people.ready[-1] += 1


@compiled
def _free(fleet: Any, g: int) -> None:
    fleet.group[g].state = FREE
    size = fleet.free_groups[-1]
    fleet.free_groups[size] = g
    fleet.free_groups[-1] = size + 1


@compiled
def _learn_wait(fleet: Any, people: Any, g: int, k: int, time: float) -> None:
    person = people.person[fleet.rider[g, k]]
    part, kind = bin_of(person.waiting_since), fleet.group[g].pooled
    fleet.learned_sum[part, kind] += time - person.waiting_since
    fleet.learned_count[part, kind] += 1
    person.waited += time - person.waiting_since


@compiled
def _assign(fleet: Any, roads: Any, people: Any, c: int, g: int, time: float) -> None:
    cab = fleet.cab[c]
    cab.state, cab.group = TO_PICKUP, g
    fleet.group[g].state = ASSIGNED
    origin = fleet.group[g].origin
    if not set_out(roads, _vehicle(people, c), cab.node, origin, time):
        cab_arrives(fleet, roads, people, c, time)


@compiled
def _vehicle(people: Any, c: int) -> int:
    """Vehicles of cabs come after those of people."""
    return int(people.person.size + c)


@compiled
def cab_arrives(fleet: Any, roads: Any, people: Any, c: int, time: float) -> None:
    """A cab is where it was going: pick up, drop, take the next group, or rest."""
    cab = fleet.cab[c]
    while True:
        g = cab.group
        group = fleet.group[g]
        if cab.state == TO_PICKUP:
            cab.node = group.origin
            _pick_up(fleet, roads, people, g, time)
            cab.state = LOADED
        else:
            cab.node = fleet.goal[g, group.done]
            _drop(fleet, roads, people, g, time)
        if group.done < group.riders:
            goal = fleet.goal[g, group.done]
        else:
            _free(fleet, g)
            g = fleet.queue[0]
            if g < 0:
                cab.state = IDLE
                return
            fleet.queue[0] = fleet.group[g].next
            fleet.group[g].state = ASSIGNED
            cab.state, cab.group = TO_PICKUP, g
            goal = fleet.group[g].origin
        if set_out(roads, _vehicle(people, c), cab.node, goal, time):
            return


@compiled
def _pick_up(fleet: Any, roads: Any, people: Any, g: int, time: float) -> None:
    for k in range(fleet.group[g].riders):
        _learn_wait(fleet, people, g, k, time)
        people.person[fleet.rider[g, k]].boarded_at = time
        roads.counter[PICKED] += 1


@compiled
def _drop(fleet: Any, roads: Any, people: Any, g: int, time: float) -> None:
    group = fleet.group[g]
    p = fleet.rider[g, group.done]
    person = people.person[p]
    if group.pooled:
        part = bin_of(person.boarded_at)
        direct = roads.node_time[part, fleet.goal[g, group.done], group.origin]
        fleet.learned_sum[part, 2] += max(0.0, time - person.boarded_at - direct)
        fleet.learned_count[part, 2] += 1
    group.done += 1
    roads.counter[DROPPED] += 1
    _hand_back(people, p)

"""A ride-hail fleet: requests become groups, the nearest idle cab takes one, others queue.

A solitary rider is a group that is closed at once. A pooled group waits ``pool_window`` seconds
for up to two more riders from the same node whose detour stays below ``pool_detour``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.transport.kernels.roads import bin_of, set_out
from simhelm.simulators.transport.kernels.state import (
    ASSIGNED,
    DROPPED,
    FREE,
    IDLE,
    LOADED,
    MAX_RIDERS,
    OPEN,
    PICKED,
    QUEUED,
    TO_PICKUP,
    wide,
)


@compiled_in_place
def request(
    fleet: Any, roads: Any, people: Any, p: int, goal: int, pooled: bool, time: float
) -> None:
    """Ask for a ride from where the person is."""
    person = people.person[p]
    person.waiting_since = time
    node = wide(person.node)
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
    _open(fleet, g, time + roads.rules[0].pool_window)


@compiled_in_place
def _open(fleet: Any, g: int, deadline: float) -> None:
    """Let others join a group until its deadline, which is after those of all open groups."""
    group = fleet.group[g]
    group.deadline = deadline
    group.before, group.after = fleet.windows[1], -1
    if group.before < 0:
        fleet.windows[0] = g
    else:
        fleet.group[group.before].after = g
    fleet.windows[1] = g
    fleet.open_group[group.origin] = g


@compiled_in_place
def _end_window(fleet: Any, g: int) -> None:
    group = fleet.group[g]
    if group.before < 0:
        fleet.windows[0] = group.after
    else:
        fleet.group[group.before].after = group.after
    if group.after < 0:
        fleet.windows[1] = group.before
    else:
        fleet.group[group.after].before = group.before
    if fleet.open_group[group.origin] == g:
        fleet.open_group[group.origin] = -1


@compiled_in_place
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


@compiled_in_place
def close(fleet: Any, roads: Any, people: Any, g: int, time: float) -> None:
    """End the pooling of a group: a cab, or the queue."""
    group = fleet.group[g]
    if group.pooled:
        _end_window(fleet, g)
    node = _nearest_idle(fleet, roads, group.origin, time)
    if node >= 0:
        c = fleet.idle[node]
        _end_rest(fleet, c)
        _assign(fleet, roads, people, c, g, time)
        return
    group.state = QUEUED
    group.deadline = time + roads.rules[0].cab_patience
    group.next = -1
    if fleet.queue[0] < 0:
        fleet.queue[0] = g
    else:
        fleet.group[fleet.queue[1]].next = g
    fleet.queue[1] = g


@compiled_in_place
def _nearest_idle(fleet: Any, roads: Any, origin: int, time: float) -> int:
    """The node with an idle cab from which the way is shortest, the lowest of equals; or -1."""
    away = roads.node_time[bin_of(time), origin]
    best = -1
    for place in range(fleet.idle_nodes[-1]):
        node = fleet.idle_nodes[place]
        if best < 0 or away[node] < away[best] or (away[node] == away[best] and node < best):
            best = node
    return best if best >= 0 and np.isfinite(away[best]) else -1


@compiled_in_place
def rest(fleet: Any, c: int) -> None:
    """Let a cab stand where it is until it is wanted."""
    cab = fleet.cab[c]
    cab.state = IDLE
    cab.next = fleet.idle[cab.node]
    if cab.next < 0:
        count = fleet.idle_nodes[-1]
        fleet.idle_nodes[count] = cab.node
        fleet.idle_place[cab.node] = count
        fleet.idle_nodes[-1] = count + 1
    fleet.idle[cab.node] = c


@compiled_in_place
def _end_rest(fleet: Any, c: int) -> None:
    """The cab that came last to its node leaves the others there."""
    cab = fleet.cab[c]
    fleet.idle[cab.node] = cab.next
    if cab.next < 0:
        count = fleet.idle_nodes[-1] - 1
        moved = fleet.idle_nodes[count]
        fleet.idle_nodes[fleet.idle_place[cab.node]] = moved
        fleet.idle_place[moved] = fleet.idle_place[cab.node]
        fleet.idle_nodes[-1] = count


@compiled_in_place
def next_window_end(fleet: Any) -> float:
    """When the first open group closes; infinity if there is none."""
    g = fleet.windows[0]
    return np.inf if g < 0 else fleet.group[g].deadline


@compiled_in_place
def next_patience_end(fleet: Any) -> float:
    """When the first group that waits for a cab is turned away; infinity if there is none."""
    g = fleet.queue[0]
    return np.inf if g < 0 else fleet.group[g].deadline


@compiled_in_place
def patience_ends(fleet: Any, people: Any, time: float) -> None:
    """Turn the first group away that waits for a cab."""
    g = fleet.queue[0]
    group = fleet.group[g]
    fleet.queue[0] = group.next
    for k in range(group.riders):
        _learn_wait(fleet, people, g, k, time)
        people.person[fleet.rider[g, k]].refused = 1
        _hand_back(people, fleet.rider[g, k])
    _free(fleet, g)


@compiled_in_place
def _hand_back(people: Any, p: int) -> None:
    people.ready[people.ready[-1]] = p
    people.ready[-1] += 1


@compiled_in_place
def _free(fleet: Any, g: int) -> None:
    fleet.group[g].state = FREE
    size = fleet.free_groups[-1]
    fleet.free_groups[size] = g
    fleet.free_groups[-1] = size + 1


@compiled_in_place
def _learn_wait(fleet: Any, people: Any, g: int, k: int, time: float) -> None:
    person = people.person[fleet.rider[g, k]]
    part, kind = bin_of(person.waiting_since), fleet.group[g].pooled
    fleet.learned_sum[part, kind] += time - person.waiting_since
    fleet.learned_count[part, kind] += 1
    person.waited += time - person.waiting_since


@compiled_in_place
def _assign(fleet: Any, roads: Any, people: Any, c: int, g: int, time: float) -> None:
    cab = fleet.cab[c]
    cab.state, cab.group = TO_PICKUP, g
    fleet.group[g].state = ASSIGNED
    origin = fleet.group[g].origin
    if not set_out(roads, _vehicle(people, c), cab.node, origin, time):
        cab_arrives(fleet, roads, people, c, time)


@compiled_in_place
def _vehicle(people: Any, c: int) -> int:
    """Vehicles of cabs come after those of people."""
    return int(people.person.size + c)


@compiled_in_place
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
                rest(fleet, c)
                return
            fleet.queue[0] = fleet.group[g].next
            fleet.group[g].state = ASSIGNED
            cab.state, cab.group = TO_PICKUP, g
            goal = fleet.group[g].origin
        if set_out(roads, _vehicle(people, c), cab.node, goal, time):
            return


@compiled_in_place
def _pick_up(fleet: Any, roads: Any, people: Any, g: int, time: float) -> None:
    for k in range(fleet.group[g].riders):
        _learn_wait(fleet, people, g, k, time)
        people.person[fleet.rider[g, k]].boarded_at = time
        roads.counter[PICKED] += 1


@compiled_in_place
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

"""Links as point queues with storage: vehicles travel, wait for the outflow, spill back.

A link's vehicles leave in order. The first one leaves when it has travelled the link, when the
headway of the outflow has passed since the one before, and when the next link has room; a link
that is blocked for ``stuck_time`` lets one vehicle pass all the same, so that gridlock ends.
Vehicles that start at a node do not wait for room.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled, compiled_in_place
from simhelm.simulators.transport.kernels.paths import shortest_tree
from simhelm.simulators.transport.kernels.state import (
    BIN_SECONDS,
    BINS,
    ENTERED,
    FORCED,
    FULLEST_LINK,
    LEFT,
    LINK_EVENTS,
    wide,
)


@compiled_in_place
def bin_of(time: float) -> int:
    """The half hour of the day."""
    return min(int(time / BIN_SECONDS), BINS - 1)


@compiled_in_place
def release_time(ready: float, previous: float, headway: float) -> float:
    """When the first vehicle of a queue may leave: travelled, and a headway after the last."""
    return max(ready, previous + headway)


@compiled_in_place
def exit_times(arrivals: Any, free_time: float, headway: float, exits: Any) -> None:
    """Exits from a point queue for arrivals in order."""
    previous = -np.inf
    for i in range(arrivals.size):
        previous = release_time(arrivals[i] + free_time, previous, headway)
        exits[i] = previous


@compiled
def time_tables(
    start: Any,
    link: Any,
    far: Any,
    link_time: Any,
    changed: Any,
    first_through: int,
    next_link: Any,
    node_time: Any,
) -> None:
    """Routes to every node in every half hour in which a link's time changed."""
    nodes = start.size - 1
    times = np.empty(link.size + 1)
    codes = np.empty(link.size + 1, np.int64)
    for part in range(link_time.shape[0]):
        if changed[part]:
            for goal in range(nodes):
                shortest_tree(
                    start, link, far, link_time[part], goal, first_through,
                    node_time[part, goal], next_link[part, goal], times, codes,
                )  # fmt: skip


@compiled_in_place
def _schedule(roads: Any, link: int, time: float) -> None:
    """Have the link looked at then, whatever was planned before; infinity for never.

    Links compete in a tournament (Knuth, The Art of Computer Programming 5.4.1): of two with the
    same time the one with the lower number wins.
    """
    due, first = roads.due, roads.first_due
    due[link] = time
    match = (due.size + link) >> 1
    while match > 0:
        winner, other = first[2 * match], first[2 * match + 1]
        if due[other] < due[winner]:
            winner = other
        if first[match] == winner and winner != link:
            break
        first[match] = winner
        match >>= 1


@compiled_in_place
def enter(roads: Any, vehicle: int, link: int, time: float) -> None:
    """Put a vehicle at the end of a link's queue."""
    entered = roads.link[link]
    moving = roads.vehicle[vehicle]
    moving.ready = time + entered.free_time
    moving.entered = time
    moving.next = -1
    if entered.count == 0:
        entered.first = vehicle
        _schedule(roads, link, release_time(moving.ready, entered.open_at, entered.headway))
    else:
        roads.vehicle[entered.last].next = vehicle
    entered.last = vehicle
    entered.count += 1
    entered.volume += 1
    roads.counter[FULLEST_LINK] = max(roads.counter[FULLEST_LINK], entered.count)


@compiled_in_place
def set_out(roads: Any, vehicle: int, node: int, goal: int, time: float) -> bool:
    """Start a vehicle at a node; False if it is there already."""
    if node == goal:
        return False
    roads.vehicle[vehicle].goal = goal
    roads.counter[ENTERED] += 1
    enter(roads, vehicle, wide(roads.next_link[bin_of(time), goal, node]), time)
    return True


@compiled_in_place
def link_event(roads: Any, time: float, link: int) -> int:
    """Let the link's first vehicle leave if it may; the vehicle if that was its goal, else -1."""
    here = roads.link[link]
    roads.counter[LINK_EVENTS] += 1
    vehicle = here.first
    goal = wide(roads.vehicle[vehicle].goal)
    onward = wide(-1)
    if here.head != goal:
        onward = roads.next_link[bin_of(time), goal, here.head]
        if roads.link[onward].count >= roads.link[onward].storage:
            if not _is_stuck(roads, link, onward, time):
                return -1
            roads.counter[FORCED] += 1
    _leave(roads, link, time)
    if onward >= 0:
        enter(roads, vehicle, onward, time)
        return -1
    roads.counter[LEFT] += 1
    return int(vehicle)


@compiled_in_place
def _is_stuck(roads: Any, link: int, onward: int, time: float) -> bool:
    """Whether a blocked link has waited long enough; if not, it waits."""
    here = roads.link[link]
    if here.blocked_since < 0.0:
        here.blocked_since = time
    due = here.blocked_since + roads.rules[0].stuck_time
    if time >= due:
        return True
    if here.waits_for < 0:
        here.waits_for = onward
        here.next_waiter = -1
        ahead = roads.link[onward]
        if ahead.waiters < 0:
            ahead.waiters = link
        else:
            roads.link[ahead.last_waiter].next_waiter = link
        ahead.last_waiter = link
    _schedule(roads, link, due)
    return False


@compiled_in_place
def _leave(roads: Any, link: int, time: float) -> None:
    """Take the first vehicle off a link, wake a link that waits for room, plan the next exit."""
    here = roads.link[link]
    first = roads.vehicle[here.first]
    part = bin_of(first.entered)
    roads.time_sum[part, link] += time - first.entered
    roads.time_count[part, link] += 1
    here.first = first.next
    here.count -= 1
    here.open_at = time
    here.blocked_since = -1.0
    if here.waits_for >= 0:
        _forget_waiter(roads, link)
    due = np.inf
    if here.count > 0:
        due = max(time, release_time(roads.vehicle[here.first].ready, time, here.headway))
    _schedule(roads, link, due)
    if here.waiters >= 0 and here.count < here.storage:
        woken = here.waiters
        _forget_waiter(roads, woken)
        _schedule(roads, woken, time)


@compiled_in_place
def _forget_waiter(roads: Any, link: int) -> None:
    """Take a link out of the list of those that wait for room on the same link."""
    ahead = roads.link[roads.link[link].waits_for]
    previous = -1
    at = ahead.waiters
    while at != link:
        previous = at
        at = roads.link[at].next_waiter
    following = roads.link[link].next_waiter
    if previous < 0:
        ahead.waiters = following
    else:
        roads.link[previous].next_waiter = following
    if ahead.last_waiter == link:
        ahead.last_waiter = previous
    roads.link[link].waits_for = -1

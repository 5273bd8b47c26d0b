"""The events of a day in order of time, and what people learn from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.transport.kernels.choosing import plan_day
from simhelm.simulators.transport.kernels.paths import drop_first
from simhelm.simulators.transport.kernels.persons import (
    depart,
    depart_by_plan,
    go_on,
    next_departure,
    refused,
    segment_ended,
)
from simhelm.simulators.transport.kernels.reference import reference
from simhelm.simulators.transport.kernels.ride_hail import (
    cab_arrives,
    close,
    next_patience_end,
    next_window_end,
    patience_ends,
    rest,
)
from simhelm.simulators.transport.kernels.roads import link_event
from simhelm.simulators.transport.kernels.state import (
    ABANDONED,
    DEPART,
    EVENT,
    FINISHED,
    FOR_DEPARTURE,
    GO_TRANSIT,
    HORIZON,
    STARTED,
    WALKED,
)
from simhelm.simulators.transport.kernels.transit import (
    bus_event,
    give_up,
    next_timeout,
    plan_run,
    wait_at_stop,
)

# Seconds below which a learned time takes its mean at once, so that quiet hours come to rest.
_SETTLED = 1e-3


@compiled_in_place
def play_day(
    people: Any,
    roads: Any,
    transit: Any,
    fleet: Any,
    cab_nodes: Any,
    seed: int,
    day: int,
) -> None:
    """A whole day: everybody plans, and then does it.

    Args:
        people, roads, transit, fleet: named tuples of arrays, changed in place.
        cab_nodes: where cabs stand in the morning.
    """
    p, r, t, f = reference(people), reference(roads), reference(transit), reference(fleet)
    _start_day(p, r, t, f, cab_nodes)
    plan_day(p, r, t, f, seed, day)
    _run_day(p, r, t, f, seed, day)


@compiled_in_place
def plan_only(people: Any, roads: Any, transit: Any, fleet: Any, seed: int, day: int) -> None:
    """Everybody plans, for a back end that moves them itself; arguments as of ``play_day``."""
    plan_day(reference(people), reference(roads), reference(transit), reference(fleet), seed, day)


@compiled_in_place
def _start_day(people: Any, roads: Any, transit: Any, fleet: Any, cab_nodes: Any) -> None:
    """Everybody at home, all roads, buses and lots empty, cabs where they stand."""
    for p in range(people.person.size):
        person = people.person[p]
        person.trip = 0
        person.node = people.place[p, 0]
        person.vehicle = 0
        person.waiting = FOR_DEPARTURE
        person.refused = 0
    people.ready[-1] = 0
    people.next_planned[0] = 0
    people.at_stops[:] = -1
    people.events.size[0] = 0
    people.tally[:] = 0.0
    people.lot_full_sum[:] = 0.0
    people.lot_count[:] = 0
    for lot in range(people.lot.size):
        people.lot[lot].used = 0
    _empty_roads(roads)
    _empty_transit(transit)
    _empty_fleet(fleet, cab_nodes)
    for line in range(transit.line.size):
        plan_run(transit, people, transit.line[line].first_run)


@compiled_in_place
def _empty_roads(roads: Any) -> None:
    roads.due[:] = np.inf
    roads.time_sum[:] = 0.0
    roads.time_count[:] = 0
    roads.counter[:] = 0
    for place in range(roads.link.size):
        link = roads.link[place]
        link.count = 0
        link.volume = 0
        link.open_at = -np.inf
        link.blocked_since = -1.0
        link.waiters = -1
        link.waits_for = -1


@compiled_in_place
def _empty_transit(transit: Any) -> None:
    transit.aboard[:] = -1
    transit.wait_sum[:] = 0.0
    transit.wait_count[:] = 0
    for stop in range(transit.stop.size):
        transit.stop[stop].first = -1
    for run in range(transit.run.size):
        transit.run[run].place = 0
        transit.run[run].aboard = 0


@compiled_in_place
def _empty_fleet(fleet: Any, cab_nodes: Any) -> None:
    groups = fleet.group.size
    for g in range(groups):
        fleet.free_groups[g] = groups - 1 - g
    fleet.free_groups[-1] = groups
    fleet.open_group[:] = -1
    fleet.windows[:] = -1
    fleet.queue[:] = -1
    fleet.idle[:] = -1
    fleet.idle_nodes[-1] = 0
    fleet.learned_sum[:] = 0.0
    fleet.learned_count[:] = 0
    for c in range(fleet.cab.size):
        fleet.cab[c].node = cab_nodes[c]
        rest(fleet, c)


@compiled_in_place
def _run_day(people: Any, roads: Any, transit: Any, fleet: Any, seed: int, day: int) -> None:
    """Play all events until nothing is left to happen, or the horizon.

    Of events at the same time those of links come first, then those of other kinds in the order
    in which they are asked for here.
    """
    events = people.events
    while True:
        link_time = roads.due[roads.first_due[1]]
        plan_time = next_departure(people)
        heap_time = events.time[0] if events.size[0] > 0 else np.inf
        patience_time = min(next_timeout(people), next_patience_end(fleet))
        window_time = next_window_end(fleet)
        time = min(link_time, plan_time, heap_time, patience_time, window_time)
        if time > HORIZON:
            break
        if link_time == time:
            _link_event(people, roads, transit, fleet, time)
        elif plan_time == time:
            depart_by_plan(people, roads, transit, fleet, time)
        elif heap_time == time:
            code = events.code[0]
            events.size[0] = drop_first(events.time, events.code, events.size[0])
            _heap_event(people, roads, transit, fleet, code // EVENT, code % EVENT, time)
        elif window_time == time:
            close(fleet, roads, people, fleet.windows[0], time)
        elif next_timeout(people) == time:
            refused(people, roads, transit, fleet, give_up(transit, people, time), time, seed, day)
        else:
            patience_ends(fleet, people, time)
        _settle(people, roads, transit, fleet, time, seed, day)
    roads.counter[ABANDONED] = roads.counter[STARTED] - roads.counter[FINISHED]


@compiled_in_place
def _link_event(people: Any, roads: Any, transit: Any, fleet: Any, time: float) -> None:
    commuters = people.person.size
    vehicle = link_event(roads, time, roads.first_due[1])
    if 0 <= vehicle < commuters:
        segment_ended(people, roads, transit, fleet, vehicle, time)
    elif vehicle >= commuters:
        cab_arrives(fleet, roads, people, vehicle - commuters, time)


@compiled_in_place
def _heap_event(
    people: Any, roads: Any, transit: Any, fleet: Any, kind: int, who: int, time: float
) -> None:
    if kind == DEPART:
        depart(people, roads, transit, fleet, who, time)
    elif kind == WALKED:
        _walked(people, roads, transit, fleet, who, time)
    else:
        bus_event(transit, people, who, time, roads.counter)


@compiled_in_place
def _walked(people: Any, roads: Any, transit: Any, fleet: Any, p: int, time: float) -> None:
    person = people.person[p]
    riding = people.segment[p, person.segment] == GO_TRANSIT
    if riding and person.ride < transit.rides[person.from_node, person.to_node]:
        wait_at_stop(transit, people, p, time)
        return
    person.node = people.goal[p, person.segment]
    person.segment += 1
    go_on(people, roads, transit, fleet, p, time)


@compiled_in_place
def _settle(
    people: Any, roads: Any, transit: Any, fleet: Any, time: float, seed: int, day: int
) -> None:
    """Let those go on who alighted, were dropped or turned away just now."""
    while people.ready[-1] > 0:
        people.ready[-1] -= 1
        p = people.ready[people.ready[-1]]
        if people.person[p].refused:
            refused(people, roads, transit, fleet, p, time, seed, day)
        else:
            segment_ended(people, roads, transit, fleet, p, time)


@compiled_in_place
def learn(learned: Any, total: Any, count: Any, weight: float) -> None:
    """Move learned means towards those of the day, by a weight between 0 and 1 (in place)."""
    rows, columns = learned.shape
    for row in range(rows):
        for column in range(columns):
            if count[row, column] > 0:
                mean = total[row, column] / count[row, column]
                learned[row, column] += weight * (mean - learned[row, column])


@compiled_in_place
def learn_links(
    link_time: Any, free_time: Any, total: Any, count: Any, weight: float, changed: Any
) -> None:
    """The same for links, which without vehicles return to free flow; marks the half hours."""
    rows, columns = link_time.shape
    for row in range(rows):
        changed[row] = False
        for column in range(columns):
            mean = free_time[column]
            if count[row, column] > 0:
                mean = total[row, column] / count[row, column]
            step = weight * (mean - link_time[row, column])
            if abs(step) < _SETTLED:
                step = mean - link_time[row, column]
            if step != 0.0:
                link_time[row, column] += step
                changed[row] = True

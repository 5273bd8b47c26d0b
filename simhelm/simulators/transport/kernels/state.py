"""The state of a simulated day: records of people, links, buses and cabs, in named groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.experimental import structref

from simhelm.compiled import compiled

# Learned times are kept by half hours of the day; later times belong to the last one.
BIN_SECONDS = 1800.0
BINS = 48
HORIZON = 36 * 3600.0
MAX_TRIPS = 3
MAX_RIDES = 3
MAX_SEGMENTS = 4
MAX_RIDERS = 3

# Kinds of events of people, buses and cabs; links have a heap of their own.
DEPART, WALKED, BUS, TRANSIT_TIMEOUT, GROUP_CLOSES, GROUP_TIMEOUT = range(6)
EVENT = 1 << 40

# Segments that trips are made of.
GO_WALK, GO_BIKE, GO_DRIVE, GO_CAB, GO_POOL, GO_TRANSIT, GO_PARK, GO_FETCH = range(8)

# Where a person's vehicle is.
AT_HOME, WITH_CAR, WITH_BIKE, AT_LOT = range(4)

# States of groups of riders, and of cabs.
OPEN, QUEUED, ASSIGNED, FREE = range(4)
IDLE, TO_PICKUP, LOADED = range(3)

# Counters of the conservation account.
(
    STARTED, FINISHED, ENTERED, LEFT, BOARDED, ALIGHTED, PARKED, FETCHED, PICKED, DROPPED,
    FORCED, LINK_EVENTS, FULLEST_BUS, FULLEST_LOT, FULLEST_LINK, ABANDONED,
) = range(16)  # fmt: skip
COUNTERS = 16

PERSON = np.dtype(
    [
        ("trips", np.int64), ("value_of_time", np.float64), ("car", np.int64), ("bike", np.int64),
        ("trip", np.int64), ("node", np.int64), ("mode", np.int64), ("vehicle", np.int64),
        ("lot", np.int64), ("segment", np.int64), ("segments", np.int64), ("denied", np.int64),
        ("refused", np.int64), ("began", np.float64), ("waiting_since", np.float64),
        ("waited", np.float64), ("boarded_at", np.float64), ("ride", np.int64),
        ("from_node", np.int64), ("to_node", np.int64), ("waiting", np.int64),
        ("next", np.int64), ("transfers", np.int64),
    ]
)  # fmt: skip
LINK = np.dtype(
    [
        ("head", np.int64), ("free_time", np.float64), ("headway", np.float64),
        ("storage", np.int64), ("count", np.int64), ("first", np.int64), ("last", np.int64),
        ("open_at", np.float64), ("event_at", np.float64), ("blocked_since", np.float64),
        ("waiters", np.int64), ("last_waiter", np.int64), ("next_waiter", np.int64),
        ("waits_for", np.int64), ("volume", np.int64),
    ]
)  # fmt: skip
VEHICLE = np.dtype(
    [
        ("goal", np.int64), ("next", np.int64), ("ready", np.float64), ("entered", np.float64),
    ]
)  # fmt: skip
LINE = np.dtype(
    [
        ("first_stop", np.int64), ("stops", np.int64), ("capacity", np.int64),
        ("headway", np.float64), ("begins", np.float64), ("runs", np.int64),
        ("first_run", np.int64),
    ]
)  # fmt: skip
STOP = np.dtype(
    [("node", np.int64), ("offset", np.float64), ("first", np.int64), ("last", np.int64)]
)
RUN = np.dtype([("line", np.int64), ("place", np.int64), ("aboard", np.int64)])
GROUP = np.dtype(
    [
        ("state", np.int64), ("origin", np.int64), ("riders", np.int64), ("done", np.int64),
        ("deadline", np.float64), ("next", np.int64), ("pooled", np.int64),
    ]
)  # fmt: skip
CAB = np.dtype([("state", np.int64), ("node", np.int64), ("group", np.int64)])
LOT = np.dtype([("node", np.int64), ("spaces", np.int64), ("used", np.int64)])

RULES = np.dtype(
    [
        ("walk_speed", np.float64), ("bike_speed", np.float64), ("transit_patience", np.float64),
        ("cab_patience", np.float64), ("pool_window", np.float64), ("pool_detour", np.float64),
        ("stuck_time", np.float64), ("least_stay", np.float64), ("replanning", np.float64),
        ("car_cost", np.float64), ("parking", np.float64), ("fare", np.float64),
        ("cab_base", np.float64), ("cab_km", np.float64), ("pool_factor", np.float64),
        ("transfer", np.float64), ("time_factor", np.float64), ("people", np.int64),
        ("first_through", np.int64), ("lot_penalty", np.float64),
    ]
)  # fmt: skip


class Heap(NamedTuple):
    """Events by time: times, codes, and their number in ``size[0]``."""

    time: Any
    code: Any
    size: Any


class Roads(NamedTuple):
    """Links and the vehicles on them; times of links and between nodes as learned so far."""

    link: Any
    vehicle: Any
    events: Heap
    next_link: Any  # (bins, goal, node)
    node_time: Any  # seconds, (bins, goal, node)
    time_sum: Any  # (bins, links)
    time_count: Any  # (bins, links)
    counter: Any
    rules: Any


class Transit(NamedTuple):
    """Lines, their stops and runs, and the itineraries between nodes."""

    line: Any
    stop: Any
    run: Any
    aboard: Any  # head of the chain of people to alight, (runs, most stops of a line)
    rides: Any  # (from, to), 0 where there is no connection
    seconds: Any  # scheduled, (from, to)
    ride_line: Any  # (from, to, ride)
    ride_from: Any  # stop, (from, to, ride)
    ride_to: Any  # stop, (from, to, ride)
    walk: Any  # seconds before each ride and after the last one, (from, to, rides + 1)
    wait: Any  # learned seconds, (bins, lines)
    wait_sum: Any
    wait_count: Any


class Fleet(NamedTuple):
    """Ride-hail vehicles and the groups of people that they serve."""

    cab: Any
    group: Any
    rider: Any  # (groups, 3)
    goal: Any  # (groups, 3)
    free_groups: Any  # a stack; its size is the last entry
    open_group: Any  # by node, -1 for none
    queue: Any  # first and last group that wait for a cab
    learned: Any  # seconds (bins, 3): wait, wait of pooled rides, their detour
    learned_sum: Any
    learned_count: Any


class People(NamedTuple):
    """Persons, their tours and what they do at the moment."""

    person: Any
    place: Any  # nodes, (people, 4)
    depart: Any  # seconds, (people, 3)
    plan: Any  # modes, (people, 3)
    segment: Any  # kinds, (people, 4)
    goal: Any  # nodes, (people, 4)
    ready: Any  # people whose segment ended, a stack; its size is the last entry
    events: Heap
    lot: Any
    lot_full: Any  # learned share of refusals, (bins, lots)
    lot_full_sum: Any
    lot_count: Any
    kilometres: Any  # walking and cycling, (node, node)
    lot_of: Any  # lot for a drive from node to node, (node, node), -1 for none
    hub: Any  # node where rides and transit meet, (2, node, node), -1 for none
    constants: Any
    patience: Any  # seconds at a stop, one number
    tally: Any  # (5, modes): chosen, realised, denials, seconds, seconds waited


def draw(dtype: np.dtype[Any], count: int) -> Any:
    """Records of zeros."""
    return np.zeros(count, dtype=dtype)


# Numba's own is not typed.
_define_proxy: Any = structref.define_proxy

# Kernels hand each other one pointer a group: by value, every call would copy all its arrays
# and count their references.


@structref.register
class HeapType(types.StructRef):
    """The type of a reference to :class:`Heap` in compiled code."""


class HeapReference(structref.StructRefProxy):
    """A :class:`Heap` that kernels pass as one pointer."""


_define_proxy(HeapReference, HeapType, list(Heap._fields))


@structref.register
class RoadsType(types.StructRef):
    """The type of a reference to :class:`Roads` in compiled code."""


class RoadsReference(structref.StructRefProxy):
    """A :class:`Roads` that kernels pass as one pointer."""


_define_proxy(RoadsReference, RoadsType, list(Roads._fields))


@structref.register
class TransitType(types.StructRef):
    """The type of a reference to :class:`Transit` in compiled code."""


class TransitReference(structref.StructRefProxy):
    """A :class:`Transit` that kernels pass as one pointer."""


_define_proxy(TransitReference, TransitType, list(Transit._fields))


@structref.register
class FleetType(types.StructRef):
    """The type of a reference to :class:`Fleet` in compiled code."""


class FleetReference(structref.StructRefProxy):
    """A :class:`Fleet` that kernels pass as one pointer."""


_define_proxy(FleetReference, FleetType, list(Fleet._fields))


@structref.register
class PeopleType(types.StructRef):
    """The type of a reference to :class:`People` in compiled code."""


class PeopleReference(structref.StructRefProxy):
    """A :class:`People` that kernels pass as one pointer."""


_define_proxy(PeopleReference, PeopleType, list(People._fields))


@compiled
def heap_reference(heap: Any) -> Any:
    """Refer to the arrays of a group."""
    return HeapReference(  # type: ignore[no-untyped-call]
        heap.time, heap.code, heap.size
    )


@compiled
def roads_reference(roads: Any) -> Any:
    """Refer to the arrays of a group."""
    return RoadsReference(  # type: ignore[no-untyped-call]
        roads.link,
        roads.vehicle,
        heap_reference(roads.events),
        roads.next_link,
        roads.node_time,
        roads.time_sum,
        roads.time_count,
        roads.counter,
        roads.rules,
    )


@compiled
def transit_reference(transit: Any) -> Any:
    """Refer to the arrays of a group."""
    return TransitReference(  # type: ignore[no-untyped-call]
        transit.line,
        transit.stop,
        transit.run,
        transit.aboard,
        transit.rides,
        transit.seconds,
        transit.ride_line,
        transit.ride_from,
        transit.ride_to,
        transit.walk,
        transit.wait,
        transit.wait_sum,
        transit.wait_count,
    )


@compiled
def fleet_reference(fleet: Any) -> Any:
    """Refer to the arrays of a group."""
    return FleetReference(  # type: ignore[no-untyped-call]
        fleet.cab,
        fleet.group,
        fleet.rider,
        fleet.goal,
        fleet.free_groups,
        fleet.open_group,
        fleet.queue,
        fleet.learned,
        fleet.learned_sum,
        fleet.learned_count,
    )


@compiled
def people_reference(people: Any) -> Any:
    """Refer to the arrays of a group."""
    return PeopleReference(  # type: ignore[no-untyped-call]
        people.person,
        people.place,
        people.depart,
        people.plan,
        people.segment,
        people.goal,
        people.ready,
        heap_reference(people.events),
        people.lot,
        people.lot_full,
        people.lot_full_sum,
        people.lot_count,
        people.kilometres,
        people.lot_of,
        people.hub,
        people.constants,
        people.patience,
        people.tally,
    )

"""The state of a simulated day: records of people, links, buses and cabs, in named groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

# Learned times are kept by half hours of the day; later times belong to the last one.
BIN_SECONDS = 1800.0
BINS = 48
HORIZON = 36 * 3600.0
MAX_TRIPS = 3
MAX_RIDES = 3
MAX_SEGMENTS = 4
MAX_RIDERS = 3

# Numba compiles a kernel once for each width of its arguments: what is read from small numbers is
# widened before it is passed on.
wide: Any = np.int64

# Kinds of events on the heap. Others are kept in order where they arise: planned departures,
# people's patience at stops, the windows of pooled groups and the patience of groups.
DEPART, WALKED, BUS = range(3)
EVENT = 1 << 40

# What a person waits for.
NOTHING, FOR_DEPARTURE, FOR_BUS = range(3)

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

# Small numbers, so that a person is on two lines of cache.
PERSON = np.dtype(
    [
        ("value_of_time", np.float64), ("began", np.float64), ("waiting_since", np.float64),
        ("waited", np.float64), ("boarded_at", np.float64),
        ("node", np.int32), ("from_node", np.int32), ("to_node", np.int32), ("lot", np.int32),
        ("next", np.int32), ("before", np.int32), ("after", np.int32), ("denied", np.int32),
        ("trips", np.int8), ("car", np.int8), ("bike", np.int8), ("trip", np.int8),
        ("mode", np.int8), ("vehicle", np.int8), ("segment", np.int8), ("segments", np.int8),
        ("refused", np.int8), ("waiting", np.int8), ("ride", np.int8),
    ],
    align=True,
)  # fmt: skip
LINK = np.dtype(
    [
        ("head", np.int64), ("free_time", np.float64), ("headway", np.float64),
        ("storage", np.int64), ("count", np.int64), ("first", np.int64), ("last", np.int64),
        ("open_at", np.float64), ("blocked_since", np.float64),
        ("waiters", np.int64), ("last_waiter", np.int64), ("next_waiter", np.int64),
        ("waits_for", np.int64), ("volume", np.int64),
    ]
)  # fmt: skip
VEHICLE = np.dtype(
    [
        ("ready", np.float64), ("entered", np.float64), ("goal", np.int32), ("next", np.int32),
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
        ("before", np.int64), ("after", np.int64),
    ]
)  # fmt: skip
CAB = np.dtype([("state", np.int64), ("node", np.int64), ("group", np.int64), ("next", np.int64)])
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
    due: Any  # time of each link's event, infinity for none, and the same for the padding
    first_due: Any  # tournament of links by it: the earlier of the entries 2 k and 2 k + 1
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
    windows: Any  # first and last open group, by deadline
    queue: Any  # first and last group that wait for a cab, by deadline
    idle: Any  # first idle cab, by node, -1 for none
    idle_nodes: Any  # nodes with idle cabs; their number is the last entry
    idle_place: Any  # of a node in that list
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
    planned: Any  # MAX_TRIPS x person + trip, by planned departure
    next_planned: Any  # the place there of the next one, one number
    at_stops: Any  # first and last of all people who wait at stops, by arrival
    events: Heap
    lot: Any
    lot_full: Any  # learned share of refusals, (bins, lots)
    lot_full_sum: Any
    lot_count: Any
    kilometres: Any  # walking and cycling, (node, node)
    lot_of: Any  # lot for a drive from node to node, (node, node), -1 for none
    hub: Any  # node where rides and transit meet, (2, node, node), -1 for none
    constants: Any
    utilities: Any  # work space, one number a mode
    patience: Any  # seconds at a stop, one number
    tally: Any  # (5, modes): chosen, realised, denials, seconds, seconds waited


def draw(dtype: np.dtype[Any], count: int) -> Any:
    """Records of zeros."""
    return np.zeros(count, dtype=dtype)

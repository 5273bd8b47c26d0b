"""The vehicles and people of a day as SUMO's route file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simhelm.simulators.transport.kernels.roads import bin_of
from simhelm.simulators.transport.modes import POOLED, RIDE_HAIL, RIDE_HAIL_TRANSIT
from simhelm.simulators.transport.preparation import Town
from simhelm.simulators.transport.scenario import Scenario
from simhelm.simulators.transport.sumo.plans import Stage, Trip

# Of a bus: seconds at a stop, metres, and seconds behind the vehicle before.
_DWELL = 5.0
_BUS_LENGTH = 1.0
_BUS_TAU = 0.01


def write_demand(
    path: Path, scenario: Scenario, town: Town, trips: Sequence[Sequence[Trip]], length: float
) -> None:
    """Write the route file, sorted by departure.

    Args:
        length: metres of a vehicle with its gap.
    """
    timed = [*_cabs(town, _shared_cabs(town)), *_buses(town)]
    timed += ((tour[0].departure, "".join(_person(scenario, town, tour))) for tour in trips)
    timed.sort(key=lambda entry: entry[0])
    with path.open("w", encoding="utf-8") as file:
        file.write("<routes>\n")
        file.writelines(line + "\n" for line in _types(scenario, length))
        file.writelines(text + "\n" for _, text in timed)
        file.write("</routes>\n")


def _types(scenario: Scenario, length: float) -> Iterator[str]:
    """Types of vehicles without any spread, so that capacities and free times hold exactly."""
    spread = 'minGap="0" maxSpeed="1000000" speedFactor="1" speedDev="0"'
    common = f'length="{length!r}" {spread}'
    # Roads are scaled with the population, the timetable is not: a bus queues, and takes no room.
    bus = f'length="{_BUS_LENGTH}" tau="{_BUS_TAU}" {spread}'
    yield '<vType id="person" vClass="pedestrian" speedFactor="1" speedDev="0"/>'
    yield f'<vType id="car" vClass="passenger" {common}/>'
    for number, line in enumerate(scenario.lines):
        yield f'<vType id="bus{number}" vClass="bus" personCapacity="{line.capacity}" {bus}/>'
    cab = (
        '<param key="has.taxi.device" value="true"/><param key="device.taxi.parking" value="true"/>'
    )
    for name, seats in (("solo", 1), ("shared", 3)):
        yield f'<vType id="{name}" vClass="taxi" personCapacity="{seats}" {common}>{cab}</vType>'


def _shared_cabs(town: Town) -> int:
    """Cabs for pooled rides: the share that pooled rides have of all planned ones.

    SUMO's dispatcher has one rule for all cabs; seats tell a cab that is never shared.
    """
    rides = [float(town.people.tally[0, mode]) for mode in (RIDE_HAIL, RIDE_HAIL_TRANSIT, POOLED)]
    cabs = int(town.fleet.cab.size)
    shared = round(cabs * rides[2] / max(1.0, sum(rides)))
    # While somebody wants one there is one, if there are two at all.
    least, most = int(rides[2] > 0), cabs - int(rides[0] + rides[1] > 0)
    return max(min(shared, most), min(least, cabs))


def _cabs(town: Town, shared: int) -> Iterator[tuple[float, str]]:
    for number, node in enumerate(town.cab_nodes.tolist()):
        kind = "shared" if number < shared else "solo"
        yield (
            0.0,
            f'<vehicle id="cab{number}" type="{kind}" line="taxi:{kind}" depart="0">'
            f'<route edges="in{node}"/>'
            f'<stop edge="in{node}" parking="true" triggered="person"/></vehicle>',
        )


def _buses(town: Town) -> Iterator[tuple[float, str]]:
    transit = town.transit
    for number, line in enumerate(transit.line):
        stops = transit.stop[line["first_stop"] : line["first_stop"] + line["stops"]]
        nodes, offsets = stops["node"].tolist(), stops["offset"].tolist()
        edges = " ".join(
            edge
            for begin, end in itertools.pairwise(nodes)
            for edge in (f"in{begin}", *_way(town, 0, begin, end))
        )
        for run in range(int(line["runs"])):
            start = float(line["begins"] + run * line["headway"])
            halts = "".join(
                f'<stop busStop="stop{node}" duration="{_DWELL}" until="{start + offset:.1f}" '
                'parking="true"/>'
                for node, offset in zip(nodes, offsets, strict=True)
            )
            yield (
                max(0.0, start - _DWELL),
                f'<vehicle id="bus{number}.{run}" type="bus{number}" line="line{number}" '
                f'depart="{max(0.0, start - _DWELL):.1f}">'
                f'<route edges="{edges} in{nodes[-1]}"/>{halts}</vehicle>',
            )


def _way(town: Town, part: int, origin: int, goal: int) -> Iterator[str]:
    """From the street of a node to that of another, by the routes of a half hour."""
    yield f"out{origin}"
    node = origin
    while node != goal:
        link = int(town.roads.next_link[part, goal, node])
        yield f"l{link}"
        node = int(town.roads.link["head"][link])


def _person(scenario: Scenario, town: Town, tour: Sequence[Trip]) -> Iterator[str]:
    """The person's cars, then the person."""
    stages: list[str] = []
    for trip in tour:
        if trip.number:
            here = _street(town, trip.person, trip.number)
            least = 60.0 * scenario.rules.least_stay
            until = f'duration="{least}" until="{trip.departure:.1f}"'
            stages.append(f'<stop edge="{here}" startPos="0" endPos="1" {until}/>')
        for number, stage in enumerate(trip.stages):
            name = f"car{trip.person}.{trip.number}.{number}"
            if stage.kind == "drive":
                way = " ".join(_way(town, bin_of(trip.departure), stage.origin, stage.goal))
                route = f'<route edges="in{stage.origin} {way} in{stage.goal}"/>'
                car = f'id="{name}" type="car" depart="triggered" arrivalPos="0"'
                yield f"<vehicle {car}>{route}</vehicle>"
            stages.append(_stage(scenario, stage, name))
    person = f'id="p{tour[0].person}" type="person" departPos="0"'
    person += f' depart="{tour[0].departure:.1f}"'
    yield f"<person {person}>{''.join(stages)}</person>"


def _street(town: Town, person: int, place: int) -> str:
    node: Any = town.people.place[person, place]
    return f"in{node}"


def _stage(scenario: Scenario, stage: Stage, car: str) -> str:
    ends = f'from="in{stage.origin}" to="in{stage.goal}" arrivalPos="0"'
    if stage.kind in ("walk", "bike"):
        rules = scenario.rules
        speed = (rules.bike_speed if stage.kind == "bike" else rules.walk_speed) / 3.6
        return f'<walk {ends} speed="{speed!r}"/>'
    if stage.kind == "bus":
        at = f'from="in{stage.origin}" busStop="stop{stage.goal}"'
        return f'<ride {at} lines="line{stage.line}"/>'
    lines = car if stage.kind == "drive" else f"taxi:{stage.kind}"
    return f'<ride {ends} lines="{lines}"/>'

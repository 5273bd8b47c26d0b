"""A day of a town on SUMO's mesoscopic model, from plans to what people learn from it.

Ours: the population, mode choice, routes of cars and itineraries by public transport (from times
learned on earlier days), lots, and learning. SUMO's: the movement of cars, buses and cabs through
queues, boarding within the seats of a bus, the dispatch of cabs and the pooling of rides, walks.
People do not choose again within the day: who is refused by a full lot drives all the way, who
waits for a bus or cab goes on waiting, and who waits until the horizon is denied.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from simhelm.core.end_reason import EndReason
from simhelm.simulators.transport.kernels.day import plan_only
from simhelm.simulators.transport.kernels.roads import bin_of
from simhelm.simulators.transport.kernels.state import BIN_SECONDS, HORIZON
from simhelm.simulators.transport.preparation import Town
from simhelm.simulators.transport.result import Account, DayFailed
from simhelm.simulators.transport.scenario import Scenario
from simhelm.simulators.transport.sumo.demand import write_demand
from simhelm.simulators.transport.sumo.installation import run_program, sumo_home
from simhelm.simulators.transport.sumo.network import Roads, road_numbers, write_network
from simhelm.simulators.transport.sumo.outputs import (
    NEVER,
    Done,
    most_at_once,
    read_links,
    read_people,
    read_teleports,
)
from simhelm.simulators.transport.sumo.plans import Stage, Trip, plan_trips

_OUTPUTS = ("--tripinfo-output", "people.xml", "--tripinfo-output.write-unfinished",
            "--statistic-output", "statistics.xml")  # fmt: skip


@contextlib.contextmanager
def sumo_days(
    scenario: Scenario, town: Town, *, time_limit: float = 600.0
) -> Iterator[Callable[[int, int], Account]]:
    """Play days of a town on SUMO, each in a directory and a process of its own.

    Args:
        time_limit: seconds for a day.

    Yields:
        A function of seed and day that plays the day, changes the town in place as the embedded
        simulation does, and returns its account. It raises DayFailed.

    Raises:
        ImportError: SUMO is not installed.
        ValueError: a link without length or time.
        DayFailed: netconvert failed.
    """
    sumo_home()
    roads = road_numbers(scenario)
    with tempfile.TemporaryDirectory(prefix="simhelm-sumo-") as name:
        folder = Path(name)
        write_network(folder, scenario, roads, time_limit)
        days = _Days(scenario, town, roads, folder, time_limit)
        yield days.play


@dataclasses.dataclass(frozen=True)
class _Days:
    scenario: Scenario
    town: Town
    roads: Roads
    folder: Path
    time_limit: float

    def play(self, seed: int, day: int) -> Account:
        """A day: plan, load, read, learn."""
        _forget(self.town)
        town = self.town
        plan_only(town.people, town.roads, town.transit, town.fleet, seed, day)
        trips = plan_trips(self.town)
        directory = self.folder / f"day{day}"
        directory.mkdir()
        length = self.roads.vehicle_length
        write_demand(directory / "demand.xml", self.scenario, self.town, trips, length)
        counted = f'vTypes="car solo shared" period="{BIN_SECONDS:g}" excludeEmpty="true"'
        counts = f'<additional><edgeData id="links" file="links.xml" {counted}/></additional>\n'
        (directory / "counts.xml").write_text(counts, encoding="utf-8")
        run_program("sumo", self._arguments(seed, day), directory, self.time_limit)
        return _record(self.town, trips, directory)

    def _arguments(self, seed: int, day: int) -> list[str]:
        # To SUMO a vehicle that waits for its headway is stuck as well.
        stuck = max(self.scenario.rules.stuck_time, 3.0 * self.roads.longest_headway)
        # Any number for SUMO, the same for the same seed and day.
        number = int(np.random.SeedSequence([seed, day]).generate_state(1)[0]) >> 1
        return [
            "--mesosim", "-n", "../net.xml", "-a", "../stops.xml,counts.xml",
            "-r", "demand.xml", *_OUTPUTS,
            "--end", f"{HORIZON:.0f}", "--seed", str(number), "--no-step-log", "--no-warnings",
            # A link is one queue, as in the embedded simulation.
            "--meso-edgelength", "1000000", "--time-to-teleport", f"{stuck:g}",
            "--device.taxi.dispatch-algorithm", "greedyShared",
            "--device.taxi.dispatch-period", "30", "--pedestrian.model", "nonInteracting",
        ]  # fmt: skip


def _forget(town: Town) -> None:
    """Empty what is counted in a day."""
    people, transit, fleet = town.people, town.transit, town.fleet
    for array in (
        people.tally, people.lot_full_sum, people.lot_count, transit.wait_sum, transit.wait_count,
        fleet.learned_sum, fleet.learned_count,
    ):  # fmt: skip
        array[:] = 0
    people.lot["used"] = 0


def _record(town: Town, trips: list[list[Trip]], directory: Path) -> Account:
    tally = _Tally(town)
    people = 0
    for person, departure, stages in read_people(directory / "people.xml"):
        people += 1
        tally.tour(trips[person], departure, stages)
    if people != len(trips):
        raise DayFailed(EndReason.BAD_OUTPUT, f"SUMO tells of {people} of {len(trips)} people")
    seconds, entries = read_links(directory / "links.xml", town.roads.link.size)
    town.roads.time_sum[:], town.roads.time_count[:] = seconds, entries
    town.roads.link["volume"] = entries.sum(axis=0)
    return tally.account(read_teleports(directory / "statistics.xml"), int(entries.sum()))


class _Tally:
    """What the stages of a day add up to, and what people learn from them."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._begun: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._aboard: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def tour(self, trips: list[Trip], departure: float, stages: list[Done]) -> None:
        """Count the trips of a person, between which there are stops."""
        planned = sum(len(trip.stages) for trip in trips) + len(trips) - 1
        stuck = any(not np.isfinite(stage.arrival) for stage in stages)
        # After the stage where somebody is stuck, SUMO leaves some of the others out.
        if len(stages) != planned and not (stuck and len(stages) < planned):
            details = f"SUMO tells {len(stages)} of {planned} stages of person {trips[0].person}"
            raise DayFailed(EndReason.BAD_OUTPUT, details)
        stages = stages + [NEVER] * (planned - len(stages))
        at, start = 0, departure
        for trip in trips:
            end = at + len(trip.stages)
            if np.isfinite(start):
                self._trip(trip, start, stages[at:end])
            start = stages[end].arrival if end < planned else np.nan
            at = end + 1

    def _trip(self, trip: Trip, start: float, stages: list[Done]) -> None:
        self._begun["trip"] += 1
        here, waited = start, 0.0
        for stage, done in zip(trip.stages, stages, strict=True):
            self._stage(trip, stage, here, done)
            waited += done.wait
            here = done.arrival
            if not np.isfinite(here):
                return
        self._ended["trip"] += 1
        tally = self._town.people.tally
        tally[1, trip.mode] += 1.0
        tally[3, trip.mode] += here - start
        tally[4, trip.mode] += waited

    def _stage(self, trip: Trip, stage: Stage, here: float, done: Done) -> None:
        if stage.kind in ("walk", "bike"):
            return
        if not np.isfinite(done.departure):
            self._town.people.tally[2, trip.mode] += stage.kind != "drive"
            return
        arrived = bool(np.isfinite(done.arrival))
        self._begun[stage.kind] += 1
        self._ended[stage.kind] += arrived
        if stage.lot >= 0:
            self._begun["parking"] += arrived and trip.number == 0
            self._ended["parking"] += trip.number > 0
        if stage.kind == "bus":
            self._learn_bus(stage.line, here, done)
        elif stage.kind != "drive":
            self._learn_cab(stage, here, done)

    def _learn_bus(self, line: int, here: float, done: Done) -> None:
        transit = self._town.transit
        transit.wait_sum[bin_of(here), line] += done.wait
        transit.wait_count[bin_of(here), line] += 1
        end = done.arrival if np.isfinite(done.arrival) else HORIZON
        self._aboard[done.vehicle].append((done.departure, end))

    def _learn_cab(self, stage: Stage, here: float, done: Done) -> None:
        fleet, part = self._town.fleet, bin_of(here)
        shared = int(stage.kind == "shared")
        fleet.learned_sum[part, shared] += done.wait
        fleet.learned_count[part, shared] += 1
        if shared and np.isfinite(done.arrival):
            direct = float(self._town.roads.node_time[part, stage.goal, stage.origin])
            detour = done.arrival - done.departure - direct
            fleet.learned_sum[part, 2] += max(0.0, detour)
            fleet.learned_count[part, 2] += 1

    def account(self, teleports: int, work: int) -> Account:
        """The day's account; SUMO does not tell how full links were."""
        begun, ended = self._begun, self._ended
        picked, dropped = (n["solo"] + n["shared"] for n in (begun, ended))
        return Account(
            trips_started=begun["trip"],
            trips_finished=ended["trip"],
            vehicles_entered=begun["drive"],
            vehicles_left=ended["drive"],
            boardings=begun["bus"],
            alightings=ended["bus"],
            parkings=begun["parking"],
            fetches=ended["parking"],
            pickups=picked,
            dropoffs=dropped,
            forced_moves=teleports,
            link_events=work,
            fullest_bus=max(map(most_at_once, self._aboard.values()), default=0),
            fullest_lot=int(max(self._town.people.lot["used"], default=0)),
            fullest_link=0,
            trips_abandoned=begun["trip"] - ended["trip"],
            vehicles_on_roads=begun["drive"] - ended["drive"],
            people_aboard=begun["bus"] - ended["bus"],
            cars_parked=begun["parking"] - ended["parking"],
        )

"""Days in a town, one after the other, until people's expectations meet what happens."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.core.end_reason import EndReason
from simhelm.simulators.transport.kernels import day as days
from simhelm.simulators.transport.kernels.roads import time_tables
from simhelm.simulators.transport.modes import MODES, mode_vector
from simhelm.simulators.transport.network import Floats
from simhelm.simulators.transport.preparation import Town, prepare
from simhelm.simulators.transport.result import Account, DayFailed, TransportResult
from simhelm.simulators.transport.scenario import Scenario

# Told (day, realised shares in percent) after each day; False ends the simulation.
WatchShares = Callable[[int, Floats], bool]
# Plays a day of a town for a seed and the day's number, from plans to what people learn from it.
PlayDay = Callable[[int, int], Account]
Backend = Literal["embedded", "sumo"]


def simulate(
    scenario: Scenario,
    constants: Mapping[str, float],
    *,
    iterations: int,
    seed: int,
    watch: WatchShares | None = None,
    backend: Backend = "embedded",
) -> TransportResult:
    """Simulate days in a town whose people learn from each other day.

    On the first day everybody chooses modes, expecting empty roads; on later ones a part of the
    people chooses again, with times that are averages over the days so far.

    Args:
        scenario: the town.
        constants: alternative-specific constants in dollars by mode; those left out are 0.
        iterations: days, at least 1.
        seed: of choices, from 0; equal seeds give equal bits.
        watch: told each day's realised shares; its False ends the simulation early.
        backend: what moves people and vehicles through a day: ``"embedded"`` is compiled here,
            ``"sumo"`` is SUMO's mesoscopic model in a process of its own.

    Raises:
        ValueError: an unknown mode, numbers out of range, or a zone that cannot be reached.
        ImportError: SUMO is not installed.
    """
    numbers = mode_vector("constants", constants)
    whole_number("iterations", iterations)
    whole_number("seed", seed, least=0)
    town = prepare(scenario)
    town.people.constants[:] = numbers
    records: list[_Day] = []
    reason, details = EndReason.COMPLETED, ""
    try:
        with _player(backend, scenario, town) as play_day:
            for day in range(iterations):
                records.append(_play(town, play_day, seed, day, scenario.rules.smoothing))
                go_on = watch is None or watch(day, records[-1].realised)
                if not go_on and day + 1 < iterations:
                    reason = EndReason.STOPPED_EARLY
                    break
    except DayFailed as failure:
        reason, details = failure.reason, str(failure)
    return _result(town, records, reason, details)


@contextlib.contextmanager
def _player(backend: str, scenario: Scenario, town: Town) -> Iterator[PlayDay]:
    if backend == "embedded":
        yield lambda seed, day: _play_embedded(town, seed, day)
    elif backend == "sumo":
        from simhelm.simulators.transport.sumo import sumo_days

        with sumo_days(scenario, town) as play_day:
            yield play_day
    else:
        raise ValueError(f"backend: expected 'embedded' or 'sumo', got {backend!r}")


class _Day:
    """The record of a day, copied out of the state."""

    def __init__(self, town: Town, account: Account) -> None:
        tally = town.people.tally
        finished = np.maximum(1.0, tally[1])
        self.chosen = 100.0 * tally[0] / tally[0].sum()
        self.realised = 100.0 * tally[1] / max(1.0, tally[1].sum())
        self.denials = tally[2].copy()
        self.minutes = tally[3] / finished / 60.0
        self.waits = tally[4] / finished / 60.0
        self.volumes = town.roads.link["volume"].copy()
        self.account = account


def _play(town: Town, play_day: PlayDay, seed: int, day: int, smoothing: float) -> _Day:
    roads = town.roads
    time_tables(
        *town.star, town.link_time, town.changed, roads.rules["first_through"][0],
        roads.next_link, roads.node_time,
    )  # fmt: skip
    record = _Day(town, play_day(seed, day))
    _learn(town, max(1.0 / (day + 1.0), smoothing))
    return record


def _play_embedded(town: Town, seed: int, day: int) -> Account:
    people, roads, transit, fleet = town.people, town.roads, town.transit, town.fleet
    days.play_day(people, roads, transit, fleet, town.cab_nodes, seed, day)
    left_over = (
        int(roads.link["count"].sum()),
        int(transit.run["aboard"].sum()),
        int(people.lot["used"].sum()),
    )
    return Account.read(roads.counter, left_over)


def _learn(town: Town, weight: float) -> None:
    """The method of successive averages, with a least weight."""
    transit, fleet, people = town.transit, town.fleet, town.people
    days.learn(transit.wait, transit.wait_sum, transit.wait_count, weight)
    days.learn(fleet.learned, fleet.learned_sum, fleet.learned_count, weight)
    days.learn(people.lot_full, people.lot_full_sum, people.lot_count, weight)
    days.learn_links(
        town.link_time, town.free_time, town.roads.time_sum, town.roads.time_count, weight,
        town.changed,
    )  # fmt: skip


def _result(town: Town, records: list[_Day], reason: EndReason, details: str) -> TransportResult:
    def stacked(name: str, width: int) -> Any:
        rows = [getattr(record, name) for record in records]
        return np.stack(rows) if rows else np.zeros((0, width))

    by_mode = {
        name: stacked(name, len(MODES))
        for name in ("chosen", "realised", "denials", "minutes", "waits")
    }
    accounts = tuple(record.account for record in records)
    return TransportResult(
        **by_mode,
        volumes=stacked("volumes", town.roads.link.size),
        accounts=accounts,
        end_reason=reason,
        work=sum(account.link_events for account in accounts),
        details=details,
    )

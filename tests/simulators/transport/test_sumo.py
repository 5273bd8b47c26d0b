"""SUMO's mesoscopic model as back end, run for real, beside the embedded simulation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.simulators import EndReason
from simhelm.simulators.transport import (
    MODES,
    Scenario,
    TransportResult,
    grid_town,
    make_network,
    simulate,
)
from simhelm.simulators.transport.modes import BIKE, CAR, WALK
from simhelm.simulators.transport.preparation import prepare
from simhelm.simulators.transport.problem import HIDDEN_CONSTANTS, ModeChoice
from simhelm.simulators.transport.result import DayFailed
from simhelm.simulators.transport.sumo import loading, sumo_days
from simhelm.simulators.transport.sumo.outputs import most_at_once, read_people
from tests.simulators.transport.towns import give_population, only, town_of

needs_sumo = pytest.mark.skipif(
    importlib.util.find_spec("sumo") is None, reason="needs pip install 'simhelm[sumo]'"
)
# Seconds on the streets at both ends, and the whole seconds that SUMO works in.
ENDS = 8.0


def corridor(monkeypatch: pytest.MonkeyPatch, capacity: float, persons: int) -> Scenario:
    """People who set out a second apart over two links of 5 minutes; the second one is narrow."""
    starts = np.arange(persons)
    give_population(monkeypatch, 28_800.0 + starts, 61_200.0 + starts, work=2)
    network = make_network(
        3, [0, 1, 1, 2], [1, 2, 0, 1], capacity=[3600.0, capacity, 3600.0, capacity],
        free_time=5.0, length=5.0,
    )  # fmt: skip
    return town_of(network, persons, fleet=0)


def travel(scenario: Scenario, mode: str = "car") -> TransportResult:
    return simulate(scenario, only(mode), iterations=1, seed=1, backend="sumo")


@pytest.fixture(scope="module")
def town() -> Scenario:
    """Few people on wide roads; a bus has 4 seats."""
    return grid_town(3, 4, persons=300, road_capacity_factor=20.0)


@pytest.fixture(scope="module")
def days(town: Scenario) -> TransportResult:
    return simulate(town, HIDDEN_CONSTANTS, iterations=2, seed=3, backend="sumo")


@needs_sumo
@pytest.mark.parametrize(
    ("mode", "minutes"), [("car", 10.0), ("walk", 60.0 * 10.0 / 4.8), ("bike", 60.0 * 10.0 / 14.0)]
)
def test_without_traffic_times_follow_from_speeds(
    mode: str, minutes: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 kilometres on two links of 5 minutes."""
    run = travel(corridor(monkeypatch, 3600.0, 20), mode)
    assert run.minutes[0, MODES.index(mode)] == pytest.approx(minutes, abs=ENDS / 60.0)
    assert run.volumes.tolist() == [[20 * (mode == "car")] * 4]


@needs_sumo
def test_a_bottleneck_is_a_queue_with_its_capacity(monkeypatch: pytest.MonkeyPatch) -> None:
    """D/D/1: arrivals a second apart, a departure every 30 s: the k-th of n waits 29 k seconds."""
    run = travel(corridor(monkeypatch, 120.0, 60))
    delay = 29.0 * (60 - 1) / 2.0 / 60.0
    assert run.minutes[0, CAR] == pytest.approx(10.0 + delay, rel=0.03)
    assert run.accounts[0].trips_finished == 120
    assert run.accounts[0].forced_moves == 0


@needs_sumo
def test_what_goes_in_comes_out(town: Scenario, days: TransportResult) -> None:
    assert days.end_reason is EndReason.COMPLETED
    assert days.chosen.sum(axis=1) == pytest.approx(100.0)
    assert days.realised.sum(axis=1) == pytest.approx(100.0)
    for account in days.accounts:
        assert account.trips_started == account.trips_finished + account.trips_abandoned
        assert account.vehicles_entered == account.vehicles_left + account.vehicles_on_roads
        assert account.boardings == account.alightings + account.people_aboard
        assert account.parkings == account.fetches + account.cars_parked
        assert account.pickups >= account.dropoffs
        assert 0 < account.fullest_bus <= max(line.capacity for line in town.lines)
        assert account.parkings <= sum(lot.spaces for lot in town.lots)
        assert account.fullest_lot <= max(lot.spaces for lot in town.lots)
    assert (days.volumes.sum(axis=1) > 0).all()


@needs_sumo
def test_people_choose_and_walk_as_embedded(town: Scenario, days: TransportResult) -> None:
    """The first day's plans are the same; walks and cycling have closed forms."""
    ours = simulate(town, HIDDEN_CONSTANTS, iterations=1, seed=3)
    assert (days.chosen[0] == ours.chosen[0]).all()
    assert (days.realised[0] > 0.0).all() == (ours.realised[0] > 0.0).all()
    assert days.realised[0, BIKE] == pytest.approx(ours.realised[0, BIKE], abs=1.0)
    assert days.minutes[0, BIKE] == pytest.approx(ours.minutes[0, BIKE], abs=0.5)
    assert days.waits[0, WALK] == 0.0
    assert days.volumes[0].sum() == pytest.approx(ours.volumes[0].sum(), rel=0.1)


@needs_sumo
def test_the_same_seed_gives_the_same_bits(town: Scenario, days: TransportResult) -> None:
    again = simulate(town, HIDDEN_CONSTANTS, iterations=2, seed=3, backend="sumo")
    for name in ("chosen", "realised", "denials", "minutes", "waits", "volumes"):
        assert (getattr(again, name) == getattr(days, name)).all(), name
    assert again.accounts == days.accounts


@needs_sumo
def test_a_day_over_its_time_limit_is_named(town: Scenario) -> None:
    with (
        pytest.raises(DayFailed, match="no end within") as caught,
        sumo_days(town, prepare(town), time_limit=0.001) as play,
    ):
        play(1, 0)
    assert caught.value.reason is EndReason.TIMEOUT


@needs_sumo
def test_what_sumo_refuses_is_told(town: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(path: Path, *_: Any) -> None:
        path.write_text("<routes><vehicle id='a'/></routes>", encoding="utf-8")

    monkeypatch.setattr(loading, "write_demand", spoiled)
    run = simulate(town, HIDDEN_CONSTANTS, iterations=2, seed=1, backend="sumo")
    assert run.end_reason is EndReason.EXIT
    assert "sumo: ended with code 1: " in run.details
    assert run.days == 0
    assert run.realised.shape == (0, len(MODES))


@needs_sumo
def test_a_failure_is_a_failed_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise DayFailed(EndReason.SIGNAL, "sumo ended with code -11")

    problem = ModeChoice("paper", persons=100, days=1, backend="sumo")
    monkeypatch.setattr(loading, "run_program", fail)
    metrics = problem.evaluate(problem.default_config(), seed=1)
    assert metrics.end_reason is EndReason.SIGNAL
    assert "code -11" in metrics.details


@needs_sumo
def test_a_link_without_length_is_refused() -> None:
    network = make_network(2, [0, 1], [1, 0], capacity=100.0, free_time=1.0)
    with pytest.raises(ValueError, match="length: SUMO needs positive numbers"):
        travel(town_of(network, 2, fleet=0))


def test_without_sumo_the_extra_is_named(town: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'simhelm\[sumo\]'"):
        simulate(town, {}, iterations=1, seed=1, backend="sumo")


def test_an_unknown_backend_is_refused(town: Scenario) -> None:
    with pytest.raises(ValueError, match="expected 'embedded' or 'sumo'"):
        simulate(town, {}, iterations=1, seed=1, backend="matsim")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 'embedded' or 'sumo'"):
        ModeChoice(backend="matsim")  # type: ignore[arg-type]


def test_overlaps_are_counted() -> None:
    assert most_at_once([(0.0, 2.0), (1.0, 3.0), (2.0, 4.0)]) == 2
    assert most_at_once([]) == 0


def test_stages_that_never_were_have_no_times(tmp_path: Path) -> None:
    """SUMO writes -1, and -0 for the end of a stop that was not reached."""
    text = """<tripinfos><personinfo id="p7" depart="100.00">
    <ride waitingTime="5.00" vehicle="bus0.1" depart="105.00" arrival="200.00"/>
    <stop duration="-1" arrival="-0.00"/>
    <ride waitingTime="-1" vehicle="NULL" depart="-1" arrival="-1"/>
    </personinfo></tripinfos>"""
    (tmp_path / "people.xml").write_text(text)
    ((person, departure, stages),) = read_people(tmp_path / "people.xml")
    assert (person, departure) == (7, 100.0)
    assert (stages[0].wait, stages[0].arrival, stages[0].vehicle) == (5.0, 200.0, "bus0.1")
    assert np.isnan(stages[1].arrival)
    assert (stages[2].wait, stages[2].vehicle) == (0.0, "")
    assert np.isnan(stages[2].departure)


@needs_sumo
def test_people_who_are_stuck_leave_trips_undone() -> None:
    """One cab for everybody: who waits for it until the horizon neither arrives nor goes home."""
    town = grid_town(3, 4, persons=150, fleet=1, road_capacity_factor=100.0)
    run = simulate(town, only("ride_hail"), iterations=1, seed=1, backend="sumo")
    account = run.accounts[0]
    assert account.trips_abandoned == run.denials.sum() > 0
    assert account.trips_abandoned <= 150
    planned = int(prepare(town).people.person["trips"].sum())
    assert account.trips_finished < account.trips_started < planned
    assert account.pickups == account.dropoffs == account.trips_finished


def test_a_broken_file_of_sumo_is_bad_output(tmp_path: Path) -> None:
    (tmp_path / "people.xml").write_text("<tripinfos><personinfo")
    with pytest.raises(DayFailed, match=r"people\.xml") as caught:
        list(read_people(tmp_path / "people.xml"))
    assert caught.value.reason is EndReason.BAD_OUTPUT

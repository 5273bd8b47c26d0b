"""Simulated days: conservation, repeatability, capacity, refusals of bad scenarios."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.simulators import EndReason
from simhelm.simulators.transport import (
    MODES,
    ParkingLot,
    Rules,
    Scenario,
    TransitLine,
    grid_town,
    make_network,
    ring_radial_town,
    simulate,
)
from tests.simulators.transport.towns import only, town_of

constants = st.fixed_dictionaries({mode: st.floats(-6.0, 6.0) for mode in MODES})


@st.composite
def towns(draw: st.DrawFn) -> Scenario:
    """Towns whose seats, spaces, cabs and roads are scarce."""
    persons = draw(st.integers(1, 400))
    fields: dict[str, Any] = {
        "fleet": draw(st.integers(0, 12)),
        "road_capacity_factor": draw(st.sampled_from([0.05, 0.3, 1.0])),
        "third_trips": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "rules": Rules(
            transit_patience=draw(st.sampled_from([1.0, 10.0, 30.0])),
            cab_patience=draw(st.sampled_from([0.0, 3.0, 15.0])),
            stuck_time=draw(st.sampled_from([1.0, 30.0])),
        ),
        "seed": draw(st.integers(0, 99)),
    }
    if draw(st.booleans()):
        fields["lots"] = tuple(
            ParkingLot(draw(st.integers(0, 5)), draw(st.integers(1, 5))) for _ in range(2)
        )
    if draw(st.booleans()):
        return grid_town(
            draw(st.integers(2, 4)), draw(st.integers(3, 5)), persons=persons, **fields
        )
    return ring_radial_town(
        draw(st.integers(1, 2)), draw(st.integers(5, 6)), persons=persons, **fields
    )


@settings(max_examples=40, deadline=None)
@given(towns(), constants, st.integers(0, 1000))
def test_nothing_is_lost(town: Scenario, numbers: dict[str, float], seed: int) -> None:
    result = simulate(town, numbers, iterations=3, seed=seed)
    seats = max(line.capacity for line in town.lines)
    spaces = max(lot.spaces for lot in town.lots)
    for day, account in enumerate(result.accounts):
        assert account.trips_abandoned == account.trips_started - account.trips_finished >= 0
        assert account.vehicles_entered == account.vehicles_left + account.vehicles_on_roads
        assert account.boardings == account.alightings + account.people_aboard
        assert account.parkings == account.fetches + account.cars_parked
        assert account.pickups >= account.dropoffs
        if account.trips_abandoned == 0:
            assert account.pickups == account.dropoffs
            assert account.vehicles_on_roads == account.people_aboard == account.cars_parked == 0
            assert account.trips_finished >= 2 * town.persons
        assert account.fullest_bus <= seats
        assert account.fullest_lot <= spaces
        if account.trips_finished:
            assert result.realised[day].sum() == pytest.approx(100.0)
        assert result.chosen[day].sum() == pytest.approx(100.0)
        assert result.volumes[day].sum() >= account.vehicles_entered
    for array in (result.minutes, result.waits, result.denials):
        assert np.isfinite(array).all()
        assert (array >= 0.0).all()
    assert (result.waits <= result.minutes + 1e-9).all()


def test_realised_departs_from_chosen_by_the_refusals() -> None:
    """One space a lot: of those who want to park and ride, all but a few drive on."""
    lots = tuple(ParkingLot(node, 1) for node in (0, 5))
    town = grid_town(persons=500, lots=lots)
    result = simulate(town, {"drive_transit": 12.0}, iterations=1, seed=3)
    mode, car = MODES.index("drive_transit"), MODES.index("car")
    assert result.denials[0, mode] > 100
    assert result.realised[0, mode] < 3.0
    assert result.chosen[0, mode] > 30.0
    assert result.realised[0, car] > result.chosen[0, car] + 30.0
    assert result.accounts[0].fullest_lot == 1


def test_a_constant_for_all_modes_changes_nothing() -> None:
    town = grid_town(3, 4, persons=300)
    plain = simulate(town, {"walk": 1.0}, iterations=3, seed=5)
    shifted = simulate(town, {mode: 4.0 + (mode == "walk") for mode in MODES}, iterations=3, seed=5)
    # To rounding: a draw may fall on the other side of a boundary, which no draw here does.
    assert np.array_equal(plain.realised, shifted.realised)


def test_larger_constants_mean_larger_shares() -> None:
    town = ring_radial_town(2, 6, persons=800)
    for place, mode in enumerate(MODES):
        shares = [
            simulate(town, {mode: value}, iterations=1, seed=2).chosen[0, place]
            for value in (-4.0, 0.0, 4.0)
        ]
        assert shares[0] < shares[1] < shares[2], mode


def test_same_seed_same_bits_in_any_number_of_threads() -> None:
    town = grid_town(4, 4, persons=400)

    def run(seed: int) -> Any:
        return simulate(town, {"ride_hail": 2.0}, iterations=4, seed=seed)

    alone = [run(seed) for seed in (1, 2, 1)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(run, (1, 2, 1)))
    for one, other in zip(alone, together, strict=True):
        for field in dataclasses.fields(one):
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name))
    assert not np.array_equal(alone[0].realised, alone[1].realised)


def test_days_settle() -> None:
    """Later days differ less from each other than the first from the last."""
    town = grid_town(5, 5, persons=3000, road_capacity_factor=0.6)
    realised = simulate(town, {}, iterations=14, seed=1).realised
    distance = np.abs(realised - realised[-3:].mean(axis=0)).sum(axis=1)
    assert distance[0] > 2.0 * distance[9:13].mean()


def test_a_watch_sees_every_day_and_can_stop() -> None:
    seen: list[int] = []

    def watch(day: int, shares: Any) -> bool:
        seen.append(day)
        return day < 2

    town = grid_town(2, 3, persons=50)
    result = simulate(town, {}, iterations=9, seed=1, watch=watch)
    assert seen == [0, 1, 2]
    assert result.end_reason is EndReason.STOPPED_EARLY
    assert result.days == 3
    whole = simulate(town, {}, iterations=9, seed=1)
    assert np.array_equal(whole.realised[:3], result.realised)


def test_bad_scenarios_are_refused() -> None:
    one_way = make_network(3, [0, 1], [1, 0], capacity=100.0, free_time=1.0, length=1.0)
    with pytest.raises(ValueError, match="zone 2 cannot be reached by road from zone"):
        simulate(town_of(one_way, 50), {}, iterations=1, seed=0)
    town = grid_town(2, 2, persons=10)
    with pytest.raises(ValueError, match="did you mean 'ride_hail'"):
        simulate(town, {"ridehail": 1.0}, iterations=1, seed=0)
    with pytest.raises(ValueError, match="finite"):
        simulate(town, {"walk": float("nan")}, iterations=1, seed=0)
    with pytest.raises(ValueError, match="iterations"):
        simulate(town, {}, iterations=0, seed=0)
    with pytest.raises(ValueError, match="line ride"):
        TransitLine((0, 1), (-1.0,), 5.0, 10)
    with pytest.raises(ValueError, match="line capacity"):
        TransitLine((0, 1), (1.0,), 5.0, 0)
    with pytest.raises(ValueError, match="lot spaces"):
        ParkingLot(0, 0)
    with pytest.raises(ValueError, match="walk_speed"):
        Rules(walk_speed=0.0)
    with pytest.raises(ValueError, match="positive weight"):
        dataclasses.replace(town, demand=np.eye(4))
    with pytest.raises(ValueError, match="node below 4"):
        dataclasses.replace(town, lots=(ParkingLot(4, 1),))


@pytest.mark.parametrize("mode", ["bike", "car", "walk", "ride_hail", "walk_transit"])
def test_everybody_can_take_one_mode(mode: str) -> None:
    town = grid_town(4, 4, persons=200, fleet=100, car_owners=1.0, bike_owners=1.0)
    result = simulate(town, only(mode), iterations=1, seed=0)
    assert result.chosen[0, MODES.index(mode)] > 60.0

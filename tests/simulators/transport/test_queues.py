"""Queues by themselves and in simulated days, against queueing theory."""

import math

import numpy as np
import pytest

from simhelm.simulators.transport import MODES, PointQueue, Rules, make_network, simulate
from tests.simulators.transport.towns import give_population, only, town_of

CAR, RIDE_HAIL = MODES.index("car"), MODES.index("ride_hail")


def test_d_d_1() -> None:
    """Arrivals every 2 s, service every 5 s: the n-th of them waits 3 n seconds."""
    n = np.arange(50)
    exits = PointQueue(free_time=30.0, capacity=720.0).exits(2.0 * n)
    assert exits == pytest.approx(30.0 + 5.0 * n)
    assert PointQueue(30.0, 3600.0).exits(2.0 * n) == pytest.approx(30.0 + 2.0 * n)


def test_queue_drains() -> None:
    """Ten at once and one much later: the queue is over after 10 headways."""
    exits = PointQueue(0.0, 360.0).exits([*[0.0] * 10, 1000.0])
    assert exits[9] == pytest.approx(90.0)
    assert exits[10] == 1000.0


@pytest.mark.parametrize("wrong", [[3.0, 1.0], [np.nan], [[1.0]]])
def test_arrivals_out_of_order_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="arrivals"):
        PointQueue(1.0, 1.0).exits(wrong)  # type: ignore[arg-type]


def street(capacity: list[float], length: float = 1.0) -> object:
    """Nodes 0, 2, 1 in a row, with room to come back at once."""
    return make_network(
        3, [0, 2, 1], [2, 1, 0], capacity=[*capacity, 1e7], free_time=[1.0, 1.0, 1e-6],
        length=[length, length, length], zones=2,
    )  # fmt: skip


def test_simulated_links_are_these_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spillback delays nobody at the end of a line: times are those of the bottleneck."""
    count = 300
    out = 6.0 * 3600.0 + 2.0 * np.arange(count)
    give_population(monkeypatch, out, np.full(count, 20.0 * 3600.0) + out)
    network = street([3600.0, 720.0])
    town = town_of(network, count, fleet=0, rules=Rules(stuck_time=1e9))  # type: ignore[arg-type]
    result = simulate(town, only("car"), iterations=1, seed=0)
    exits = PointQueue(120.0, 720.0).exits(out)
    # Back home the road is free.
    expected = 0.5 * ((exits - out).mean() + 6e-5)
    assert 60.0 * result.minutes[0, CAR] == pytest.approx(expected, rel=1e-6)
    account = result.accounts[0]
    assert account.forced_moves == 0
    # All wait on the two links: the second holds 133 x 720 / 1800 vehicles, the first the rest.
    assert account.fullest_link > 60
    assert result.volumes[0].tolist() == [count] * 3


def test_a_full_link_is_entered_only_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 200
    out = 6.0 * 3600.0 + np.arange(count)
    give_population(monkeypatch, out, out + 36_000.0)
    network = street([1e5, 60.0], length=0.2)
    town = town_of(network, count, fleet=0, rules=Rules(stuck_time=5.0))  # type: ignore[arg-type]
    account = simulate(town, only("car"), iterations=1, seed=0).accounts[0]
    assert account.forced_moves > 0
    assert account.trips_finished == account.trips_started == 2 * count


def cab_town(monkeypatch: pytest.MonkeyPatch, service: float, cabs: int, patience: float) -> object:
    """10,000 rides out at random times of six hours and 10,000 back; the way back takes no time.

    So a cab is busy for ``service`` seconds a ride: with people on board on the way out, on its
    way to them later.
    """
    rng = np.random.default_rng(3)
    out = np.sort(rng.uniform(5.0, 11.0, 10_000)) * 3600.0
    give_population(monkeypatch, out, rng.uniform(13.0, 19.0, 10_000) * 3600.0)
    network = make_network(
        2, [0, 1], [1, 0], capacity=1e9, free_time=[service / 60.0, 1e-9], length=0.1
    )
    rules = Rules(cab_patience=patience)
    return town_of(network, 10_000, fleet=cabs, rules=rules)


def erlang_b(load: float, servers: int) -> float:
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


@pytest.mark.parametrize(("load", "cabs"), [(8.0, 10), (3.0, 3)])
def test_erlang_loss(monkeypatch: pytest.MonkeyPatch, load: float, cabs: int) -> None:
    """Without patience the share of refusals is Erlang's B, whatever the service times are."""
    town = cab_town(monkeypatch, load * 6.0 * 3600.0 / 10_000, cabs, 0.0)
    result = simulate(town, only("ride_hail"), iterations=1, seed=1)  # type: ignore[arg-type]
    expected = erlang_b(load, cabs)
    share = result.denials[0, RIDE_HAIL] / 20_000.0
    assert share == pytest.approx(expected, abs=5.0 * math.sqrt(expected / 20_000.0))
    assert result.realised[0, RIDE_HAIL] == pytest.approx(100.0 * (1.0 - share), abs=1e-9)


def test_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """One cab, patient people: Pollaczek and Khinchine's wait of the M/D/1 queue."""
    load = 0.6
    service = load * 6.0 * 3600.0 / 10_000
    town = cab_town(monkeypatch, service, 1, 1e4)
    result = simulate(town, only("ride_hail"), iterations=1, seed=1)  # type: ignore[arg-type]
    queueing = load * service / (2.0 * (1.0 - load))
    # On the way back the cab's drive to the rider is part of the wait.
    expected = queueing + 0.5 * service
    assert 60.0 * result.waits[0, RIDE_HAIL] == pytest.approx(expected, rel=0.08)
    assert result.denials[0].sum() == 0.0

"""The discrete-event model of studies against closed forms."""

from __future__ import annotations

import pytest

from benchmarks.study_model import COMMIT_EVERY, Costs, Setting, predict

FREE = Costs(ask=0.0, dispatch=0.0, store=0.0, tell=0.0, commit=0.0)
DEAR = Costs(ask=0.004, dispatch=0.001, store=0.002, tell=0.003, commit=0.0)


@pytest.mark.parametrize("workers", [1, 3, 16])
@pytest.mark.parametrize("batch", [None, 48])
def test_a_free_master_keeps_workers_busy(workers: int, batch: int | None) -> None:
    found = predict(FREE, Setting(workers, 2.0, batch=batch), trials=96)
    assert found.efficiency == pytest.approx(1.0)
    assert found.seconds == pytest.approx(96 * 2.0 / workers)
    assert found.master_share == 0.0


def test_a_batch_is_a_barrier() -> None:
    """Ten equal trials on four workers take three rounds: 10 / 12 of the time is used."""
    found = predict(FREE, Setting(4, 1.0, batch=10), trials=40)
    assert found.seconds == pytest.approx(12.0)
    assert found.efficiency == pytest.approx(10 / 12)


def test_one_worker_waits_for_a_batch_to_be_asked() -> None:
    """Asking and telling are not overlapped; dispatch of all but the first trial is."""
    batch = 5
    found = predict(DEAR, Setting(1, 1.0, batch=batch), trials=20)
    round_trip = batch * (DEAR.ask + DEAR.tell + 1.0) + DEAR.dispatch + DEAR.store
    assert found.seconds == pytest.approx(4 * round_trip)


def test_saturation_is_one_trial_a_master_time() -> None:
    trials = 20_000
    found = predict(DEAR, Setting(2_000, 1.0), trials=trials)
    assert found.seconds / trials == pytest.approx(DEAR.master, rel=0.02)
    assert found.master_share > 0.95


def test_below_saturation_asynchronous_workers_are_busy() -> None:
    """Half as many workers as the master can feed; beginning and end cost a few per cent."""
    workers = int(0.5 / DEAR.master)
    found = predict(DEAR, Setting(workers, 1.0), trials=100 * workers)
    assert found.efficiency > 0.97
    assert found.master_share == pytest.approx(0.5, abs=0.03)


def test_commits_take_their_share() -> None:
    """With a commit of c every e seconds of the rest, c / (c + e) of the time goes there."""
    commit = 0.025
    dear = Costs(ask=0.001, dispatch=0.0, store=0.0, tell=0.0, commit=commit)
    trials = 20_000
    without = predict(Costs(0.001, 0.0, 0.0, 0.0, 0.0), Setting(1, 1e-9), trials).seconds
    found = predict(dear, Setting(1, 1e-9), trials).seconds
    assert found / without == pytest.approx(1.0 + commit / COMMIT_EVERY, rel=0.05)


def test_spread_makes_a_batch_wait_for_its_slowest() -> None:
    """The slowest of m uniform times is at (1 - s) + 2 s m / (m + 1) on average."""
    workers, spread = 9, 0.5
    found = predict(FREE, Setting(workers, 1.0, spread, batch=workers), trials=9_000)
    slowest = (1.0 - spread) + 2.0 * spread * workers / (workers + 1)
    assert found.seconds / 1_000 == pytest.approx(slowest, rel=0.01)
    alone = predict(FREE, Setting(workers, 1.0, spread), trials=9_000)
    assert alone.efficiency > 0.99

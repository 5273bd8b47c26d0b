"""The trial table does not depend on workers, launchers, kills and resumes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.calibration import Execution, StudyView, run_study
from simhelm.calibration.study.executors import Processes, Serial
from simhelm.core.cancellation import Cancellation
from tests.calibration.study.harness import finished_trials, table, wait_until
from tests.calibration.study.problems import Bowl, Converging
from tests.subprocesses import command_line, run_simhelm, started

SAMPLERS: dict[str, dict[str, Any]] = {
    "TPESampler": {"sampler": "TPESampler"},
    "CmaEsSampler": {"sampler": "CmaEsSampler"},
    "NSGAIISampler": {
        "sampler": "NSGAIISampler",
        "sampler_options": {"population_size": 6},
        "objective": [
            {"name": "height", "direction": "minimize"},
            {"name": "width", "direction": "maximize"},
        ],
    },
    "HpBandSterSampler": {
        "sampler": "HpBandSterSampler",
        "hyperband": {"min_budget": 1, "eta": 3},
    },
    "QMCSampler": {"sampler": "QMCSampler"},
    "GridSampler": {"sampler": "GridSampler", "sampler_options": {"points": 3}},
}
COMMON: dict[str, Any] = {"trials": 26, "batch": 4, "seed": 5, "baselines": ["default", "random"]}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("golden")
    return {
        name: table(Bowl(), folder / name, **COMMON, **settings)
        for name, settings in SAMPLERS.items()
    }


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("workers", [1, 3])
def test_workers_do_not_matter(
    name: str, workers: int, golden: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    found = table(Bowl(), tmp_path / "s", workers=workers, **COMMON, **SAMPLERS[name])
    assert found == golden[name]
    assert len({tuple(row["config"].items()) for row in found if row["series"] == "search"}) > 8


@pytest.mark.parametrize("name", SAMPLERS)
def test_being_stopped_anywhere_does_not_matter(
    name: str, golden: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    rng = np.random.default_rng(sum(map(ord, name)))
    view = None
    for _ in range(9):
        stop = Cancellation()
        left = int(rng.integers(1, 8))

        def count(_: object, stop: Cancellation = stop) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                stop.set()

        execution = Execution(executor=Serial(), stop=stop, finished=count)
        view = run_study(Bowl(), tmp_path / "s", execution=execution, **COMMON, **SAMPLERS[name])
        stop.close()
    assert view is not None
    assert view.reproducible() != golden[name], "never stopped on the way: the test tests nothing"
    assert table(Bowl(), tmp_path / "s", **COMMON, **SAMPLERS[name]) == golden[name]


@pytest.mark.parametrize("name", SAMPLERS)
def test_growing_does_not_matter(
    name: str, golden: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    for trials in (3, 10, 17, 26):
        settings = {**COMMON, **SAMPLERS[name], "trials": trials}
        found = table(Bowl(), tmp_path / "s", **settings)
    assert found == golden[name]


def test_early_stopping_does_not_depend_on_workers(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"trials": 30, "batch": 5, "early_stopping": {"after": 5}}
    one = table(Converging(), tmp_path / "one", **settings)
    two = table(Converging(), tmp_path / "two", workers=2, **settings)
    assert one == two
    stopped = [row for row in one if row["end_reason"] == "stopped_early"]
    assert stopped
    assert all(row["cost"] < 20 for row in stopped)
    # What the rule expected is what the closed form of the curve gives.
    for row in stopped:
        end = (row["config"]["x"] - 1.0) ** 2 + 5.0 * 0.6**20
        assert row["expected"] == pytest.approx(end, abs=1e-3)


def test_rungs_stop_within_the_worker(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "trials": 24,
        "early_stopping": {"rule": "rungs", "rungs": [3.0, 9.0], "keep": 0.5},
    }
    rows = [r for r in table(Converging(), tmp_path / "s", **settings) if r["series"] == "search"]
    costs = {row["cost"] for row in rows if row["end_reason"] == "stopped_early"}
    assert costs
    assert costs <= {3.0, 9.0}


def test_hyperband_budgets_add_up(tmp_path: Path) -> None:
    """The first bracket of 1 to 9 by 3: 9 configurations, then 3, then 1."""
    settings = {**COMMON, **SAMPLERS["HpBandSterSampler"], "trials": 13, "baselines": []}
    rows = table(Bowl(), tmp_path / "s", **settings)
    assert [row["budget"] for row in rows] == [1] * 9 + [3] * 3 + [9]
    first = {row["slot"]: row["values"]["height"] for row in rows[:9]}
    best = sorted(first, key=lambda slot: first[slot])[:3]
    assert [row["candidate"] for row in rows[9:12]] == sorted(best)
    assert all(row["config"] == rows[row["candidate"]]["config"] for row in rows)


def test_asynchronous_studies_resume(tmp_path: Path) -> None:
    """The order is that of arrival, but with one worker and every resume it is the same."""
    settings: dict[str, Any] = {"trials": 20, "batch": "async", "sampler": "CmaEsSampler"}
    whole = table(Bowl(), tmp_path / "whole", **settings)
    for _ in range(6):
        stop = Cancellation()
        seen: list[object] = []

        def count(trial: object, stop: Cancellation = stop, seen: list[object] = seen) -> None:
            seen.append(trial)
            if len(seen) == 4:
                stop.set()

        execution = Execution(executor=Serial(), stop=stop, finished=count)
        view = run_study(Bowl(), tmp_path / "parts", execution=execution, **settings)
    assert view.reproducible() == whole
    many = run_study(Bowl(), tmp_path / "many", workers=3, **settings)
    assert [trial.state for trial in many.trials()] == ["finished"] * 20


STUDY = """
seed = 5
trials = 24
batch = 4
[problem]
name = "RelaxationFactor"
grid = 6
systems = 3
[sampler]
name = "{sampler}"
"""


@pytest.mark.parametrize(
    ("sampler", "numbers"),
    [("TPESampler", (2, 4)), ("CmaEsSampler", (3,)), ("HpBandSterSampler", (3,))],
)
def test_mpi_gives_the_same_trials(sampler: str, numbers: tuple[int, ...], tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    file = tmp_path / "study.toml"
    file.write_text(STUDY.format(sampler=sampler))
    tables = []
    for ranks in (None, *numbers):
        out = tmp_path / f"ranks-{ranks}"
        done = run_simhelm("run", file, "--out", out, ranks=ranks)
        assert done.returncode == 0, done.stderr
        tables.append(StudyView(out).reproducible())
    assert all(table == tables[0] for table in tables)


def test_a_killed_master_loses_nothing(tmp_path: Path) -> None:
    """``kill -9`` at seeded random moments; ``make chaos`` does it 200 times."""
    from tests.calibration.study.chaos import kill_and_resume

    hits = kill_and_resume(tmp_path, kills=30, seed=1, trials=150, sampler="CmaEsSampler")
    assert hits >= 10


def test_a_second_run_reads(tmp_path: Path) -> None:
    first = table(Bowl(), tmp_path / "s", trials=6)
    before = StudyView(tmp_path / "s").trial(3).finished
    assert table(Bowl(), tmp_path / "s", trials=6) == first
    assert StudyView(tmp_path / "s").trial(3).finished == before


def test_signals_leave_a_study_that_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY.format(sampler="TPESampler").replace("systems = 3", "systems = 40000"))
    for number in (signal.SIGINT, signal.SIGTERM):
        process = started(command_line("run", file, "--out", tmp_path / "s", "--workers", "2"))
        wait_until(lambda: is_worked_on(tmp_path / "s"), "the study")
        time.sleep(1.0)
        process.send_signal(number)
        begun = time.monotonic()
        _, text = process.communicate(timeout=30)
        assert process.returncode == 128 + number, text
        assert time.monotonic() - begun < 10  # not a bar on speed: it must not wait for trials
        assert "resume" in text
        assert not [t for t in StudyView(tmp_path / "s").trials() if t.state == "running"]
    assert finished_trials(tmp_path / "s") <= 24


def is_worked_on(directory: Path) -> bool:
    try:
        return bool(StudyView(directory).owner())
    except Exception:
        return False


def test_processes_are_used(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", execution=Execution(executor=Processes(2)), trials=8)
    places = {trial.where for trial in StudyView(tmp_path / "s").trials()}
    assert str(os.getpid()) not in "".join(places)

"""Faults of single trials (F1-F5, F12, F25, F26 of the fault table): what a study makes of them.

Those of executables by themselves are in tests/simulators/executable.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.calibration import Execution, StudyView, run_study
from simhelm.calibration.study.executors import Serial
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import ConfigurationError, FailureStop
from tests.calibration.study.faulty_executable import executable, reasons
from tests.calibration.study.harness import finished_trials, nothing_left, slots, table
from tests.calibration.study.problems import Bowl, Faulty, Immobile, Slow
from tests.subprocesses import run_simhelm


@pytest.mark.parametrize("ranks", [None, 3])
def test_f1_f2_failures_of_executables_cost_a_trial_each(tmp_path: Path, ranks: int | None) -> None:
    script = """
    echo "cost = $1"
    case $2 in 1) echo bad >&2; exit 7;; 4) kill -SEGV $$;; 6) kill -KILL $$;; esac
    """
    file, out = executable(tmp_path, script), tmp_path / "out"
    done = run_simhelm("run", file, "--out", out, ranks=ranks)
    assert done.returncode == 0, done.stderr
    expected = {1: "exit", 4: "signal", 6: "signal"}
    assert reasons(out) == {slot: expected.get(slot, "completed") for slot in range(9)}
    view = StudyView(out)
    assert "exit code 7" in view.trial(1).details
    assert "bad" in view.trial(1).details
    assert "SIGSEGV" in view.trial(4).details
    # The parameters are printed, and the failures' costs are never the best.
    assert f"x = {view.trial(1).config['x']}" in done.stderr
    assert all(trial.slot not in expected for trial in view.best(9))
    nothing_left(out)


def test_f2_a_signal_may_be_tried_again(tmp_path: Path) -> None:
    script = f"""
    if [ $2 = 4 ] && mkdir {tmp_path}/once 2>/dev/null; then kill -SEGV $$; fi
    echo "cost = $1"
    """
    more = '[failures]\nretry_on = ["signal:11"]\nretries = 1'
    file, out = executable(tmp_path, script, more=more), tmp_path / "out"
    done = run_simhelm("run", file, "--out", out)
    assert set(reasons(out).values()) == {"completed"}, done.stderr
    assert [event["slot"] for event in StudyView(out).events() if event["kind"] == "retry"] == [4]


def test_f3_a_hanging_problem_is_killed_at_its_limit(tmp_path: Path) -> None:
    problem = Faulty("hangs", slots(2, 5))
    view = run_study(problem, tmp_path / "s", trials=8, baselines=[], time_limit=1.5, workers=2)
    assert [t.slot for t in view.trials() if t.end_reason is EndReason.TIMEOUT] == [2, 5]
    assert "1.5 s" in view.trial(2).details
    nothing_left(tmp_path)


def test_f4_not_finite_is_a_failure_and_never_a_number(tmp_path: Path) -> None:
    problem = Faulty("not_finite", slots(1, 3))
    view = run_study(problem, tmp_path / "s", trials=8, baselines=[], sampler="TPESampler")
    failed = [trial for trial in view.trials() if not trial.succeeded]
    assert [trial.slot for trial in failed] == [1, 3]
    assert "height" in failed[0].details
    for trial in view.trials():
        assert trial.told_values is not None
        assert np.isfinite(trial.told_values).all()
    with sqlite3.connect(tmp_path / "s" / "study.db") as database:
        for row in database.execute("SELECT config, outputs, told_values FROM trials"):
            for text in row:
                json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is in the store")


def test_f5_failures_are_told_as_the_worst_so_far_and_a_margin(tmp_path: Path) -> None:
    problem = Faulty("fails", slots(4, 6))
    view = run_study(problem, tmp_path / "s", trials=8, batch=1, baselines=[])
    trials = view.trials()
    seen = [t.values["height"] for t in trials[:4]]
    assert trials[4].end_reason is EndReason.DIVERGED
    assert trials[4].told_values == pytest.approx([max(seen) + 0.1 * (max(seen) - min(seen))])
    assert trials[4].cost == 2.0


def test_f5_failures_may_be_told_as_constraints(tmp_path: Path) -> None:
    problem = Faulty("fails", slots(3, 5, 6))
    settings: dict[str, Any] = {
        "trials": 16, "baselines": [], "failures": {"told": "constraint"},
    }  # fmt: skip
    one = table(problem, tmp_path / "one", workers=1, **settings)
    assert one == table(problem, tmp_path / "two", workers=2, **settings)
    with pytest.raises(ConfigurationError, match="constraints"):
        run_study(problem, tmp_path / "no", sampler="CmaEsSampler", **settings)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("raises", "no such orchard"),
        ("returns_rubbish", "expected Metrics"),
    ],
)
def test_f12_exceptions_come_back_with_their_traceback(
    fault: str, words: str, tmp_path: Path
) -> None:
    view = run_study(Faulty(fault, slots(1)), tmp_path / "s", trials=4, workers=1)
    assert view.trial(1).end_reason is EndReason.EXCEPTION
    assert words in view.trial(1).details
    assert "Traceback" in view.trial(1).details
    assert sum(trial.succeeded for trial in view.trials()) == 3


@pytest.mark.parametrize("when", ["sent", "read"])
def test_f12_a_problem_that_does_not_travel(when: str, tmp_path: Path) -> None:
    with pytest.raises(FailureStop, match="set-up seems wrong"):
        run_study(Immobile(when), tmp_path / "s", trials=40, baselines=[], workers=2)
    assert f"cannot be {when}" in StudyView(tmp_path / "s").trial(0).details


def test_f12_a_wrong_set_up_ends_the_study_early(tmp_path: Path) -> None:
    with pytest.raises(FailureStop, match="set-up seems wrong") as stop:
        run_study(Faulty("raises"), tmp_path / "s", trials=400, batch=3, workers=1)
    assert "replay" in str(stop.value)
    assert finished_trials(tmp_path / "s") == 3


def test_f25_a_simulator_that_always_fails_is_stopped(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo no >&2; exit 9", trials=400), tmp_path / "out"
    done = run_simhelm("run", file, "--out", out)
    assert done.returncode == 3, done.stderr
    assert "Most frequent: exit" in done.stderr
    assert len([r for r in reasons(out).values() if r == "exit"]) == 6  # two batches of three
    again = run_simhelm("replay", out, "0")
    assert again.returncode == 0, again.stderr
    assert "./sim.sh" in again.stdout
    assert "exit code 9" in again.stdout
    # Running it again goes on, until it is stopped again.
    assert run_simhelm("run", file, "--out", out).returncode == 3
    assert len([r for r in reasons(out).values() if r == "exit"]) == 12


def test_f25_half_of_ten_is_too_many(tmp_path: Path) -> None:
    problem = Faulty("fails", slots(*range(1, 100, 2)))
    with pytest.raises(FailureStop, match=r"of 1[02] trials failed"):
        run_study(problem, tmp_path / "s", trials=100, baselines=[], workers=1)


def test_f26_traces_are_removed(tmp_path: Path) -> None:
    golden = table(Bowl(), tmp_path / "golden", trials=12)
    view = run_study(Faulty("leaves_traces"), tmp_path / "s", trials=12, workers=1)
    found = view.reproducible()
    assert [row["values"] for row in found] == [row["values"] for row in golden]


def test_f26_only_pure_problems_share_our_process(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="pure"):
        run_study(Slow(), tmp_path / "s", execution=Execution(executor=Serial()), trials=2)

"""Faults of processes (F3, F8-F11): signals, killed workers, killed ranks."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from simhelm.calibration import Execution, StudyView, run_study
from simhelm.calibration.study.executors import Processes
from simhelm.core.end_reason import EndReason
from tests.calibration.study.faulty_executable import executable, reasons
from tests.calibration.study.harness import (
    finished_trials,
    mentioning,
    nothing_left,
    slots,
    table,
    wait_until,
)
from tests.calibration.study.problems import Faulty, Slow
from tests.subprocesses import command_line, completed, launcher, run_simhelm, started


@pytest.mark.parametrize("ranks", [None, 2])
def test_f3_the_run_itself_has_a_limit(tmp_path: Path, ranks: int | None) -> None:
    script = "trap '' TERM; sleep 9999 & sleep 9999"
    file, out = executable(tmp_path, script), tmp_path / "out"
    done = run_simhelm("run", file, "--out", out, "--timeout", "2", ranks=ranks)
    assert done.returncode == 0, done.stderr
    assert "resume" in done.stderr
    assert set(reasons(out).values()) == {"queued"}
    nothing_left(out)


@pytest.mark.parametrize("ranks", [None, 2])
def test_f8_f9_signals_kill_children_and_requeue(tmp_path: Path, ranks: int | None) -> None:
    script = f"""
    if [ $2 -lt 4 ] || [ -e {tmp_path}/go ]; then echo "cost = $1"; exit 0; fi
    trap '' TERM; setsid sleep 9999 & sleep 9999
    """
    file, out = executable(tmp_path, script), tmp_path / "out"
    for number in (signal.SIGTERM, signal.SIGINT):
        process = started(command_line("run", file, "--out", out, ranks=ranks))
        wait_until(lambda: mentioning("9999", str(tmp_path)), "a hanging simulator")
        process.send_signal(number)
        _, text = process.communicate(timeout=30)
        # mpiexec itself answers SIGINT; what it returns then is not ours.
        assert process.returncode == 128 + number or ranks is not None, text
        nothing_left(out)
        assert {reasons(out)[slot] for slot in range(3)} == {"completed"}
        assert reasons(out)[4] == "queued"
    (tmp_path / "go").touch()
    done = run_simhelm("resume", out)
    assert done.returncode == 0, done.stderr
    assert set(reasons(out).values()) == {"completed"}


def test_f8_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 9999"
    file, out = executable(tmp_path, script), tmp_path / "out"
    process = started(command_line("run", file, "--out", out))
    wait_until(lambda: mentioning("9999", str(tmp_path)), "a hanging simulator")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode in (130, 143)
    nothing_left(out)


def test_f10_killed_workers_are_replaced(tmp_path: Path) -> None:
    golden = table(Slow(0.0), tmp_path / "golden", workers=1, trials=60)
    rng = np.random.default_rng(4)
    killed = 0

    def kill_one(trial: object) -> None:
        nonlocal killed
        ours = psutil.Process().children()
        workers = [
            p
            for p in ours
            if p.status() != psutil.STATUS_ZOMBIE and "spawn_main" in str(p.cmdline())
        ]
        if workers and killed < 20 and rng.random() < 0.5:
            workers[int(rng.integers(len(workers)))].kill()
            killed += 1

    settings: dict[str, Any] = {"trials": 60, "failures": {"retries": 20}}
    golden = table(Slow(0.02), tmp_path / "quiet", workers=2, **settings)
    execution = Execution(executor=Processes(2), finished=kill_one)
    view = run_study(Slow(0.02), tmp_path / "s", execution=execution, **settings)
    assert killed == 20
    assert view.reproducible() == golden


def test_f10_a_trial_that_always_kills_its_worker_fails(tmp_path: Path) -> None:
    problem = Faulty("segfault", slots(3))
    view = run_study(problem, tmp_path / "s", trials=8, workers=2, failures={"retries": 2})
    lost = view.trial(3)
    assert lost.end_reason is EndReason.WORKER_LOST
    assert "SIGSEGV" in lost.details
    assert lost.attempts == 3
    assert sum(trial.succeeded for trial in view.trials()) == 7


RANK_SCRIPT = """
import sys
from mpi4py import MPI
from simhelm.calibration import Execution, run_study
from simhelm.calibration.study.mpi import Ranks, dismiss, serve
from tests.calibration.study.problems import {problem}

def main():
    comm = MPI.COMM_WORLD
    if comm.rank:
        serve(comm)
        return
    execution = Execution(executor=Ranks(comm, {per_trial}))
    try:
        run_study({make}, sys.argv[1], execution=execution, {settings})
    finally:
        dismiss(comm)

if __name__ == "__main__":
    main()
"""


def ranks_script(
    folder: Path, make: str, *, settings: str = "trials=12", per_trial: int = 1
) -> Path:
    file = folder / "ranks.py"
    problem = make.partition("(")[0]
    file.write_text(
        RANK_SCRIPT.format(problem=problem, make=make, settings=settings, per_trial=per_trial)
    )
    return file


def mpirun(ranks: int, *words: str | Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return started([*launcher(ranks), *map(str, words)], env=environment)


def test_f2_a_crash_beside_a_rank_costs_a_trial(tmp_path: Path) -> None:
    file = ranks_script(tmp_path, f'Faulty("segfault", {slots(2, 5)})')
    process = mpirun(3, file, tmp_path / "s")
    _, text = process.communicate(timeout=60)
    assert process.returncode == 0, text
    found = Counter(reasons(tmp_path / "s").values())
    assert found == {"completed": 10, "worker_lost": 2}
    assert reasons(tmp_path / "s")[2] == "worker_lost"


def test_ranks_evaluate_a_trial_together(tmp_path: Path) -> None:
    file = ranks_script(tmp_path, "Together()", per_trial=2)
    process = mpirun(6, file, tmp_path / "s")  # two groups of two, and one rank left over
    _, text = process.communicate(timeout=60)
    assert process.returncode == 0, text
    trials = StudyView(tmp_path / "s").trials()
    assert len(trials) == 12
    assert {trial.values["ranks"] for trial in trials} == {2.0}


def test_f11_a_killed_rank_and_a_resume(tmp_path: Path) -> None:
    golden = table(Slow(0.05), tmp_path / "golden", workers=2, trials=60)
    file, out = ranks_script(tmp_path, "Slow(0.05)", settings="trials=60"), tmp_path / "s"
    process = mpirun(3, file, out)
    wait_until(lambda: finished_trials(out) >= 8, "some trials")
    ranks = [
        p for p in psutil.Process(process.pid).children(recursive=True)
        if "ranks.py" in " ".join(p.cmdline()) and p.environ().get("PMI_RANK") == "1"
    ]  # fmt: skip
    ranks[0].kill()
    process.communicate(timeout=60)
    assert process.returncode != 0
    nothing_left(out)
    assert 8 <= finished_trials(out) < 60
    process = mpirun(4, file, out)
    _, text = process.communicate(timeout=60)
    assert process.returncode == 0, text
    assert StudyView(out).reproducible() == golden


def test_f11_the_command_line_restarts_by_itself(tmp_path: Path) -> None:
    script = f"""
    if [ $2 = 5 ] && mkdir {tmp_path}/once 2>/dev/null; then
        kill -9 $(ps -o ppid= -p $PPID)
    fi
    sleep 0.05; echo "cost = $1"
    """
    file, out = executable(tmp_path, script, trials=12), tmp_path / "out"
    done = run_simhelm("run", file, "--out", out, "--ranks", "3", "--max-restarts", "2")
    assert (tmp_path / "once").is_dir(), done.stderr
    assert done.returncode == 0, done.stderr
    assert "restart 1 of 2" in done.stderr
    assert set(reasons(out).values()) == {"completed"}
    nothing_left(out)


def test_waiting_is_never_silent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simhelm.calibration.study.dispatcher._FIRST_WORD", 0.3)
    with caplog.at_level("INFO"):
        run_study(Slow(1.5), tmp_path / "s", trials=1, baselines=[], workers=1)
    assert any("waiting on worker" in message for message in caplog.messages)


IMPATIENT = """
from simhelm.cli import main
from simhelm.calibration.study import dispatcher
dispatcher._FIRST_WORD = 0.3
if __name__ == "__main__":  # workers are started by import of this file
    main()
"""


def test_a_waiting_master_names_the_rank_and_the_trial(tmp_path: Path) -> None:
    script = "[ $2 = 2 ] && sleep 2; echo cost = $1"
    file, out = executable(tmp_path, script, trials=3), tmp_path / "out"
    (tmp_path / "impatient.py").write_text(IMPATIENT)
    words = [str(tmp_path / "impatient.py"), "run", str(file), "--out", str(out), "--verbose"]
    done = completed([*launcher(ranks=3), *words])
    assert done.returncode == 0, done.stderr
    assert re.search(r"waiting on rank [12], trial 2, \d+ s", done.stderr), done.stderr


def test_a_dask_cluster_gives_the_same_trials(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    file, out = executable(tmp_path, "echo cost = $1"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", tmp_path / "golden").returncode == 0
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        done = run_simhelm("run", file, "--out", out, "--executor", address)
    assert done.returncode == 0, done.stderr
    assert StudyView(out).reproducible() == StudyView(tmp_path / "golden").reproducible()


def test_time_is_not_spent_idle(tmp_path: Path) -> None:
    """Not a bar on speed: four trials of half a second on four workers overlap."""
    begun = time.monotonic()
    run_study(Slow(2.0), tmp_path / "s", trials=4, baselines=[], workers=4)
    one_after_the_other = 8.0
    starts = [float(trial.seconds) for trial in StudyView(tmp_path / "s").trials()]
    assert sum(starts) >= one_after_the_other
    assert time.monotonic() - begun < 60

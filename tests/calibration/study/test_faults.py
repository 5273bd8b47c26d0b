"""The fault table: real faults on real processes; what a trusted engine does about each.

Faults of a single executable (F1-F6, F19-F22) are in tests/simulators/executable; here it is what
the study makes of them. F27, a killed worker of a vector environment, concerns Gymnasium's own
vector classes, which we do not replace.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from simhelm.calibration import Execution, StudyView, run_study
from simhelm.calibration.errors import (
    ConfigurationError,
    DirectoryError,
    FailureStop,
    SimhelmError,
    StudyLocked,
)
from simhelm.calibration.study.executors import Processes, Serial
from simhelm.calibration.study.lock import LOCK, exclusive
from simhelm.calibration.study.search import trial_seed
from simhelm.simulators.end_reason import EndReason
from tests.calibration.study.harness import (
    finished_trials,
    mentioning,
    nothing_left,
    table,
    wait_until,
)
from tests.calibration.study.problems import Bowl, Faulty, Immobile, Slow
from tests.subprocesses import command_line, completed, launcher, run_simhelm, started

HEAD = """
title = "a fault"
seed = 2
trials = {trials}
batch = 3
baselines = []
{more}
[simulator]
name = "Shell"
command = ["./sim.sh", "{{x}}", "{{slot}}"]
files = ["sim.sh"]
grace = 0.2
time_limit = {time_limit}
[[parameter]]
name = "x"
default = 1.0
low = 0.0
high = 2.0
[[output]]
name = "cost"
regex = {{ file = "stdout", pattern = 'cost = (\\S+)' }}
[sampler]
name = "RandomSampler"
"""


def executable(
    folder: Path, script: str, *, trials: int = 9, more: str = "", time_limit: float = 30.0
) -> Path:
    """A study file of a shell script; slots are its second argument."""
    (folder / "sim.sh").write_text("#!/bin/sh\n" + script)
    (folder / "sim.sh").chmod(0o755)
    file = folder / "study.toml"
    file.write_text(HEAD.format(trials=trials, more=more, time_limit=time_limit))
    return file


def reasons(directory: Path) -> dict[int, str]:
    trials = StudyView(directory).trials()
    return {t.slot: t.end_reason.label if t.end_reason else t.state for t in trials}


def slots(*numbers: int, seed: int = 0) -> tuple[int, ...]:
    """The seeds by which a problem knows its slots."""
    return tuple(trial_seed(seed, slot) for slot in numbers)


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


@pytest.mark.parametrize("ranks", [None, 2])
def test_f3_the_run_itself_has_a_limit(tmp_path: Path, ranks: int | None) -> None:
    script = "trap '' TERM; sleep 9999 & sleep 9999"
    file, out = executable(tmp_path, script), tmp_path / "out"
    done = run_simhelm("run", file, "--out", out, "--timeout", "2", ranks=ranks)
    assert done.returncode == 0, done.stderr
    assert "resume" in done.stderr
    assert set(reasons(out).values()) == {"queued"}
    nothing_left(out)


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


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Any:
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if completed(command).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    completed(["umount", "-l", str(folder)], check=True)


def test_f7_a_full_disk_loses_nothing(tiny_disk: Path, tmp_path: Path) -> None:
    whole = table(Bowl(), tmp_path / "whole", trials=200, sampler="RandomSampler")
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(b"x" * 120_000)
    with pytest.raises(SimhelmError, match="bytes free"):
        run_study(Bowl(), tiny_disk / "s", trials=200, sampler="RandomSampler")
    before = finished_trials(tiny_disk / "s")
    ballast.unlink()
    assert table(Bowl(), tiny_disk / "s", trials=200, sampler="RandomSampler") == whole
    assert before > 0


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


def test_f14_one_of_two_runs_wins(tmp_path: Path) -> None:
    file = executable(tmp_path, "sleep 1; echo cost = $1", trials=1)
    for attempt in range(20):
        out = tmp_path / f"out-{attempt}"
        both = [started(command_line("run", file, "--out", out)) for _ in range(2)]
        texts = [process.communicate(timeout=60)[1] for process in both]
        codes = sorted(process.returncode for process in both)
        assert codes == [0, 4], texts
        assert any(f"process {process.pid}" in text for process in both for text in texts)
        assert reasons(out) == {0: "completed"}


def test_f14_the_lock_names_its_owner_and_dies_with_it(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        assert StudyLockedText(tmp_path) == f"process {os.getpid()}"
    assert (tmp_path / LOCK).read_bytes() == b""
    (tmp_path / LOCK).write_text('{"pid": 1, "host": "elsewhere", "since": "long ago"}')
    with exclusive(tmp_path):  # a dead owner's words do not lock
        pass


def StudyLockedText(directory: Path) -> str:  # noqa: N802
    with pytest.raises(StudyLocked) as locked, exclusive(directory):
        pass
    return " ".join(str(locked.value).split(": ")[1].split()[:2])


def test_f15_no_damage_passes_unnoticed_or_raises_the_unexpected(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", trials=12, sampler="RandomSampler")
    good = StudyView(tmp_path / "s").reproducible()
    file = tmp_path / "s" / "study.db"
    data = file.read_bytes()
    rng = np.random.default_rng(8)
    noticed = 0
    for _ in range(300):
        place = int(rng.integers(len(data)))
        damaged = bytearray(data)
        damaged[place] ^= int(rng.integers(1, 256))
        file.write_bytes(damaged)
        noticed += not _reads(tmp_path / "s", good)
    for size in (0, 1, 50, 100, 1000, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:size])
        noticed += not _reads(tmp_path / "s", None if size < len(data) - 1 else good)
    file.write_bytes(data)
    assert _reads(tmp_path / "s", good)
    assert noticed > 50


def _reads(directory: Path, good: list[dict[str, Any]] | None) -> bool:
    """Whether the study can be read; then it must be the right one."""
    try:
        found = StudyView(directory).reproducible()
    except DirectoryError as error:
        found, message = None, str(error)
    if found is None:
        assert str(directory) in message
        return False
    assert found == good
    return True


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 99, b"\0" * 4096])
def test_f15_foreign_files_are_never_taken_for_new(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "study.db").write_bytes(content)
    if content:
        with pytest.raises(DirectoryError):
            run_study(Bowl(), tmp_path / "s", trials=2)
        assert (tmp_path / "s" / "study.db").read_bytes() == content
    else:  # a study that was killed while it was made
        assert len(run_study(Bowl(), tmp_path / "s", trials=2, batch=2).trials()) == 2


def test_f15_a_newer_format_is_said_to_be_newer(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", trials=2)
    with sqlite3.connect(tmp_path / "s" / "study.db") as database:
        database.execute("UPDATE study SET value = '99' WHERE key = 'format'")
    database.close()
    with pytest.raises(DirectoryError, match="newer"):
        run_study(Bowl(), tmp_path / "s", trials=2)


def test_f16_a_changed_problem_is_refused_with_a_diff(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo cost = $1"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", out).returncode == 0
    text = file.read_text()
    for change in (("high = 2.0", "high = 3.0"), ("seed = 2", "seed = 3"), ("= 3\n", "= 4\n")):
        file.write_text(text.replace(*change))
        done = run_simhelm("run", file, "--out", out)
        assert done.returncode == 2
        assert "  - " in done.stderr
        assert "  + " in done.stderr
        assert "--fork" in done.stderr
    file.write_text(text)
    (tmp_path / "sim.sh").write_text("#!/bin/sh\necho cost = 1\n")
    assert "contents.sim.sh" in run_simhelm("run", file, "--out", out).stderr
    (tmp_path / "sim.sh").write_text("#!/bin/sh\necho cost = $1")
    file.write_text(text.replace("trials = 9", "trials = 12"))
    assert run_simhelm("run", file, "--out", out).returncode == 0
    assert len(StudyView(out).trials()) == 12


def test_f16_a_fork_takes_over_what_still_holds(tmp_path: Path) -> None:
    file, out, new = executable(tmp_path, "echo cost = $1"), tmp_path / "out", tmp_path / "new"
    assert run_simhelm("run", file, "--out", out).returncode == 0
    file.write_text(file.read_text().replace("high = 2.0", "high = 1.0"))
    done = run_simhelm("run", file, "--out", out, "--fork", new)
    assert done.returncode == 0, done.stderr
    legal = [trial for trial in StudyView(out).trials() if float(trial.config["x"]) <= 1.0]
    taken = StudyView(new).trials("earlier")
    assert [trial.config for trial in taken] == [trial.config for trial in legal]
    assert 0 < len(legal) < 9
    assert len(StudyView(new).trials()) == 9


HOSTILE = {
    "unknown key": ("trials = 9", "trails = 9", "did you mean 'trials'"),
    "wrong type": ("seed = 2", 'seed = "2"', "seed"),
    "nan": ("low = 0.0", "low = nan", "low"),
    "no batch": ("batch = 3", "batch = 0", "batch"),
    "huge": ("trials = 9", "trials = 999999999999999", "trials"),
    "unknown sampler": ("RandomSampler", "RandonSampler", "did you mean 'RandomSampler'"),
    "python tag": ('title = "a fault"', "title = !!python/object/apply:os.system", "TOML"),
    "control characters": ("a fault", "a \\u0007 fault", "printable"),
    "option": ('name = "RandomSampler"', 'name = "RandomSampler"\nfoo = 1', "foo"),
    "traversal": ('file = "stdout"', 'file = "../../etc/passwd"', "inside"),
    "both": ("[simulator]", '[problem]\nname = "RelaxationFactor"\n[simulator]', "one of"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_f17_hostile_files_are_refused(what: str, tmp_path: Path) -> None:
    file, out = executable(tmp_path, f"touch {tmp_path}/canary; echo cost = 1"), tmp_path / "out"
    old, new, words = HOSTILE[what]
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    done = run_simhelm("run", file, "--out", out)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "canary").exists()
    assert not out.exists()


def test_f18_pickles_are_never_read(tmp_path: Path) -> None:
    import pickle

    class Canary:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "canary"),)

    content = pickle.dumps(Canary())
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "study.db").write_bytes(content)
    file = tmp_path / "study.toml"
    file.write_bytes(content)
    for words in (("run", file, "--out", folder), ("show", folder), ("report", folder)):
        assert run_simhelm(*words).returncode in (2, 5)
    assert run_simhelm("resume", folder).returncode == 5
    assert not (tmp_path / "canary").exists()


def test_f24_a_bare_environment_is_enough(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo cost = $1"), tmp_path / "out"
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent"}
    done = run_simhelm("run", file, "--out", out, env=env)
    assert done.returncode == 0, done.stderr
    assert run_simhelm("show", out, "--trials", env=env).returncode == 0


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


def test_waiting_is_never_silent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simhelm.calibration.study.dispatcher._FIRST_WORD", 0.3)
    with caplog.at_level("INFO"):
        run_study(Slow(1.5), tmp_path / "s", trials=1, baselines=[], workers=1)
    assert any("waiting on worker" in message for message in caplog.messages)


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

"""``python -m tests.calibration.study.chaos``: real faults, many times, seeded; and a long soak.

After every fault the study is run again, and in the end its trial table must be the one of a study
that nothing happened to. The soak watches the memory and the open files of the processes.
"""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from simhelm.calibration import Execution, StudyView, run_study
from simhelm.calibration.study.executors import Processes
from tests.calibration.study.harness import finished_trials, nothing_left, wait_until
from tests.calibration.study.problems import Bowl
from tests.subprocesses import command_line, run_simhelm, started

# Seconds for a start, the replay of all earlier trials, and a trial, on a busy machine.
PATIENCE = 300.0
# What a sampler in memory keeps of a trial is the only thing that may grow: bytes a trial.
HISTORY_OF_A_TRIAL = 4_000
# Beside it: what an allocator may round up.
SLACK = 4_000_000

# Trials are short, and many, so that a kill meets every phase: asking, sending, storing. A program
# starts sooner than compiled kernels load, and must not be left running.
STUDY = """
seed = 7
trials = {trials}
batch = 3
[failures]
retries = 5
[simulator]
name = "Bowl"
command = ["./bowl.sh", "{{x}}", "{{y}}"]
files = ["bowl.sh"]
[[parameter]]
name = "x"
default = 2.0
low = -5.0
high = 5.0
[[parameter]]
name = "y"
default = 2.0
low = -5.0
high = 5.0
[[output]]
name = "cost"
regex = {{ file = "stdout", pattern = 'cost = (\\S+)' }}
[sampler]
name = "{sampler}"
"""
SIMULATOR = """#!/bin/sh
awk -v x="$1" -v y="$2" 'BEGIN { printf "cost = %.17g\\n", (x - 1)^2 + 3 * (y + 0.5)^2 }'
"""


# One that is told its history again, and one that must be asked everything again.
SAMPLERS = ("TPESampler", "CmaEsSampler")


def say(text: str) -> None:
    """Progress, at once, on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def kill_and_resume(
    folder: Path,
    *,
    kills: int,
    seed: int,
    trials: int,
    sampler: str,
    progress: Callable[[str], None] = lambda text: None,
) -> int:
    """Kill the master at random moments and resume each time; gives how often it was at work."""
    file = folder / "chaos.toml"
    file.write_text(STUDY.format(trials=trials, sampler=sampler))
    (folder / "bowl.sh").write_text(SIMULATOR)
    (folder / "bowl.sh").chmod(0o755)
    whole, broken = folder / "whole", folder / "broken"
    done = run_simhelm("run", file, "--out", whole, "--workers", "1", timeout=600)
    assert done.returncode == 0, done.stderr
    rng = np.random.default_rng(seed)
    hits = 0
    for number in range(kills):
        process = started(command_line("run", file, "--out", broken, "--workers", "1", "--quiet"))
        before = finished_trials(broken)
        _wait_for_progress(process, broken, before)
        time.sleep(float(rng.uniform(0.0, 0.08)))
        if process.poll() is None:
            hits += 1
        process.send_signal(signal.SIGKILL)
        _, text = process.communicate()
        assert process.returncode in {-signal.SIGKILL, 0}, text
        nothing_left(broken)
        if (number + 1) % 10 == 0:
            progress(f"{number + 1} kills, {hits} at work, {finished_trials(broken)} trials")
    done = run_simhelm("run", file, "--out", broken, "--workers", "2", timeout=600)
    assert done.returncode == 0, done.stderr
    assert StudyView(broken).reproducible() == StudyView(whole).reproducible()
    return hits


def _wait_for_progress(process: subprocess.Popen[str], directory: Path, before: int) -> None:
    """Until something new is recorded, so that every round goes on by a little."""
    try:
        wait_until(
            lambda: process.poll() is not None or finished_trials(directory) > before,
            f"progress after {before} trials",
            patience=PATIENCE,
        )
    except AssertionError as error:
        process.kill()
        raise AssertionError(f"{error}: {process.communicate()[1]}") from error


@dataclasses.dataclass(frozen=True)
class Reading:
    """Of the master and its workers: finished trials, bytes resident, open files."""

    trials: int
    master: int
    workers: int
    files: int

    def __str__(self) -> str:
        return (
            f"{self.trials} trials: master {self.master / 1e6:.1f} MB, "
            f"workers {self.workers / 1e6:.1f} MB, {self.files} open files"
        )


def read_gauges(trials: int) -> Reading:
    """Look at this process and its children now."""
    master = psutil.Process()
    children = master.children(recursive=True)
    return Reading(
        trials,
        master.memory_info().rss,
        sum(child.memory_info().rss for child in children),
        master.num_fds() + sum(child.num_fds() for child in children),
    )


def soak(
    folder: Path, *, trials: int, progress: Callable[[str], None] = lambda text: None
) -> list[Reading]:
    """Run trivial trials on two workers; a reading every tenth of them."""
    readings: list[Reading] = []
    done = 0

    def finished(_: object) -> None:
        nonlocal done
        done += 1
        if done % (trials // 10) == 0:
            readings.append(read_gauges(done))
            progress(str(readings[-1]))

    execution = Execution(executor=Processes(2), finished=finished)
    run_study(
        Bowl(), folder / "soak", sampler="RandomSampler", batch=20, trials=trials, baselines=[],
        execution=execution,
    )  # fmt: skip
    return readings


def check_constant(readings: list[Reading]) -> None:
    """Assert that after the first fifth only the sampler's history grew."""
    first, last = readings[1], readings[-1]
    allowed = SLACK + HISTORY_OF_A_TRIAL * (last.trials - first.trials)
    assert last.master - first.master <= allowed, f"the master grew: {first}; {last}"
    assert last.workers - first.workers <= SLACK, f"the workers grew: {first}; {last}"
    assert last.files == first.files, f"files were left open: {first}; {last}"


def main(kills: int = 100, trials: int = 10_000) -> None:
    """Soak, then kill; raises AssertionError at the first thing that is wrong."""
    with tempfile.TemporaryDirectory(prefix="simhelm-chaos-") as name:
        say(f"soak: {trials} trivial trials on two workers")
        readings = soak(Path(name), trials=trials, progress=say)
        check_constant(readings)
        grown = (readings[-1].master - readings[1].master) / (trials - readings[1].trials)
        say(f"soak passed: {grown:.0f} bytes a trial in the master, which keeps its history")
        for sampler in SAMPLERS:
            folder = Path(name) / sampler
            folder.mkdir()
            say(f"chaos: {kills} kills of the master of a study by {sampler}")
            hits = kill_and_resume(
                folder, kills=kills, seed=3, trials=5 * kills, sampler=sampler, progress=say
            )
            say(f"passed: {hits} of {kills} kills met it at work; the trial table is the golden")


if __name__ == "__main__":
    main()

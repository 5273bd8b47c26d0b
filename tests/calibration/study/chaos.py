"""``python -m tests.calibration.study.chaos``: real faults, many times, seeded.

After every fault the study is run again, and in the end its trial table must be the one of a study
that nothing happened to.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import numpy as np

from simhelm.calibration import StudyView
from tests.calibration.study.harness import finished_trials, nothing_left
from tests.subprocesses import command_line, run_simhelm, started

# Trials are short, and many, so that a kill meets every phase: asking, sending, storing.
STUDY = """
seed = 7
trials = {trials}
batch = 3
[failures]
retries = 5
[problem]
name = "RelaxationFactor"
grid = 16
systems = 60
[sampler]
name = "CmaEsSampler"
"""


def kill_and_resume(folder: Path, *, kills: int, seed: int, trials: int = 400) -> int:
    """Kill the master at random moments and resume each time; gives how often it was at work."""
    file = folder / "chaos.toml"
    file.write_text(STUDY.format(trials=trials))
    whole, broken = folder / "whole", folder / "broken"
    done = run_simhelm("run", file, "--out", whole, "--executor", "serial")
    assert done.returncode == 0, done.stderr
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(kills):
        process = started(command_line("run", file, "--out", broken, "--workers", "1", "--quiet"))
        before = finished_trials(broken)
        _wait_for_progress(process, broken, before)
        time.sleep(float(rng.uniform(0.0, 0.08)))
        if process.poll() is None:
            hits += 1
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode in {-signal.SIGKILL, 0}
        nothing_left(broken)
    done = run_simhelm("run", file, "--out", broken, "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert StudyView(broken).reproducible() == StudyView(whole).reproducible()
    return hits


def _wait_for_progress(process: object, directory: Path, before: int) -> None:
    """Until something new is recorded, so that every round goes on by a little."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None or finished_trials(directory) > before:  # type: ignore[attr-defined]
            return
        time.sleep(0.002)
    raise AssertionError("no progress within 60 s")

"""Studies of small shell scripts that misbehave."""

from __future__ import annotations

from pathlib import Path

from simhelm.calibration import StudyView

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

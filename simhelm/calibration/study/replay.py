"""Evaluating a recorded trial again, to see a failure or to check a result."""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections.abc import Mapping
from pathlib import Path

from simhelm.calibration.study.definition import Definition
from simhelm.calibration.study.dispatcher import first_line, outcome_of
from simhelm.calibration.study.evaluation import evaluate_here, install
from simhelm.calibration.study.pool import WorkerPool
from simhelm.calibration.study.trial import Outcome, Task, Trial
from simhelm.core.problem import HasCommandLine
from simhelm.experiments.directory import subdirectory

FOLDER = "replays"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A recorded trial beside its replay.

    Attributes:
        slot: of the trial.
        agrees: whether outputs (and the end reason) are equal, to the bit or within a tolerance.
        largest_difference: largest relative difference of an output; 0 if equal to the bit.
        was, found: the results in words.
    """

    slot: int
    agrees: bool
    largest_difference: float
    was: str
    found: str


def command(definition: Definition, trial: Trial, directory: Path) -> str:
    """What evaluates the trial, as one could type it: a command line, or Python."""
    problem = definition.problem
    if isinstance(problem, HasCommandLine):
        words = problem.command_line(
            trial.config,
            seed=trial.seed,
            budget=trial.budget,
            slot=trial.slot,
            directory=directory,
        )
        return f"cd {shlex.quote(str(directory))} && {shlex.join(words)}"
    return (
        f"{problem.name}(...).evaluate({trial.config!r}, seed={trial.seed}, budget={trial.budget})"
    )


def fresh_directory(study: Path, trial: Trial) -> Path:
    """A directory for a replay that no earlier one used."""
    folder = subdirectory(study / FOLDER)
    number = 1
    while (path := folder / f"{trial.series}-{trial.slot:06d}-{number}").exists():
        number += 1
    return path


def replay(definition: Definition, trial: Trial, directory: Path) -> Outcome:
    """Evaluate a trial's configuration with its seed and budget, in a process beside.

    Early stopping is off: what a stopped trial would have given is of interest.
    """
    task = Task(trial.series, trial.slot, trial.config, trial.seed, trial.budget, str(directory))
    limit = definition.config.time_limit
    with WorkerPool(1, install, (definition.source,), limit) as pool:
        return outcome_of(pool.submit(evaluate_here, task))


def compare(trial: Trial, again: Outcome, tolerance: float) -> Comparison:
    """Hold a replay against the record.

    Args:
        tolerance: largest relative difference of an output that counts as equal; 0 for to the bit.
    """
    metrics = again.metrics
    difference = _largest_difference(trial.values, metrics.values)
    same_end = trial.end_reason is metrics.end_reason
    return Comparison(
        trial.slot,
        same_end and difference <= tolerance,
        difference,
        _words(trial.values, trial.end_reason.label if trial.end_reason else ""),
        _words(metrics.values, first_line(metrics)),
    )


def _largest_difference(one: Mapping[str, float], two: Mapping[str, float]) -> float:
    if one.keys() != two.keys():
        return math.inf
    return max((_relative(one[name], two[name]) for name in one), default=0.0)


def _relative(a: float, b: float) -> float:
    return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))


def _words(values: Mapping[str, float], reason: str) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in values.items()) or reason

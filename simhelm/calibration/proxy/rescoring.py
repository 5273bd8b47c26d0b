"""What a search in a proxy found, evaluated in the true simulator."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from simhelm.calibration.study.definition import Definition
from simhelm.calibration.study.evaluation import evaluate
from simhelm.calibration.study.problem_source import ProxySource
from simhelm.calibration.study.replay import fresh_directory, replay
from simhelm.calibration.study.study import Study
from simhelm.calibration.study.trial import Outcome, Task, Trial
from simhelm.experiments.atomic_write import write_text
from simhelm.simulators.proxy import ProxyProblem

FILE = "rescored.json"


@dataclasses.dataclass(frozen=True)
class Rescored:
    """A design in the proxy and in the simulator.

    Attributes:
        who: ``"winner"`` or ``"rule of thumb"``.
        objective: name of the output.
        predicted, low, high: by the proxy, and its interval.
        true: by the simulator; None where it failed.
        end_reason: of the simulator.
        config: the design.
    """

    who: str
    objective: str
    predicted: float
    low: float
    high: float
    true: float | None
    end_reason: str
    config: dict[str, Any]


def rescore(study: Study) -> list[Rescored]:
    """The winner of a search in a proxy and the rule of thumb, in the simulator.

    Also written to ``rescored.json`` in the study's directory. A trial that the proxy takes to
    fail is left out.
    """
    view, rows = study.view(), []
    for who, series in (("winner", "search"), ("rule of thumb", "default")):
        rows += [_rescored(study, who, trial) for trial in view.best(1, series)]
    text = json.dumps([dataclasses.asdict(row) for row in rows], indent=1)
    write_text(study.directory / FILE, text + "\n")
    return rows


def _rescored(study: Study, who: str, trial: Trial) -> Rescored:
    definition = study.definition
    objective, _ = definition.objectives[0]
    problem, true = definition.problem, _in_the_simulator(definition)
    if not isinstance(problem, ProxyProblem):
        raise TypeError(f"expected a study in a proxy, got one of {problem.name}")
    metrics = _evaluated(true, study, dataclasses.replace(trial, budget=None)).metrics
    low, high = problem.proxy.intervals(trial.config)[objective]
    return Rescored(
        who,
        objective,
        trial.values[objective],
        low,
        high,
        metrics.values[objective] if metrics.succeeded else None,
        metrics.end_reason.label,
        dict(trial.config),
    )


def _evaluated(true: Definition, study: Study, trial: Trial) -> Outcome:
    """In this process where that is safe, else in one beside."""
    if true.problem.pure:
        return evaluate(
            true.problem, Task(trial.series, trial.slot, trial.config, trial.seed, None)
        )
    return replay(true, trial, fresh_directory(study.directory, trial))


def _in_the_simulator(definition: Definition) -> Definition:
    """The same study without the proxy."""
    if not isinstance(definition.source, ProxySource):
        raise TypeError("expected a study in a proxy")
    true = definition.source.true
    config = definition.config.model_copy(update={"proxy": None})
    return dataclasses.replace(definition, config=config, source=true, problem=true.make())

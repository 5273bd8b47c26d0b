"""A small problem with parameters of every kind, and its study: what samplers are tried on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.calibration.study import Execution, StudyView, run_study
from simhelm.calibration.study.executors import Serial
from simhelm.core.end_reason import EndReason
from simhelm.core.parameter import Parameter, Value
from simhelm.core.problem import Metrics, Output, Problem


class Mixed(Problem):
    """A valley in four parameters, one of them conditional; some configurations are faulty.

    Args:
        fault: what happens there: a failure that is reported, an exception (``"raise"``), or
            the end of the worker's process (``"crash"``; in this process an exception).
    """

    name = "Mixed"
    objective = "loss"
    pure = True
    worst_objective = 1e3
    full_budget = 9
    parameters: tuple[Parameter, ...] = (
        Parameter("rate", "float", 0.1, 1e-3, 1.0, log=True),
        Parameter("units", "integer", 8, 1, 40),
        Parameter("method", "categorical", "plain", choices=("plain", "momentum")),
        Parameter("momentum", "float", 0.5, 0.0, 1.0, condition=("method", ("momentum",))),
    )
    outputs = (Output("loss", "1", 0.0, 1e3),)

    def __init__(self, fault: str = "failure") -> None:
        self.fault, self._home = fault, os.getpid()

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        """A number that falls with the budget, or the fault."""
        self.check_config(config)
        spent = budget or self.full_budget
        if is_faulty(config):
            if self.fault == "crash" and os.getpid() != self._home:
                os._exit(7)
            if self.fault != "failure":
                raise RuntimeError("this configuration always raises")
            return Metrics.failure(EndReason.INFEASIBLE, cost=spent)
        loss = abs(float(config["rate"]) - 0.3) + abs(float(config["units"]) - 20) / 40 + 1 / spent
        loss += float(config.get("momentum", 0.4))
        return Metrics({"loss": loss}, EndReason.COMPLETED, spent)


def is_faulty(config: Mapping[str, Value]) -> bool:
    """Every fifth number of units is."""
    return int(config["units"]) % 5 == 4


def run_small(directory: Path, problem: Problem, **settings: Any) -> StudyView:
    """Run a study without baselines in this process, whatever fails; again resumes it.

    Args:
        settings: those of :func:`run_study` or of an :class:`Execution`.
    """
    given = {"executor": Serial()} | settings
    names = ("executor", "finished", "stop")
    execution = Execution(**{name: given.pop(name) for name in names if name in given})
    failures = {"in_a_row": 1000, "share": 1.0, "retries": 0}
    given = {"baselines": [], "trials": 16, "failures": failures, **given}
    return run_study(problem, directory, execution=execution, **given)

"""What a worker does with a task: evaluate, watch the learning curve, leave no trace."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import os
import platform
import signal
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simhelm.calibration.study.problem_source import ProblemSource
from simhelm.calibration.study.trial import Outcome, StopRule, Task
from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import (
    Cancellable,
    Metrics,
    Problem,
    ReportsCurve,
    RunsInDirectory,
    RunsOnRanks,
)

log = logging.getLogger(__name__)

# Of a traceback or a log, what is worth storing with every trial.
_LONGEST_DETAILS = 8_000
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGCHLD)


@dataclasses.dataclass
class _Station:
    """What this process evaluates; one for each process, as executors cannot carry it along."""

    problem: Problem
    cancellation: Cancellation | None = None


_station: _Station | None = None
_broken = "no problem was installed in this process"


def install(source: ProblemSource) -> None:
    """Make the problem ready in this process; where that fails, every trial will say so."""
    global _station  # noqa: PLW0603 - see _Station
    try:
        _station = _Station(source.make())
        if isinstance(_station.problem, Cancellable):
            _station.cancellation = Cancellation()
            _station.problem.cancel_with(_station.cancellation)
    except Exception as error:
        cannot_evaluate(f"the simulator cannot be set up: {told(error)}")


def cannot_evaluate(why: str) -> None:
    """Have every later trial in this process fail for a reason."""
    global _station, _broken
    _station, _broken = None, why


def evaluate_here(task: Task, communicator: Any = None) -> Outcome:
    """Evaluate a task with the problem of this process.

    Args:
        communicator: of the MPI ranks that evaluate it together; see ``RunsOnRanks``.
    """
    if _station is None:
        return Outcome(Metrics.failure(EndReason.EXCEPTION, cost=0.0, details=_broken))
    return evaluate(_station.problem, task, communicator)


def evaluate_with(source: ProblemSource, task: Task) -> Outcome:
    """Evaluate a task where no process can be prepared beforehand."""
    global _source  # noqa: PLW0603 - see _Station
    if _source != source:
        install(source)
        _source = source
    return evaluate_here(task)


_source: ProblemSource | None = None


def cancel_here() -> bool:
    """Ask what runs in this process to stop; False if it cannot be asked."""
    if _station is None or _station.cancellation is None:
        return False
    _station.cancellation.set()
    return True


def is_pure() -> bool:
    """Whether trials may be evaluated in this very process."""
    return _station is not None and _station.problem.pure


def is_cancellable() -> bool:
    """Whether :func:`cancel_here` will be heard."""
    return _station is not None and _station.cancellation is not None


def evaluate(problem: Problem, task: Task, communicator: Any = None) -> Outcome:
    """Evaluate a task; whatever the simulator does, an outcome comes back."""
    curve = Curve(task.stop)
    start = time.perf_counter()
    try:
        with unchanged_process():
            metrics = _run(problem, task, curve, communicator)
        _check_outputs(problem, metrics)
    except Exception as error:
        metrics = Metrics.failure(EndReason.EXCEPTION, cost=0.0, details=told(error))
    return Outcome(
        metrics=_tidied(metrics),
        curve=tuple(curve.points),
        expected=curve.expected if metrics.end_reason is EndReason.STOPPED_EARLY else None,
        seconds=time.perf_counter() - start,
        where=f"{platform.node()}:{os.getpid()}",
    )


def told(error: BaseException) -> str:
    """An exception as a person needs it: what, then where."""
    lines = traceback.format_exception(error)
    return f"{type(error).__name__}: {error}\n{''.join(lines)}"


def _run(problem: Problem, task: Task, curve: Curve, communicator: Any) -> Metrics:
    config, seed, budget = task.config, task.seed, task.budget
    if isinstance(problem, RunsOnRanks):
        return problem.evaluate_together(
            config, seed=seed, budget=budget, communicator=communicator
        )
    if isinstance(problem, RunsInDirectory) and task.directory is not None:
        folder, slot, watch = Path(task.directory), task.slot, curve.watch
        return problem.run_in(folder, config, seed=seed, budget=budget, slot=slot, watch=watch)
    if isinstance(problem, ReportsCurve):
        return problem.evaluate_watched(config, seed=seed, budget=budget, watch=curve.watch)
    return problem.evaluate(config, seed=seed, budget=budget)


def _check_outputs(problem: Problem, metrics: object) -> None:
    if not isinstance(metrics, Metrics):
        raise TypeError(f"evaluate: expected Metrics, got {type(metrics).__name__}")
    missing = {output.name for output in problem.outputs} - metrics.values.keys()
    if metrics.succeeded and missing:
        raise ValueError(f"evaluate succeeded without the declared outputs {sorted(missing)}")


def _tidied(metrics: Metrics) -> Metrics:
    """Plain Python numbers, and details that any file can hold."""
    details = metrics.details[:_LONGEST_DETAILS].encode("utf-8", "replace").decode("utf-8")
    values = {name: float(value) for name, value in metrics.values.items()}
    return Metrics(values, metrics.end_reason, float(metrics.cost), details)


class Curve:
    """The learning curve so far, and the rule that may end it.

    Attributes:
        points: (step, value), finite.
        expected: the end that the rule expected when it stopped the run.
    """

    def __init__(self, rule: StopRule | None) -> None:
        self.points: list[tuple[float, float]] = []
        self.expected: float | None = None
        self._rule = rule

    def watch(self, step: float, value: float) -> bool:
        """Take a point; False where the rule says that the rest is not worth its cost."""
        if not (math.isfinite(step) and math.isfinite(value)):
            return True
        self.points.append((float(step), float(value)))
        if self._rule is None:
            return True
        self.expected = self._end_if_hopeless(self._rule)
        return self.expected is None

    def _end_if_hopeless(self, rule: StopRule) -> float | None:
        from simhelm.agents.samplers.extrapolation import extrapolate, rung_stop, should_stop

        steps, values = (list(column) for column in zip(*self.points, strict=True))
        if rule.rule == "rungs":
            stop = rung_stop(steps, values, rungs=dict(rule.rungs), direction=rule.direction)
            return values[-1] if stop else None
        if rule.threshold is None or not should_stop(
            steps,
            values,
            at=rule.at,
            threshold=rule.threshold,
            direction=rule.direction,
            least_points=rule.least_points,
        ):
            return None
        end = extrapolate(steps, values, rule.at, least_points=rule.least_points)
        return values[-1] if end is None else end


@contextlib.contextmanager
def unchanged_process() -> Iterator[None]:
    """Put back what a simulator must not leave behind, and say so."""
    folder, handling = Path.cwd(), np.geterr()
    umask = os.umask(0o022)
    os.umask(umask)
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        if not folder.samefile("."):
            log.warning("the simulator changed the working directory; put back")
            os.chdir(folder)
        if np.geterr() != handling:
            log.warning("the simulator changed numpy's error handling; put back")
            np.seterr(**handling)
        os.umask(umask)
        if threading.current_thread() is threading.main_thread():
            _restore(handlers)


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        if handler is not None and signal.getsignal(number) is not handler:
            log.warning("the simulator changed the handler of %s; put back", number.name)
            signal.signal(number, handler)

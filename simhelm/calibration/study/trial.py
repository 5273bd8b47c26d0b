"""What travels between the study, its workers and its store."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Literal

from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics, Value

State = Literal["queued", "running", "finished"]


@dataclasses.dataclass(frozen=True)
class StopRule:
    """When a learning curve may end its run; thresholds are fixed before the run starts.

    Attributes:
        rule: ``"extrapolate"`` or ``"rungs"``.
        direction: of the objective.
        at: step at which the complete run ends.
        threshold: extrapolated ends worse than this stop the run.
        least_points: points before the first extrapolation.
        rungs: (step, threshold) pairs.
    """

    rule: Literal["extrapolate", "rungs"]
    direction: Literal["minimize", "maximize"]
    at: float
    threshold: float | None = None
    least_points: int = 4
    rungs: tuple[tuple[float, float], ...] = ()


@dataclasses.dataclass(frozen=True)
class Task:
    """One evaluation, as it is sent to a worker.

    Attributes:
        series, slot: which trial it is.
        config, seed, budget: arguments of ``Problem.evaluate``.
        directory: where an executable runs; fresh for every attempt.
        stop: the early-stopping rule, if any.
    """

    series: str
    slot: int
    config: Mapping[str, Value]
    seed: int
    budget: int | None
    directory: str | None = None
    stop: StopRule | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a worker sends back.

    Attributes:
        metrics: values, end reason, cost in work units, details.
        curve: (step, value) points of the learning curve.
        expected: where a stopped run would have ended, as extrapolated.
        seconds: wall-clock of the evaluation, on the worker's clock.
        where: host and process, or rank.
    """

    metrics: Metrics
    curve: tuple[tuple[float, float], ...] = ()
    expected: float | None = None
    seconds: float = 0.0
    where: str = ""


@dataclasses.dataclass
class Trial:
    """A row of the trial table.

    Attributes:
        series: ``"search"``, the name of a baseline, or ``"earlier"`` for trials that were taken
            from other studies.
        slot: place in the series, from 0.
        candidate: slot at which the same configuration was first evaluated (at a smaller budget).
        asked_after: how many trials of the series the sampler had been told of when it was asked.
        told: place in the order in which the sampler was told, None if it was not yet.
        told_values: what it was told (None: that the trial failed), penalties included.
        state, end_reason, values, cost, details, expected: the outcome so far.
        attempts: evaluations started, lost workers and interruptions included.
        seconds, where, finished: wall-clock facts, no part of what is reproducible.
    """

    series: str
    slot: int
    candidate: int
    batch: int
    config: dict[str, Value]
    seed: int
    budget: int | None
    asked_after: int
    state: State = "queued"
    end_reason: EndReason | None = None
    values: dict[str, float] = dataclasses.field(default_factory=dict)
    cost: float = 0.0
    expected: float | None = None
    details: str = ""
    told: int | None = None
    told_values: list[float] | None = None
    attempts: int = 0
    seconds: float = 0.0
    where: str = ""
    finished: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it has a complete, usable result."""
        return self.end_reason is not None and self.end_reason.succeeded

    @property
    def failed(self) -> bool:
        """Whether it ended without a result, other than by early stopping."""
        reason = self.end_reason
        return not (reason is None or reason.succeeded or reason is EndReason.STOPPED_EARLY)

    def settle(self, outcome: Outcome, finished: str) -> None:
        """Take a worker's outcome over."""
        metrics = outcome.metrics
        self.state, self.end_reason = "finished", metrics.end_reason
        self.values, self.cost, self.details = dict(metrics.values), metrics.cost, metrics.details
        self.expected = outcome.expected
        self.seconds, self.where, self.finished = outcome.seconds, outcome.where, finished

    def reproducible(self) -> dict[str, Any]:
        """What is equal for every number of workers and after every kill and resume."""
        return {
            "series": self.series,
            "slot": self.slot,
            "candidate": self.candidate,
            "batch": self.batch,
            "config": self.config,
            "seed": self.seed,
            "budget": self.budget,
            "state": self.state,
            "end_reason": self.end_reason.label if self.end_reason else None,
            "values": self.values,
            "cost": self.cost,
            "expected": self.expected,
            "told_values": self.told_values,
        }


def dumps(value: Any) -> str:
    """Compact JSON that reads back to the bit; NaN and infinities are refused."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))

"""A simulator that takes as long as it is told: what a study's engine costs is then plain."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from simhelm.calibration.study.store import Store
from simhelm.calibration.study.study import SEARCH
from simhelm.calibration.study.trial import Trial
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics, Output, Parameter, Problem, Value

KNOBS = ("a", "b", "c", "d")


class Sphere(Problem):
    """The sum of the squares of four numbers; the evaluation takes microseconds."""

    name = "Sphere"
    objective = "height"
    worst_objective = 1e6
    pure = True

    def __init__(self) -> None:
        self.parameters = tuple(Parameter(knob, "float", 1.0, -5.0, 5.0) for knob in KNOBS)
        self.outputs = (Output("height", "1", 0.0, 100.0),)

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        """The height at a point."""
        return Metrics({"height": height(config)}, EndReason.COMPLETED, 1.0)


class Sleeping(Sphere):
    """The same, after some seconds: a simulator that needs no core, so that many fit anywhere.

    Args:
        seconds: of every evaluation.
    """

    name = "Sleeping"
    pure = False

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        """The height at a point, later."""
        time.sleep(self.seconds)
        return super().evaluate(config, seed=seed, budget=budget)


def height(config: Mapping[str, Any]) -> float:
    """The sum of squares."""
    return sum(float(value) ** 2 for value in config.values())


def fill(store: Store, trials: int, seed: int = 0) -> None:
    """Write finished trials into the store of a study of :class:`Sphere`, from slot 1 on."""
    points = np.random.default_rng(seed).uniform(-5.0, 5.0, size=(trials, len(KNOBS)))
    store.save(_finished(slot, dict(zip(KNOBS, point.tolist(), strict=True)))
               for slot, point in enumerate(points, start=1))  # fmt: skip
    store.commit()


def _finished(slot: int, config: dict[str, Value]) -> Trial:
    value = height(config)
    return Trial(
        SEARCH, slot, slot, slot // 10, config, slot, None, slot - slot % 10, "finished",
        EndReason.COMPLETED, {"height": value}, 1.0, None, "", slot, [value], 1, 0.001,
        "host:4711", "2000-01-01T00:00:00.000+00:00",
    )  # fmt: skip

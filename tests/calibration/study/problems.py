"""Small problems for studies; in a module, so that worker processes can import them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simhelm.core.end_reason import EndReason
from simhelm.core.problem import (
    Metrics,
    Output,
    ParallelProblem,
    Parameter,
    Problem,
    Value,
    Watch,
    WatchedProblem,
    go_on,
)


class Bowl(Problem):
    """A noisy quadratic in a float, an integer, and a conditional float."""

    name = "Bowl"
    objective = "height"
    worst_objective = 1e6
    pure = True

    def __init__(self, full_budget: int = 9) -> None:
        self.full_budget = full_budget
        self.parameters = (
            Parameter("x", "float", 2.0, -5.0, 5.0),
            Parameter("n", "integer", 3, 1, 9),
            Parameter("mode", "categorical", "plain", choices=("plain", "tilted")),
            Parameter("tilt", "float", 0.1, 1e-3, 1.0, log=True, condition=("mode", ("tilted",))),
        )
        self.outputs = (Output("height", "m", 0.0, 100.0), Output("width", "m", 0.0, 100.0))

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        self.check_config(config)
        spent = budget or self.full_budget
        noise = np.random.default_rng(seed).normal() / spent
        x, n, tilt = (float(config.get(name, 0.0)) for name in ("x", "n", "tilt"))
        height = (x - 1.0) ** 2 + 0.1 * (n - 4.0) ** 2 + tilt + 0.01 * noise
        return Metrics({"height": height, "width": n + x * x}, EndReason.COMPLETED, float(spent))


class Faulty(Bowl):
    """Misbehaves in slots of its choice, which it knows by their seeds."""

    name = "Faulty"
    pure = False

    def __init__(self, fault: str, seeds: tuple[int, ...] = (), once: str = "") -> None:
        super().__init__()
        self.fault, self.seeds, self.once = fault, seeds, once

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        if (not self.seeds or seed in self.seeds) and self._is_due(seed):
            answer = getattr(self, f"_{self.fault}")()
            if answer is not None:
                return answer  # type: ignore[no-any-return]
        return super().evaluate(config, seed=seed, budget=budget)

    def _is_due(self, seed: int) -> bool:
        """Always, or the first time only where a folder for marks is given."""
        if not self.once:
            return True
        try:
            (Path(self.once) / f"fault-{seed}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _segfault(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def _killed(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _exit(self) -> None:
        os._exit(7)

    def _raises(self) -> None:
        raise ValueError("no such orchard")

    def _hangs(self) -> None:
        time.sleep(9999)

    def _returns_rubbish(self) -> Any:
        return {"height": 1.0}

    def _not_finite(self) -> Metrics:
        return Metrics({"height": float("nan"), "width": 1.0}, EndReason.COMPLETED, 1.0)

    def _fails(self) -> Metrics:
        return Metrics.failure(EndReason.DIVERGED, cost=2.0, details="grew without bounds")

    def _leaves_traces(self) -> None:
        os.chdir("/")
        np.seterr(all="ignore")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.stdout.write("printed by the simulator\n")


class Immobile(Bowl):
    """Cannot be pickled, or cannot be unpickled."""

    name = "Immobile"

    def __init__(self, when: str) -> None:
        super().__init__()
        self.when = when

    def __reduce__(self) -> Any:
        if self.when == "sent":
            raise TypeError("cannot be sent")
        return _unreadable, ()


def _unreadable() -> Any:
    raise TypeError("cannot be read")


class Slow(Bowl):
    """A bowl that takes its time."""

    name = "Slow"
    pure = False

    def __init__(self, seconds: float = 0.05) -> None:
        super().__init__()
        self.seconds = seconds

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        time.sleep(self.seconds)
        return super().evaluate(config, seed=seed, budget=budget)


class Converging(WatchedProblem):
    """A learning curve that approaches its end geometrically; each step costs one unit."""

    name = "Converging"
    objective = "loss"
    worst_objective = 1e3
    pure = True
    full_budget = 20

    def __init__(self) -> None:
        self.parameters = (Parameter("x", "float", 0.0, -3.0, 3.0),)
        self.outputs = (Output("loss", "1", 0.0, 100.0),)

    def evaluate(
        self,
        config: Mapping[str, Value],
        *,
        seed: int,
        budget: int | None = None,
        watch: Watch = go_on,
    ) -> Metrics:
        self.check_config(config)
        end = (float(config["x"]) - 1.0) ** 2
        for step in range(1, (budget or self.full_budget) + 1):
            value = end + 5.0 * 0.6**step
            if not watch(float(step), value):
                return Metrics({}, EndReason.STOPPED_EARLY, float(step))
        return Metrics({"loss": value}, EndReason.COMPLETED, float(step))


class Together(ParallelProblem):
    """Counts the ranks that evaluate it."""

    name = "Together"
    objective = "height"
    worst_objective = 1e6

    def __init__(self) -> None:
        self.parameters = (Parameter("x", "float", 2.0, -5.0, 5.0),)
        self.outputs = (Output("height", "m", 0.0, 100.0), Output("ranks", "1", 0.0, 100.0))

    def evaluate(
        self,
        config: Mapping[str, Value],
        *,
        seed: int,
        budget: int | None = None,
        communicator: Any = None,
    ) -> Metrics:
        self.check_config(config)
        x = float(config["x"])
        ranks = 1 if communicator is None else communicator.allreduce(1)
        return Metrics({"height": x * x, "ranks": float(ranks)}, EndReason.COMPLETED, 1.0)

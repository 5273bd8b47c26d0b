"""A discrete-event model of a study's master and its workers.

The master is one sequential server that asks, dispatches, stores and commits, as the engine does;
workers take dispatched trials first come, first served. All quantities in seconds.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterator

import numpy as np

# As in the engine: trials under way for each worker, and the longest time between commits.
TRIALS_A_WORKER = 2
COMMIT_EVERY = 0.05


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds of the master a trial: to ask, dispatch, store and tell; a commit; a worker's own.

    Attributes:
        turnaround: of the worker beside the simulator, from taking a trial to taking the next.
    """

    ask: float
    dispatch: float
    store: float
    tell: float
    commit: float
    turnaround: float = 0.0

    @property
    def master(self) -> float:
        """Seconds of the master a trial, but for commits."""
        return self.ask + self.dispatch + self.store + self.tell


@dataclasses.dataclass(frozen=True)
class Setting:
    """How a study is run.

    Attributes:
        workers: number of them.
        simulator: mean seconds of an evaluation.
        spread: evaluations take uniformly between (1 - spread) and (1 + spread) times that.
        batch: trials asked for together; None for asynchronous.
    """

    workers: int
    simulator: float
    spread: float = 0.0
    batch: int | None = None


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What comes out: seconds of the whole, the share that workers simulate, the master's."""

    seconds: float
    efficiency: float
    master_share: float


class Workers:
    """First come, first served; trials must be sent in the order of time."""

    def __init__(self, count: int, service: Iterator[float]) -> None:
        self._free = [0.0] * count
        self._service = service
        self._ends: list[float] = []

    @property
    def under_way(self) -> int:
        """Sent and not taken back."""
        return len(self._ends)

    def send(self, instant: float) -> None:
        """A trial comes; the worker that is free first takes it."""
        end = max(instant, self._free[0]) + next(self._service)
        heapq.heapreplace(self._free, end)
        heapq.heappush(self._ends, end)

    def wait(self, instant: float) -> tuple[float, int]:
        """The time at which results are there, and how many."""
        instant = max(instant, self._ends[0])
        landed = 0
        while self._ends and self._ends[0] <= instant:
            heapq.heappop(self._ends)
            landed += 1
        return instant, landed


class Master:
    """The engine's loop in the model's time."""

    def __init__(self, costs: Costs, setting: Setting, service: Iterator[float]) -> None:
        self._costs = costs
        self._batch = setting.batch
        self._capacity = TRIALS_A_WORKER * setting.workers
        self._workers = Workers(setting.workers, service)
        self._now = self._busy = self._saved = 0.0

    def run(self, trials: int) -> tuple[float, float]:
        """Evaluate so many trials; gives the seconds that it took, and those of the master."""
        if self._batch is None:
            self._feed(trials, before=self._costs.ask, after=self._costs.tell)
        else:
            for first in range(0, trials, self._batch):
                size = min(self._batch, trials - first)
                self._work(size * self._costs.ask)
                self._feed(size, before=0.0, after=0.0)
                self._work(size * self._costs.tell)
        return self._now, self._busy

    def _feed(self, trials: int, before: float, after: float) -> None:
        unsent = remaining = trials
        while remaining:
            while unsent and self._workers.under_way < self._capacity:
                self._work(before + self._costs.dispatch)
                self._workers.send(self._now)
                unsent -= 1
            self._now, landed = self._workers.wait(self._now)
            self._work(landed * (self._costs.store + after))
            remaining -= landed
            self._commit()

    def _commit(self) -> None:
        if self._now - self._saved > COMMIT_EVERY:
            self._work(self._costs.commit)
            self._saved = self._now

    def _work(self, seconds: float) -> None:
        self._now += seconds
        self._busy += seconds


def predict(costs: Costs, setting: Setting, trials: int, seed: int = 0) -> Prediction:
    """Run the model; the seed chooses how long each evaluation takes."""
    rng = np.random.default_rng(seed)
    spread = setting.spread
    factors = rng.uniform(1.0 - spread, 1.0 + spread, size=trials)
    simulated = setting.simulator * factors
    service = iter((simulated + costs.turnaround).tolist())
    seconds, busy = Master(costs, setting, service).run(trials)
    share = float(simulated.sum()) / (setting.workers * seconds)
    return Prediction(seconds, share, busy / seconds)

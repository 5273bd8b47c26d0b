"""One series of trials: ask a batch, evaluate it, tell it, again; the same after every restart."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from simhelm.calibration.study.configuration import EarlyStoppingTable, FailureTable
from simhelm.calibration.study.dispatcher import Dispatcher
from simhelm.calibration.study.plan import Plan, Request
from simhelm.calibration.study.sampler_session import SamplerSession, trial_seed
from simhelm.calibration.study.store import Store
from simhelm.calibration.study.trial import StopRule, Trial
from simhelm.core.errors import FailureStop
from simhelm.core.problem import Direction, Value

log = logging.getLogger(__name__)


class Thresholds:
    """Early-stopping thresholds from the trials told so far.

    Args:
        table: the rule.
        direction: of the objective.
        at: step at which a complete run ends.
    """

    def __init__(self, table: EarlyStoppingTable, direction: Direction, at: float) -> None:
        self._table, self._direction, self._at = table, direction, at
        self._ends: list[float] = []
        self._at_rungs: dict[float, list[float]] = {rung: [] for rung in table.rungs}

    def observe(self, trial: Trial, curve: Sequence[tuple[float, float]]) -> None:
        """Take a told trial and its learning curve."""
        if trial.succeeded and trial.told_values is not None:
            self._ends.append(trial.told_values[0])
        for rung, values in self._at_rungs.items():
            reached = [value for step, value in curve if step <= rung]
            if reached and curve[-1][0] >= rung:
                values.append(reached[-1])

    def rule(self) -> StopRule | None:
        """What to hand out with the next batch; None while too little is known."""
        table = self._table
        if len(self._ends) < table.after:
            return None
        rungs = tuple(
            (rung, self._quantile(values))
            for rung, values in self._at_rungs.items()
            if len(values) >= table.after
        )
        return StopRule(
            table.rule, self._direction, self._at, self._quantile(self._ends),
            table.least_points, rungs,
        )  # fmt: skip

    def _quantile(self, values: list[float]) -> float:
        share = self._table.keep if self._direction == "minimize" else 1.0 - self._table.keep
        return float(np.quantile(values, share))


class FailurePolicy:
    """Stops a study whose trials fail, looking at them in slot order.

    Args:
        table: the limits.
        acknowledged: slots below this were looked at before an earlier stop.
    """

    # The first trials failing alike means that nothing works yet.
    FIRST = 3

    def __init__(self, table: FailureTable, acknowledged: int) -> None:
        self._table, self._acknowledged = table, acknowledged
        self._in_a_row = self._failures = self._trials = 0
        self._reasons: Counter[str] = Counter()
        self._first: list[str] = []
        self._example: dict[str, int] = {}

    def observe(self, trials: Sequence[Trial]) -> None:
        """Look at a finished batch.

        Raises:
            FailureStop: too many failed.
        """
        for trial in trials:
            if trial.slot >= self._acknowledged:
                self._count(trial)
        table = self._table
        if self._trials >= self.FIRST and len(set(self._first)) == 1 and self._first[0]:
            self._stop(f"the first {self.FIRST} trials failed alike: the set-up seems wrong")
        if self._in_a_row >= table.in_a_row:
            self._stop(f"{self._in_a_row} trials in a row failed")
        if self._trials >= table.at_least and self._failures >= table.share * self._trials:
            self._stop(f"{self._failures} of {self._trials} trials failed")

    def _count(self, trial: Trial) -> None:
        self._trials += 1
        self._in_a_row = self._in_a_row + 1 if trial.failed else 0
        reason = trial.end_reason.label if trial.failed and trial.end_reason else ""
        if self._trials <= self.FIRST:
            self._first.append(f"{reason}: {trial.details}" if reason == "exception" else "")
        if reason:
            self._failures += 1
            self._reasons[reason] += 1
            self._example.setdefault(reason, trial.slot)

    def _stop(self, why: str) -> None:
        reason, count = self._reasons.most_common(1)[0]
        slot = self._example[reason]
        raise FailureStop(
            f"stopped: {why}. Most frequent: {reason} ({count} times), first in trial {slot}; "
            f"see it with `simhelm replay DIR {slot}`"
        )


@dataclasses.dataclass
class Series:
    """A sequence of trials under one plan.

    Attributes:
        name: of the series in the trial table.
        plan: what is evaluated next.
        search: the sampler; None where every configuration is given.
        seed: of the study.
        limit: trials to make.
        max_cost: work units after which no new batch is started.
        thresholds: for early stopping, if any.
        policy: what ends a failing series; None for a baseline.
    """

    name: str
    plan: Plan
    search: SamplerSession | None
    seed: int
    limit: int
    max_cost: float | None = None
    thresholds: Thresholds | None = None
    policy: FailurePolicy | None = None

    def run(self, store: Store, dispatcher: Dispatcher) -> None:
        """Evaluate what is missing, in batches.

        Raises:
            FailureStop, Stopped, StoreError: see there; what was finished is recorded.
        """
        history = {trial.slot: trial for trial in store.trials(self.name)}
        curves = store.curves(self.name) if self.thresholds is not None else {}
        slot, number, cost = 0, 0, 0.0
        while slot < self.limit and (self.max_cost is None or cost < self.max_cost):
            rule = self.rule()
            batch = self._next_batch(number, slot, history)
            store.save(trial for trial in batch.trials if trial.slot not in history)
            # Of a batch that reaches over the limit the rest is asked for but waits for a larger
            # limit: so a study that grew equals one that was that large from the start.
            wanted = [trial for trial in batch.trials if trial.slot < self.limit]
            dispatcher.run([trial for trial in wanted if trial.state != "finished"], rule)
            if len(wanted) < len(batch.trials) or not wanted:
                break
            self._tell(batch, store)
            self.learn(batch.trials, curves, dispatcher)
            slot, number = slot + len(wanted), number + 1
            cost += sum(trial.cost for trial in wanted)
        store.commit()

    def _next_batch(self, number: int, first: int, history: Mapping[int, Trial]) -> _Batch:
        """The next batch: as it was asked for before, or asked for now."""
        requests = self.plan.requests()
        slots = range(first, first + len(requests))
        known = [history[slot] for slot in slots if slot in history]
        if self._need_not_ask(requests, known):
            return _Batch(known, recalled=True)
        if self.search is not None:
            self.search.begin(number)
        trials = [
            self.trial(slot, number, first, request, history.get(slot))
            for slot, request in zip(slots, requests, strict=True)
        ]
        return _Batch(trials, recalled=False)

    def _need_not_ask(self, requests: Sequence[Request], known: Sequence[Trial]) -> bool:
        plain = all(request.budget is None for request in requests)
        told = len(known) == len(requests) and all(trial.told is not None for trial in known)
        return plain and told and self.search is not None and self.search.can_recall

    def trial(
        self, slot: int, batch: int, told: int, request: Request, known: Trial | None
    ) -> Trial:
        """The trial that answers a request: the stored one, or a new one.

        Args:
            told: how many trials the sampler was told of so far.

        Raises:
            DirectoryError: the sampler does not propose again what it proposed before.
        """
        config = request.config
        if self.search is not None and request.candidate is None:
            config = _proposal(self.search, slot, request, known)
        if known is not None:
            return known
        if config is None:
            raise ValueError("a plan without a sampler must give its configurations")
        candidate = slot if request.candidate is None else request.candidate
        seed = trial_seed(self.seed, slot)
        return Trial(self.name, slot, candidate, batch, dict(config), seed, request.budget, told)

    def _tell(self, batch: _Batch, store: Store) -> None:
        self.plan.take(batch.trials, None if batch.recalled else self.search)
        if batch.recalled and self.search is not None:
            for trial in batch.trials:
                self.search.recall(trial.config, trial.told_values, trial.values)
            return
        for trial in batch.trials:
            trial.told = trial.slot
        store.save(batch.trials)

    def rule(self) -> StopRule | None:
        """The early-stopping rule to hand out now, if any."""
        return None if self.thresholds is None else self.thresholds.rule()

    def learn(
        self,
        trials: Sequence[Trial],
        curves: Mapping[int, Sequence[tuple[float, float]]],
        dispatcher: Dispatcher,
    ) -> None:
        """Let the early-stopping thresholds and the failure policy see finished trials."""
        if self.thresholds is not None:
            for trial in trials:
                new = dispatcher.curve(trial.slot)
                self.thresholds.observe(trial, new or curves.get(trial.slot, ()))
        if self.policy is not None:
            self.policy.observe(trials)


@dataclasses.dataclass(frozen=True)
class _Batch:
    trials: list[Trial]
    recalled: bool


def _proposal(
    search: SamplerSession, slot: int, request: Request, known: Trial | None
) -> Mapping[str, Value]:
    given = request.config
    if given is None and known is not None and not search.must_replay:
        given = known.config
    if given is not None:
        search.put(slot, given)
        return given
    config = search.ask(slot)
    if known is not None and known.config != config:
        search.depart(slot, known.config, config)
    return config

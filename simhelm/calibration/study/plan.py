"""Which evaluations come next, and what the sampler hears of them."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from simhelm.agents.samplers.hyperband import Bracket, hyperband_brackets, promote
from simhelm.calibration.study.configuration import HyperbandTable
from simhelm.calibration.study.sampler_session import SamplerSession
from simhelm.calibration.study.trial import Trial
from simhelm.core.problem import Direction, Value


@dataclasses.dataclass(frozen=True)
class Request:
    """One evaluation to be made.

    Attributes:
        candidate: slot of the configuration to evaluate again; None for a new configuration.
        config: of that candidate, or a configuration that is given; None to ask the sampler.
        budget: work units; None for the full budget.
    """

    candidate: int | None = None
    config: Mapping[str, Value] | None = None
    budget: int | None = None


class Objective:
    """Values as the sampler hears them: one number an objective, penalties for failures.

    Args:
        names: the outputs that are objectives.
        directions: of each.
    """

    def __init__(self, names: Sequence[str], directions: Sequence[Direction]) -> None:
        self.names, self.directions = tuple(names), tuple(directions)
        self._signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
        self._seen: list[tuple[float, float]] = []

    def told(self, trial: Trial) -> list[float] | None:
        """What to tell of a finished trial.

        A failure is told as the worst value so far and a tenth of the range so far; None while
        there is nothing to compare with.
        """
        if trial.succeeded:
            values = [trial.values[name] for name in self.names]
            self._observe(values)
            return values
        if trial.expected is not None:
            return [trial.expected]
        return [self._penalty(place) for place in range(len(self.names))] if self._seen else None

    def loss(self, values: Sequence[float] | None) -> float:
        """The first objective as a quantity to minimise; infinite without values."""
        return math.inf if values is None else self._signs[0] * values[0]

    def _observe(self, values: Sequence[float]) -> None:
        losses = [sign * value for sign, value in zip(self._signs, values, strict=True)]
        if not self._seen:
            self._seen = [(loss, loss) for loss in losses]
        self._seen = [
            (min(low, loss), max(high, loss))
            for (low, high), loss in zip(self._seen, losses, strict=True)
        ]

    def _penalty(self, place: int) -> float:
        low, high = self._seen[place]
        margin = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
        # Half the largest float: a penalty on a value near it must not become infinite.
        return self._signs[place] * max(-8e307, min(8e307, high + min(margin, 8e307)))


class Plan(Protocol):
    """Gives batches of requests, and passes finished batches on to the sampler."""

    def requests(self) -> list[Request]:
        """The next batch; empty when there is nothing left."""

    def take(self, trials: Sequence[Trial], search: SamplerSession | None) -> None:
        """Tell of a finished batch, in slot order; sets each trial's ``told_values``."""


class PlainPlan:
    """New configurations at the full budget, some of them given.

    Args:
        batch: requests at a time.
        given: configurations to evaluate first.
        endless: ask the sampler for more when the given ones are used up.
    """

    def __init__(
        self,
        batch: int,
        objective: Objective,
        given: Sequence[Mapping[str, Value]] = (),
        *,
        endless: bool = True,
    ) -> None:
        self._batch = batch
        self._objective = objective
        more = itertools.repeat(Request()) if endless else iter(())
        self._stream: Iterator[Request] = itertools.chain((Request(config=c) for c in given), more)

    def requests(self) -> list[Request]:
        """The next batch."""
        return list(itertools.islice(self._stream, self._batch))

    def take(self, trials: Sequence[Trial], search: SamplerSession | None) -> None:
        """Tell each trial's values."""
        for trial in trials:
            trial.told_values = self._objective.told(trial)
            if search is not None:
                search.tell(
                    trial.slot, trial.told_values, failed=trial.failed, outputs=trial.values
                )


class HyperbandPlan:
    """Brackets of rungs: many configurations at a small budget, the best of them at larger ones.

    A configuration is one trial of the sampler: its values at the budgets so far are reported,
    and it is told as pruned where it is not promoted.
    """

    def __init__(self, table: HyperbandTable, full_budget: int, batch: int, objective: Objective):
        self._batch = batch
        self._objective = objective
        largest = table.max_budget or full_budget
        brackets = hyperband_brackets(table.min_budget, largest, table.eta)
        if table.brackets == "halving":
            brackets = brackets[:1]
        self._brackets: Iterator[Bracket] = itertools.cycle(brackets)
        self._bracket = next(self._brackets)
        self._rung = 0
        self._waiting = self._fresh()
        self._finished: list[Trial] = []
        self._configs: dict[int, Mapping[str, Value]] = {}

    def requests(self) -> list[Request]:
        """The next batch, which never reaches over the end of a rung."""
        chosen = self._waiting[: self._batch]
        self._waiting = self._waiting[self._batch :]
        return chosen

    def take(self, trials: Sequence[Trial], search: SamplerSession | None) -> None:
        """Report each trial's value; at the end of a rung promote the best."""
        for trial in trials:
            trial.told_values = self._objective.told(trial)
            self._configs.setdefault(trial.candidate, trial.config)
            if search is not None and trial.told_values is not None:
                search.report(trial.candidate, trial.budget or 1, trial.told_values[0])
        self._finished += trials
        if not self._waiting:
            self._end_rung(search)

    def _fresh(self) -> list[Request]:
        first = self._bracket.rungs[0]
        return [Request(budget=first.budget)] * first.configurations

    def _end_rung(self, search: SamplerSession | None) -> None:
        finished, self._finished = self._finished, []
        promoted = self._promoted(finished)
        self._tell(search, finished, set(promoted))
        if promoted:
            self._rung += 1
            budget = self._bracket.rungs[self._rung].budget
            self._waiting = [Request(slot, self._configs[slot], budget) for slot in promoted]
        else:
            self._bracket, self._rung = next(self._brackets), 0
            self._waiting, self._configs = self._fresh(), {}

    def _promoted(self, finished: list[Trial]) -> list[int]:
        if self._is_last_rung:
            return []
        losses = [self._objective.loss(None if t.failed else t.told_values) for t in finished]
        kept = promote(losses, self._bracket.rungs[self._rung + 1].configurations)
        return [finished[place].candidate for place in sorted(kept) if math.isfinite(losses[place])]

    @property
    def _is_last_rung(self) -> bool:
        return self._rung + 1 == len(self._bracket.rungs)

    def _tell(
        self, search: SamplerSession | None, finished: list[Trial], going_on: set[int]
    ) -> None:
        if search is None:
            return
        for trial in finished:
            if trial.candidate in going_on:
                continue
            if trial.told_values is None or self._is_last_rung:
                search.tell(
                    trial.candidate, trial.told_values, failed=trial.failed, outputs=trial.values
                )
            else:
                search.prune(trial.candidate)

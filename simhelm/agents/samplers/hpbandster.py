"""HpBandSter's model as an Optuna sampler: repeatable, in process, no network."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.kde_model import (
    KDEModel,
    Listener,
    ModelOptions,
    Result,
    generator_class,
    proposal_words,
)
from simhelm.agents.samplers.space_sampler import (
    FINISHED,
    Space,
    SpaceSampler,
    signed_loss,
)
from simhelm.core.space import ConfigSpaceCodec, OptunaSpace

_LOGGER = logging.getLogger(__name__)

# The budget of a study in which no trial reports intermediate values.
_FULL_BUDGET = 1.0


@dataclasses.dataclass(frozen=True)
class _Observation:
    """A finished trial: its configuration and its losses by budget, ascending."""

    number: int
    codes: Mapping[str, float | int]
    vector: NDArray[np.float64]
    curve: tuple[tuple[float, float], ...]
    failed: bool
    # The loss of a trial without a curve.
    loss: float


class HpBandSterSampler(SpaceSampler):
    """Proposes by HpBandSter's kernel density estimators (BOHB without its scheduler).

    The proposal for trial n is a function of (seed, n) and of the finished trials in the order
    of their numbers, so that a new sampler with the same seed continues a study bit for bit.

    Each intermediate value of a trial is one result, its step being the budget. A trial without
    any is one result at the full budget: the largest that was seen, 1.0 if none. A failed trial
    counts as HpBandSter counts a crash: a loss of infinity at the first budget seen that it did
    not report. Losses that are not finite count as infinite. Trials with values outside the
    space are left out.

    Do not expect much of it in two dimensions: the kernels shrink early. Best of n trials on a
    quadratic, median of 60 seeds, HpBandSter's defaults against random search: in 2-D 0.42
    against 0.37 after 60 trials, in 4-D 3.1 against 4.6 after 60 and 2.4 against 3.5 after 120.

    Args:
        space, seed: see :class:`SpaceSampler`.
        min_points_in_model, top_n_percent, num_samples, random_fraction, bandwidth_factor,
            min_bandwidth: of the model; see ``kde_model.ModelOptions``.

    Raises:
        ImportError: HpBandSter or ConfigSpace is not installed.
        ValueError: a space, condition or option that the model cannot have. A study of several
            objectives is refused at the first proposal.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        seed: int | None = None,
        min_points_in_model: int | None = None,
        top_n_percent: int = 15,
        num_samples: int = 64,
        random_fraction: float = 1 / 3,
        bandwidth_factor: float = 3,
        min_bandwidth: float = 1e-3,
    ) -> None:
        super().__init__(space, seed=seed)
        self._options = ModelOptions(
            min_points_in_model,
            top_n_percent,
            num_samples,
            random_fraction,
            bandwidth_factor,
            min_bandwidth,
        )
        self._listener = Listener()
        self._memory: _Memory | None = None
        generator_class()
        if self._declared is not None:
            ConfigSpaceCodec(self._declared.parameters)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_memory": None}

    @property
    def failures(self) -> int:
        """How often the model failed inside this instance and HpBandSter drew at random."""
        return self._listener.failures

    def next_config(self, study: Study, trial: FrozenTrial, space: OptunaSpace) -> dict[str, Any]:
        """What the model proposes, fitted to the finished trials."""
        key = (study._storage, study._study_id, repr(space.distributions))
        if self._memory is None or self._memory.key != key:
            self._memory = _Memory(key, space, self._options, self._listener)
        memory, codes = self._memory, {}
        if memory.codec.axes:
            memory.fit(study, self._seed)
            codes = memory.model.propose(proposal_words(self._seed, trial.number))
        return memory.codec.decode(codes)


class _Memory:
    """What saves time only: the model of one space, and what was read of one study's trials."""

    def __init__(
        self, key: object, space: OptunaSpace, options: ModelOptions, listener: Listener
    ) -> None:
        self.key, self._space = key, space
        self.codec = ConfigSpaceCodec(space.parameters)
        self.model = KDEModel(self.codec, options, listener)
        self._observed: dict[int, _Observation | None] = {}
        self._fitted: tuple[tuple[int, int], ...] | None = None

    def fit(self, study: Study, seed: int) -> None:
        """Fit the finished trials, unless that was done."""
        results = tuple(_results(self._observations(study)))
        keys = tuple(result.key for result in results)
        if keys != self._fitted:
            self.model.fit(results, seed)
            self._fitted = keys

    def _observations(self, study: Study) -> list[_Observation]:
        trials = study.get_trials(deepcopy=False, states=FINISHED)
        for trial in trials:
            if trial.number not in self._observed:
                self._observed[trial.number] = self._read(study, trial)
        found = (self._observed[trial.number] for trial in trials)
        return sorted((one for one in found if one is not None), key=lambda one: one.number)

    def _read(self, study: Study, trial: FrozenTrial) -> _Observation | None:
        try:
            codes = self.codec.encode(self._space.encode(trial.params))
            vector = self.model.vector(codes)
        except (KeyError, ValueError, TypeError) as error:
            _LOGGER.debug("trial %d is left out: %s", trial.number, error)
            return None
        curve = tuple(
            (float(step), signed_loss(study, value))
            for step, value in sorted(trial.intermediate_values.items())
        )
        failed = trial.state == TrialState.FAIL
        loss = math.inf if failed else signed_loss(study, trial.value)
        return _Observation(trial.number, codes, vector, curve, failed, loss)


def _results(finished: Sequence[_Observation]) -> Iterator[Result]:
    budgets = sorted({budget for one in finished for budget, _ in one.curve})
    for one in finished:
        for index, (budget, loss) in enumerate(_losses(one, budgets)):
            yield Result((one.number, index), budget, loss, one.codes, one.vector)


def _losses(one: _Observation, budgets: Sequence[float]) -> Iterator[tuple[float, float]]:
    yield from one.curve
    if one.failed:
        # HpBandSter counts a crash at the budget that was being run.
        reached = one.curve[-1][0] if one.curve else -math.inf
        following = (budget for budget in budgets or (_FULL_BUDGET,) if budget > reached)
        yield from ((budget, math.inf) for budget in (next(following, None),) if budget is not None)
    elif not one.curve:
        yield (budgets[-1] if budgets else _FULL_BUDGET), one.loss

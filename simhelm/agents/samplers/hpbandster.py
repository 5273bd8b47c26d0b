"""HpBandSter's model as an Optuna sampler: repeatable, in process, no network."""

from __future__ import annotations

import dataclasses
import logging
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.isolation import seed_words
from simhelm.agents.samplers.kde_model import KDEModel, ModelOptions, Result, proposal_words
from simhelm.agents.samplers.model_space import Conditions, ModelSpace, Space

_LOGGER = logging.getLogger(__name__)

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
# The budget of a study in which no trial reports intermediate values.
_FULL_BUDGET = 1.0


@dataclasses.dataclass(frozen=True)
class _Told:
    """A finished trial: its configuration and its losses by budget, ascending."""

    number: int
    codes: Mapping[str, float | int]
    vector: NDArray[np.float64]
    curve: tuple[tuple[float, float], ...]
    failed: bool
    # The loss of a trial without a curve.
    loss: float


class HpBandSterSampler(BaseSampler):
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
        space: the distributions by name.
        conditions: child -> (parent, values of the parent for which the child is active).
            Inactive parameters are not proposed.
        seed: not negative.
        min_points_in_model, top_n_percent, num_samples, random_fraction, bandwidth_factor,
            min_bandwidth: of the model; see ``kde_model.ModelOptions``.

    Raises:
        ImportError: HpBandSter or ConfigSpace is not installed.
        ValueError: a space, condition or option that the model cannot have. A study of several
            objectives is refused at the first proposal.
    """

    def __init__(
        self,
        space: Space,
        conditions: Conditions = MappingProxyType({}),
        *,
        seed: int,
        min_points_in_model: int | None = None,
        top_n_percent: int = 15,
        num_samples: int = 64,
        random_fraction: float = 1 / 3,
        bandwidth_factor: float = 3,
        min_bandwidth: float = 1e-3,
    ) -> None:
        if seed < 0:
            raise ValueError(f"seed: expected an integer that is not negative, got {seed!r}")
        self._seed = int(seed)
        self._options = ModelOptions(
            min_points_in_model,
            top_n_percent,
            num_samples,
            random_fraction,
            bandwidth_factor,
            min_bandwidth,
        )
        self._space = ModelSpace(space, conditions)
        self._start()

    def _start(self) -> None:
        self._model = KDEModel(self._space, self._options)
        # Both save time only: configurations by trial number, and what the model has fitted.
        self._told: dict[int, _Told | None] = {}
        self._fitted: tuple[tuple[int, int], ...] | None = None
        self._study: tuple[Any, int] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_seed": self._seed, "_options": self._options, "_space": self._space}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start()

    @property
    def failures(self) -> int:
        """How often the model failed inside this instance and HpBandSter drew at random."""
        return self._model.failures

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The whole space."""
        return dict(self._space.distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The active parameters of one configuration.

        Raises:
            ValueError: the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        codes: dict[str, Any] = {}
        if self._space.axes:
            self._fit(study)
            codes = self._model.propose(proposal_words(self._seed, trial.number))
        values = self._space.decode(codes)
        return {name: value for name, value in values.items() if name in search_space}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A uniform draw, for a name outside the space or a parameter that is inactive."""
        name = zlib.crc32(param_name.encode())
        # Three numbers in the key: unrelated to all proposals and results.
        word = seed_words(self._seed, trial.number, 0, name, count=1)
        uniform = RandomSampler(seed=int(word[0]))
        return uniform.sample_independent(study, trial, param_name, param_distribution)

    def _fit(self, study: Study) -> None:
        results = tuple(_results(self._finished(study)))
        keys = tuple(result.key for result in results)
        if keys != self._fitted:
            self._model.fit(results, self._seed)
            self._fitted = keys

    def _finished(self, study: Study) -> list[_Told]:
        self._forget_other_studies(study)
        trials = study.get_trials(deepcopy=False, states=_FINISHED)
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        for trial in trials:
            if trial.number not in self._told:
                self._told[trial.number] = self._read(trial, sign)
        told = (self._told[trial.number] for trial in trials)
        return sorted((one for one in told if one is not None), key=lambda one: one.number)

    def _forget_other_studies(self, study: Study) -> None:
        if self._study is None or not (
            self._study[0] is study._storage and self._study[1] == study._study_id
        ):
            self._told.clear()
            self._fitted = None
            self._study = (study._storage, study._study_id)

    def _read(self, trial: FrozenTrial, sign: float) -> _Told | None:
        try:
            codes = self._space.encode(trial.params)
            vector = self._model.vector(codes)
        except (KeyError, ValueError, TypeError) as error:
            _LOGGER.debug("trial %d is left out: %s", trial.number, error)
            return None
        curve = tuple(
            (float(step), _loss(value, sign))
            for step, value in sorted(trial.intermediate_values.items())
        )
        failed = trial.state == TrialState.FAIL
        loss = math.inf if failed else _loss(trial.value, sign)
        return _Told(trial.number, codes, vector, curve, failed, loss)


def _loss(value: float | None, sign: float) -> float:
    return sign * value if value is not None and math.isfinite(value) else math.inf


def _results(finished: Sequence[_Told]) -> Iterator[Result]:
    budgets = sorted({budget for told in finished for budget, _ in told.curve})
    for told in finished:
        for index, (budget, loss) in enumerate(_losses(told, budgets)):
            yield Result((told.number, index), budget, loss, told.codes, told.vector)


def _losses(told: _Told, budgets: Sequence[float]) -> Iterator[tuple[float, float]]:
    yield from told.curve
    if told.failed:
        # HpBandSter counts a crash at the budget that was being run.
        reached = told.curve[-1][0] if told.curve else -math.inf
        following = (budget for budget in budgets or (_FULL_BUDGET,) if budget > reached)
        yield from ((budget, math.inf) for budget in (next(following, None),) if budget is not None)
    elif not told.curve:
        yield (budgets[-1] if budgets else _FULL_BUDGET), told.loss

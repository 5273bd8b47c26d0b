"""An outer search over structure with inner log-share steps of the mode constants."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.log_share import (
    LogShareSampler,
    Observation,
    draw,
    refuse_several_objectives,
)
from simhelm.agents.samplers.model_space import Conditions, Space


class HybridSampler(optuna.samplers.BaseSampler):
    """Searches what mode constants cannot make up for, and calibrates the constants on the way.

    Trials come in blocks of ``inner``. At its start a block asks the outer sampler for a
    structure (all parameters that are no constants); within the block constants move by
    log-share steps. The first constants of a block are those that the best block so far ended
    with, so few steps are needed. The outer sampler is told each block's least value.

    Args:
        space: the distributions by name.
        targets, base, share_output, damping, floor: of the constants; see
            :class:`LogShareSampler`.
        inner: trials a block.
        outer: ``"tpe"``, ``"cmaes"`` or ``"random"``.
        startup: blocks of random structure before the outer sampler's model is used.
        seed: of the outer sampler; mixed with the number of the block.
        conditions: not used.
    """

    def __init__(
        self,
        *,
        space: Space,
        targets: Mapping[str, float],
        base: str = "car",
        share_output: str = "share_{}",
        damping: float = 1.0,
        floor: float = 0.02,
        inner: int = 3,
        outer: Literal["tpe", "cmaes", "random"] = "tpe",
        startup: int = 10,
        seed: int | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        if not (isinstance(inner, int) and inner >= 1):
            raise ValueError(f"inner: expected a whole number of at least 1, got {inner!r}")
        if outer not in ("tpe", "cmaes", "random"):
            raise ValueError(f"outer: expected 'tpe', 'cmaes' or 'random', got {outer!r}")
        self._steps = LogShareSampler(
            space=space, targets=targets, base=base, share_output=share_output,
            damping=damping, floor=floor,
        )  # fmt: skip
        self._space = dict(space)
        names = self._steps.model.names
        self._structure = {name: d for name, d in space.items() if name not in names}
        if not self._structure:
            raise ValueError(
                "HybridSampler: no parameter beside the constants; use LogShareSampler"
            )
        self._inner, self._outer, self._startup = inner, outer, startup
        self._seed = 0 if seed is None else seed

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All parameters."""
        return self._space

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw what the space did not name."""
        return draw(self._seed, study, trial, param_name, param_distribution)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Structure and constants, a function of the trials told so far."""
        refuse_several_objectives(study, self)
        trials = [t for t in study.get_trials(deepcopy=False) if t.number < trial.number]
        block, place = divmod(trial.number, self._inner)
        blocks = [trials[i : i + self._inner] for i in range(0, len(trials), self._inner)]
        here = blocks[block] if place else []
        if here:
            structure = {name: here[0].params[name] for name in self._structure}
        else:
            structure = self._ask(study, blocks[:block], block)
        model = self._steps.model
        seen = model.observations(here) or self._best_end(study, blocks[:block])
        constants = self._steps.next_constants(seen) if seen else model.start()
        return {**structure, **model.as_params(constants)}

    def _ask(self, study: Study, blocks: Sequence[list[FrozenTrial]], block: int) -> dict[str, Any]:
        """A structure from the outer sampler, told of every finished block."""
        outer = optuna.create_study(direction=study.direction, sampler=self._outer_sampler(block))
        for trials in blocks:
            value = _least(study, trials)
            if value is not None:
                params = {name: trials[0].params[name] for name in self._structure}
                outer.add_trial(
                    optuna.trial.create_trial(
                        params=params, distributions=self._structure, value=value
                    )
                )
        return dict(outer.ask(self._structure).params)

    def _outer_sampler(self, block: int) -> optuna.samplers.BaseSampler:
        seed = int(np.random.SeedSequence([self._seed, block]).generate_state(1)[0])
        if self._outer == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            if self._outer == "cmaes":
                return optuna.samplers.CmaEsSampler(
                    seed=seed, n_startup_trials=self._startup, warn_independent_sampling=False
                )
            return optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=self._startup, multivariate=True
            )

    def _best_end(self, study: Study, blocks: Sequence[list[FrozenTrial]]) -> list[Observation]:
        """The last observation of the best block: where its next step would start from."""
        best: list[FrozenTrial] = []
        least = None
        for trials in blocks:
            value = _least(study, trials)
            if value is not None and (least is None or _better(study, value, least)):
                best, least = trials, value
        return self._steps.model.observations(best)[-1:]


def _better(study: Study, one: float, other: float) -> bool:
    maximise = study.direction is optuna.study.StudyDirection.MAXIMIZE
    return one > other if maximise else one < other


def _least(study: Study, trials: Sequence[FrozenTrial]) -> float | None:
    """The best value in a block, None without one."""
    values = [t.value for t in trials if t.state is TrialState.COMPLETE and t.value is not None]
    if not values:
        return None
    maximise = study.direction is optuna.study.StudyDirection.MAXIMIZE
    return max(values) if maximise else min(values)

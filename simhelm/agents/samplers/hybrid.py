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

from simhelm.agents.samplers.share_model import (
    Floats,
    ShareModel,
    ShareObservation,
    ShareSampler,
    log_share_step,
    settled,
)
from simhelm.agents.samplers.space_sampler import Space, signed_loss
from simhelm.core.space import OptunaSpace


class HybridSampler(ShareSampler):
    """Searches what mode constants cannot make up for, and calibrates the constants on the way.

    Trials come in blocks of ``inner``. At its start a block asks the outer sampler for a
    structure (all parameters that are no constants); within the block constants move by
    log-share steps. The first constants of a block are those that the best block so far ended
    with, so few steps are needed. Each block's best value is reported to the outer sampler.

    Args:
        space, seed: see :class:`SpaceSampler`; the seed is mixed with the number of the block.
        targets, base, share_output, damping, floor: see :class:`LogShareSampler`.
        inner: trials per block.
        outer: ``"tpe"``, ``"cmaes"`` or ``"random"``.
        startup: blocks of random structure before the outer sampler's model is used.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        targets: Mapping[str, float],
        base: str = "car",
        share_output: str = "share_{}",
        damping: float = 1.0,
        floor: float = 0.02,
        inner: int = 3,
        outer: Literal["tpe", "cmaes", "random"] = "tpe",
        startup: int = 10,
        seed: int | None = None,
    ) -> None:
        if not (isinstance(inner, int) and inner >= 1):
            raise ValueError(f"inner: expected an integer of at least 1, got {inner!r}")
        if outer not in ("tpe", "cmaes", "random"):
            raise ValueError(f"outer: expected 'tpe', 'cmaes' or 'random', got {outer!r}")
        if not 0.0 < damping <= 1.0:
            raise ValueError(f"damping: expected above 0 and at most 1, got {damping!r}")
        super().__init__(space, seed, ShareModel(targets, base, share_output, floor))
        self._inner, self._outer, self._startup = inner, outer, startup
        self._damping = damping
        if self._declared is not None and targets.keys() >= self._declared.distributions.keys():
            raise ValueError(
                "HybridSampler: no parameter besides the constants; use LogShareSampler"
            )

    def step(
        self, study: Study, trial: FrozenTrial, space: OptunaSpace, model: ShareModel
    ) -> dict[str, Any]:
        """Structure and constants, a function of the trials reported so far."""
        trials = [t for t in study.get_trials(deepcopy=False) if t.number < trial.number]
        block, index = divmod(trial.number, self._inner)
        blocks = [trials[i : i + self._inner] for i in range(0, len(trials), self._inner)]
        here = blocks[block] if index else []
        kinds = {n: d for n, d in space.distributions.items() if n not in model.names}
        structure = here[0].params if here else self._ask(study, kinds, blocks[:block], block)
        seen = model.observations(here) or _best_end(study, model, blocks[:block])
        constants = self._next(model, seen) if seen else model.start()
        return {
            **space.encode({name: structure[name] for name in kinds if name in structure}),
            **model.as_params(constants),
        }

    def _next(self, model: ShareModel, seen: Sequence[ShareObservation]) -> Floats:
        return log_share_step(model, seen, self._damping / max(1, settled(seen, 0.0)))

    def _ask(
        self,
        study: Study,
        kinds: dict[str, BaseDistribution],
        blocks: Sequence[list[FrozenTrial]],
        block: int,
    ) -> dict[str, Any]:
        """A structure from the outer sampler, to which every finished block is reported."""
        outer = optuna.create_study(direction=study.direction, sampler=self._outer_sampler(block))
        for best, trials in ((_best(study, trials), trials) for trials in blocks):
            if best is not None:
                params = {n: value for n, value in trials[0].params.items() if n in kinds}
                known = {name: kinds[name] for name in params}
                outer.add_trial(
                    optuna.trial.create_trial(params=params, distributions=known, value=best.value)
                )
        return dict(outer.ask(kinds).params)

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


def _best_end(
    study: Study, model: ShareModel, blocks: Sequence[list[FrozenTrial]]
) -> list[ShareObservation]:
    """The last observation of the best block: where its next step would start from."""
    found = [(one, block) for block in blocks if (one := _best(study, block)) is not None]
    _, best = min(found, key=lambda pair: signed_loss(study, pair[0].value), default=(None, []))
    return model.observations(best)[-1:]


def _best(study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """The best trial of a block, None without one that completed."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    return min(complete, key=lambda trial: signed_loss(study, trial.value), default=None)

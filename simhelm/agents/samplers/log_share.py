"""The planners' update of mode constants, as a sampler: damped log-share steps, or Broyden's.

Alternative-specific constants of a choice model move by the logarithm of target over realised
share, relative to a base alternative (Train 2009, section 2.8; the loop of ActivitySim's and
MATSim's calibration tools). For one class of people a full step is exact.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.broyden import broyden_step
from simhelm.agents.samplers.share_model import (
    LARGEST_STEP,
    Floats,
    ShareModel,
    ShareObservation,
    ShareSampler,
    log_share_step,
    settled,
)
from simhelm.agents.samplers.space_sampler import Space
from simhelm.core.parameter import Parameter, Value
from simhelm.core.space import OptunaSpace


class LogShareSampler(ShareSampler):
    """Moves mode constants until realised shares meet their targets.

    Every trial must carry the outputs of its evaluation in the user attribute ``outputs``
    (studies of simhelm do that). Trials asked for before the last one was reported repeat its
    constants, so a batch averages over seeds. Parameters that are no constants stay in the
    middle of their range.

    Args:
        space: see :class:`SpaceSampler`.
        targets: percent by mode; they add up to 100.
        base: the mode whose constant is 0 and no parameter.
        share_output: name of the output with a mode's share, ``{}`` standing for the mode.
        method: ``"log_share"``, or ``"broyden"``, which learns how shares depend on the constants
            of other modes and falls back on log-share steps where that fails.
        damping: factor on every step, above 0 and at most 1.
        floor: percent; see :class:`ShareModel`.
        noise: percentage points of L1 between two runs that differ by their seed only. Once an
            error is below 1.5 times that, steps shrink as 1, 1/2, 1/3 ..., which averages the
            noise out, and an ``optimize`` loop is stopped after ``settle`` of them.
        settle: number of such steps.
        seed: not used: nothing here is random.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        targets: Mapping[str, float],
        base: str = "car",
        share_output: str = "share_{}",
        method: Literal["log_share", "broyden"] = "log_share",
        damping: float = 1.0,
        floor: float = 0.02,
        noise: float = 0.0,
        settle: int = 10,
        seed: int | None = None,
    ) -> None:
        if method not in ("log_share", "broyden"):
            raise ValueError(f"method: expected 'log_share' or 'broyden', got {method!r}")
        if not 0.0 < damping <= 1.0:
            raise ValueError(f"damping: expected above 0 and at most 1, got {damping!r}")
        if not (math.isfinite(noise) and noise >= 0.0):
            raise ValueError(f"noise: expected a number that is not negative, got {noise!r}")
        super().__init__(space, seed, ShareModel(targets, base, share_output, floor))
        self._method, self._damping = method, damping
        self._noise, self._settle = noise, settle

    def step(
        self, study: Study, trial: FrozenTrial, space: OptunaSpace, model: ShareModel
    ) -> dict[str, Any]:
        """The next constants, a function of the trials reported so far."""
        seen = model.observations(study.get_trials(deepcopy=False))
        constants = model.as_params(self._next(model, seen) if seen else model.start())
        return {p.name: constants.get(p.name, _middle(p)) for p in space.parameters}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The start of a constant, the middle of others: for names outside the space."""
        self._raise_error_if_multi_objective(study)
        space = OptunaSpace.of({param_name: param_distribution})
        (parameter,) = space.parameters
        value = _middle(parameter)
        if param_name in self._aim.names and parameter.kind == "float":
            value = min(parameter.high, max(parameter.low, 0.0))
        return space.decode({param_name: value})[param_name]

    def _next(self, model: ShareModel, seen: Sequence[ShareObservation]) -> Floats:
        damping = self._damping / max(1, settled(seen, self._noise))
        if self._method == "broyden":
            return broyden_step(model, seen, damping, LARGEST_STEP, self._noise)
        return log_share_step(model, seen, damping)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End an ``optimize`` loop once there is nothing but noise to win."""
        _, seen = self._seen(study)
        if settled(seen, self._noise) >= self._settle:
            # Asking and telling knows no stop: there the study continues.
            with contextlib.suppress(RuntimeError):
                study.stop()

    def statement(self, study: Study) -> str:
        """What became of the targets, in words: met, under way, or out of reach and why."""
        model, seen = self._seen(study)
        return _state_of(model, seen, self._noise)

    def _seen(self, study: Study) -> tuple[ShareModel, list[ShareObservation]]:
        model = self.model_in(self._known_space(study))
        if model is None:
            return self._aim, []
        return model, model.observations(study.get_trials(deepcopy=False))


def _middle(parameter: Parameter) -> Value:
    """The middle of a range, or the first choice."""
    if parameter.kind == "categorical":
        return parameter.choices[0]
    low, high = parameter.low, parameter.high
    value = math.sqrt(low * high) if parameter.log else 0.5 * (low + high)
    return int(value) if parameter.kind == "integer" else value


def _state_of(model: ShareModel, seen: Sequence[ShareObservation], noise: float) -> str:
    """Whether targets are met, and which constants stand at a bound that keeps them from it."""
    if not seen:
        return "No run has reported its shares yet."
    best = min(seen, key=lambda observation: observation.error)
    text = f"L1 = {best.error:.2f} percentage points after {len(seen)} settings"
    if best.error <= 1.5 * noise:
        return f"{text}: the targets are met to the noise of {noise:.2f} between seeds."
    stuck = _at_bounds(model, best)
    if stuck:
        return f"{text}: out of reach within the bounds; widen them for {', '.join(stuck)}."
    return f"{text}."


def _at_bounds(model: ShareModel, best: ShareObservation) -> list[str]:
    """Modes whose constant is at the bound that its share pushes against, with both shares."""
    residual = model.residual(best.shares)
    stuck = []
    for index, name in enumerate(model.names):
        value, share, target = best.constants[index], best.shares[index], model.targets[index]
        up = value >= model.high[index] - 1e-9 and residual[index] > 0.0
        down = value <= model.low[index] + 1e-9 and residual[index] < 0.0
        if model.free[index] and (up or down) and abs(share - target) > 0.05:
            stuck.append(f"{name} (at {value:g}: {share:.2f} % instead of {target:.2f} %)")
    return stuck

"""The planners' update of mode constants, as a sampler: damped log-share steps, or Broyden's.

Alternative-specific constants of a choice model move by the logarithm of target over realised
share, relative to a base alternative (Train 2009, section 2.8; the loop of ActivitySim's and
MATSim's calibration tools). For one class of people a full step is exact.
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.broyden import broyden_step
from simhelm.agents.samplers.model_space import Conditions, Space

Floats = NDArray[np.float64]

# User attribute of a trial that holds the outputs of its evaluation by name.
OUTPUTS = "outputs"
# No constant moves farther at once: log shares of rare modes are mostly noise.
LARGEST_STEP = 4.0


@dataclasses.dataclass(frozen=True)
class Observation:
    """A configuration and the mean outcome of all trials that tried it.

    Attributes:
        constants, shares: shape (modes,); the base mode's constant is 0.
        error: L1 distance of the shares from the targets, percentage points.
        config: of the trials.
        runs: number of trials.
    """

    constants: Floats
    shares: Floats
    error: float
    config: Mapping[str, Any]
    runs: int


class ShareModel:
    """Which parameters are constants, which outputs their shares, and what is aimed at.

    Args:
        space: the distributions by name.
        targets: percent by name; all but the base are parameters.
        base: the name whose constant is fixed at 0.
        share_output: name of the output that holds a share, with ``{}`` for the mode.
        floor: percent below which shares and targets are taken as the floor, so that modes that
            nobody took can recover and targets of zero can be aimed at.
    """

    def __init__(
        self,
        space: Space,
        targets: Mapping[str, float],
        base: str,
        share_output: str,
        floor: float,
    ) -> None:
        names = list(targets)
        if base not in targets:
            raise ValueError(f"targets: expected one for the base {base!r}, got {names}")
        missing = [name for name in names if name != base and name not in space]
        if missing or len(names) < 2:
            raise ValueError(
                f"targets: expected parameters of these names, found none for {missing}; the "
                f"parameters are {sorted(space)}"
            )
        values = np.array([float(targets[name]) for name in names])
        if not (np.isfinite(values).all() and (values >= 0.0).all()):
            raise ValueError(f"targets: expected percentages, got {dict(targets)}")
        if abs(values.sum() - 100.0) > 0.01:
            raise ValueError(f"targets: expected a sum of 100 %, got {values.sum():g}")
        if not 0.0 < floor < 100.0:
            raise ValueError(f"floor: expected a percentage above 0, got {floor!r}")
        self.names, self.base = names, base
        self.targets, self.floor = values, floor
        self.outputs = [share_output.format(name) for name in names]
        self.free = np.array([name != base for name in names])
        bounds = [_bounds(space[name]) if name != base else (0.0, 0.0) for name in names]
        self.low, self.high = np.array(bounds).T

    def start(self) -> Floats:
        """All constants at 0, or the nearest legal value."""
        return np.clip(np.zeros(len(self.names)), self.low, self.high)

    def residual(self, shares: Floats) -> Floats:
        """ln(target / share), less that of the base; shape (modes,)."""
        logs = np.log(np.maximum(self.targets, self.floor) / np.maximum(shares, self.floor))
        relative: Floats = logs - logs[self.names.index(self.base)]
        return relative

    def clip(self, constants: Floats) -> Floats:
        """The nearest legal constants."""
        return np.clip(constants, self.low, self.high)

    def observations(self, trials: Sequence[FrozenTrial]) -> list[Observation]:
        """Finished trials with outputs, those of one configuration together, oldest first."""
        groups: dict[tuple[Any, ...], list[FrozenTrial]] = {}
        for trial in trials:
            if trial.state is TrialState.COMPLETE and self._is_known(trial):
                key = tuple(sorted(trial.params.items()))
                groups.setdefault(key, []).append(trial)
        return [self._mean(group) for group in groups.values()]

    def _is_known(self, trial: FrozenTrial) -> bool:
        outputs = trial.user_attrs.get(OUTPUTS, {})
        has_all = all(name in outputs for name in self.outputs)
        return has_all and all(n == self.base or n in trial.params for n in self.names)

    def _mean(self, group: list[FrozenTrial]) -> Observation:
        shares = np.mean(
            [[trial.user_attrs[OUTPUTS][name] for name in self.outputs] for trial in group], axis=0
        )
        config = group[0].params
        constants = np.array([float(config.get(name, 0.0)) for name in self.names])
        error = float(np.abs(shares - self.targets).sum())
        return Observation(constants, shares, error, config, len(group))

    def as_params(self, constants: Floats) -> dict[str, float]:
        """Constants by name, without the base."""
        named = zip(self.names, constants.tolist(), strict=True)
        return {name: value for name, value in named if name != self.base}


class LogShareSampler(optuna.samplers.BaseSampler):
    """Moves mode constants until realised shares meet their targets.

    Every trial must carry the outputs of its evaluation in the user attribute ``outputs``
    (studies of simhelm do that). Trials asked for before the last one was told repeat its
    constants, so a batch averages over seeds. Parameters that are no constants stay in the
    middle of their range.

    Args:
        space: the distributions by name.
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
        conditions: not used.
    """

    def __init__(
        self,
        *,
        space: Space,
        targets: Mapping[str, float],
        base: str = "car",
        share_output: str = "share_{}",
        method: Literal["log_share", "broyden"] = "log_share",
        damping: float = 1.0,
        floor: float = 0.02,
        noise: float = 0.0,
        settle: int = 10,
        seed: int | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        if method not in ("log_share", "broyden"):
            raise ValueError(f"method: expected 'log_share' or 'broyden', got {method!r}")
        if not 0.0 < damping <= 1.0:
            raise ValueError(f"damping: expected above 0 and at most 1, got {damping!r}")
        if not (math.isfinite(noise) and noise >= 0.0):
            raise ValueError(f"noise: expected a number that is not negative, got {noise!r}")
        self.model = ShareModel(space, targets, base, share_output, floor)
        self._space = dict(space)
        self._method, self._damping = method, damping
        self._noise, self._settle = noise, settle

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All parameters."""
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The next constants, a function of the trials told so far."""
        refuse_several_objectives(study, self)
        fixed = {n: middle(d) for n, d in search_space.items() if n not in self.model.names}
        seen = self.model.observations(study.get_trials(deepcopy=False))
        constants = self.next_constants(seen) if seen else self.model.start()
        return {**fixed, **self.model.as_params(constants)}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The middle: for parameters that the space did not name."""
        return middle(param_distribution)

    def next_constants(self, seen: Sequence[Observation]) -> Floats:
        """The constants after these observations, oldest first."""
        last = seen[-1]
        damping = self._damping / max(1, self._settled(seen))
        if self._method == "broyden":
            return broyden_step(self.model, seen, damping, LARGEST_STEP, self._noise)
        step = damping * self.model.residual(last.shares)
        return self.model.clip(last.constants + np.clip(step, -LARGEST_STEP, LARGEST_STEP))

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End an ``optimize`` loop once there is nothing but noise to win."""
        seen = self.model.observations(study.get_trials(deepcopy=False))
        if self._settled(seen) >= self._settle:
            # Asking and telling knows no stop: there the study goes on.
            try:
                study.stop()
            except RuntimeError:
                return

    def _settled(self, seen: Sequence[Observation]) -> int:
        """How many observations there are since the first one at the noise, itself included."""
        for place, observation in enumerate(seen):
            if observation.error <= 1.5 * self._noise:
                return len(seen) - place
        return 0

    def statement(self, study: Study) -> str:
        """What became of the targets, in words: met, under way, or out of reach and why."""
        seen = self.model.observations(study.get_trials(deepcopy=False))
        return state_of(self.model, seen, self._noise)


def state_of(model: ShareModel, seen: Sequence[Observation], noise: float) -> str:
    """Whether targets are met, and which constants stand at a bound that keeps them from it."""
    if not seen:
        return "No run has told its shares yet."
    best = min(seen, key=lambda observation: observation.error)
    text = f"L1 = {best.error:.2f} percentage points after {len(seen)} settings"
    if best.error <= 1.5 * noise:
        return f"{text}: the targets are met to the noise of {noise:.2f} between seeds."
    stuck = _at_bounds(model, best)
    if stuck:
        return f"{text}: out of reach within the bounds; widen them for {', '.join(stuck)}."
    return f"{text}."


def _at_bounds(model: ShareModel, best: Observation) -> list[str]:
    """Modes whose constant is at the bound that its share pushes against, with both shares."""
    residual = model.residual(best.shares)
    stuck = []
    for place, name in enumerate(model.names):
        value, share, target = best.constants[place], best.shares[place], model.targets[place]
        up = value >= model.high[place] - 1e-9 and residual[place] > 0.0
        down = value <= model.low[place] + 1e-9 and residual[place] < 0.0
        if model.free[place] and (up or down) and abs(share - target) > 0.05:
            stuck.append(f"{name} (at {value:g}: {share:.2f} % instead of {target:.2f} %)")
    return stuck


def refuse_several_objectives(study: Study, sampler: optuna.samplers.BaseSampler) -> None:
    """Raise ValueError in a study of several objectives: there is one distance to targets."""
    if len(study.directions) > 1:
        raise ValueError(f"{type(sampler).__name__} does not support multi-objective studies")


def draw(
    seed: int, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
) -> Any:
    """A uniform draw that is a function of the seed, the trial's number and the name."""
    key = np.random.SeedSequence([seed, trial.number, zlib.crc32(name.encode())])
    sampler = optuna.samplers.RandomSampler(seed=int(key.generate_state(1)[0]))
    return sampler.sample_independent(study, trial, name, distribution)


def middle(distribution: BaseDistribution) -> Any:
    """The middle of a range, or the first choice."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    low, high = _bounds(distribution)
    is_log = getattr(distribution, "log", False)
    value = math.sqrt(low * high) if is_log else 0.5 * (low + high)
    return int(value) if isinstance(distribution, optuna.distributions.IntDistribution) else value


def _bounds(distribution: BaseDistribution) -> tuple[float, float]:
    if isinstance(distribution, CategoricalDistribution):
        raise ValueError(f"expected a number, got {distribution}")  # noqa: TRY004 - as elsewhere
    return float(distribution.low), float(distribution.high)  # type: ignore[attr-defined]

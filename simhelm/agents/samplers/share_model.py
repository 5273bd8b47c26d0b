"""Target shares, the constants that move them, and what was observed of them."""

from __future__ import annotations

import abc
import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.space_sampler import Space, SpaceSampler
from simhelm.core.parameter import Parameter
from simhelm.core.space import OptunaSpace

Floats = NDArray[np.float64]

# User attribute of a trial that holds the outputs of its evaluation by name.
OUTPUTS = "outputs"
# No constant moves farther at once: log shares of rare modes are mostly noise.
LARGEST_STEP = 4.0


@dataclasses.dataclass(frozen=True)
class ShareObservation:
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
        targets: percent by name; all but the base are parameters.
        base: the name whose constant is fixed at 0.
        share_output: name of the output that holds a share, with ``{}`` for the mode.
        floor: percent below which shares and targets are taken as the floor, so that modes that
            nobody took can recover and targets of zero can be aimed at.
    """

    def __init__(
        self, targets: Mapping[str, float], base: str, share_output: str, floor: float
    ) -> None:
        names = list(targets)
        if base not in targets or len(names) < 2:
            raise ValueError(f"targets: expected one for the base {base!r} and more, got {names}")
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
        self.low = self.high = np.zeros(len(names))

    def within(self, space: OptunaSpace) -> ShareModel:
        """The same with the bounds of the constants; ValueError if one is no float."""
        found = {parameter.name: parameter for parameter in space.parameters}
        missing = [name for name in self.names if name != self.base and name not in found]
        if missing:
            raise ValueError(
                f"targets: expected parameters of these names, found none for {missing}; the "
                f"parameters are {sorted(found)}"
            )
        bounds = [_bounds(found[n]) if n != self.base else (0.0, 0.0) for n in self.names]
        model = copy.copy(self)
        model.low, model.high = np.array(bounds).T
        return model

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

    def observations(self, trials: Sequence[FrozenTrial]) -> list[ShareObservation]:
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

    def _mean(self, group: list[FrozenTrial]) -> ShareObservation:
        shares = np.mean(
            [[trial.user_attrs[OUTPUTS][name] for name in self.outputs] for trial in group], axis=0
        )
        config = group[0].params
        constants = np.array([float(config.get(name, 0.0)) for name in self.names])
        error = float(np.abs(shares - self.targets).sum())
        return ShareObservation(constants, shares, error, config, len(group))

    def as_params(self, constants: Floats) -> dict[str, float]:
        """Constants by name, without the base."""
        named = zip(self.names, constants.tolist(), strict=True)
        return {name: value for name, value in named if name != self.base}


class ShareSampler(SpaceSampler):
    """A sampler that aims at target shares.

    Trials must carry the outputs of their evaluation in the user attribute ``outputs``, as those
    of studies do. As long as an inferred space lacks a constant, everything is sampled
    independently.

    Args:
        space, seed: see :class:`SpaceSampler`.
        model: the targets.
    """

    def __init__(self, space: Space | None, seed: int | None, model: ShareModel) -> None:
        super().__init__(space, seed=seed)
        self._aim = model
        self._model = None if self._declared is None else model.within(self._declared)

    def model_in(self, space: OptunaSpace) -> ShareModel | None:
        """The model over the space; None as long as a constant is missing."""
        known = set(space.distributions) | {self._aim.base}
        if self._model is not None or not known.issuperset(self._aim.names):
            return self._model
        return self._aim.within(space)

    def next_config(self, study: Study, trial: FrozenTrial, space: OptunaSpace) -> dict[str, Any]:
        """The next step, once all constants are known."""
        model = self.model_in(space)
        return {} if model is None else self.step(study, trial, space, model)

    @abc.abstractmethod
    def step(
        self, study: Study, trial: FrozenTrial, space: OptunaSpace, model: ShareModel
    ) -> dict[str, Any]:
        """Values of the space's parameters for the trial."""


def log_share_step(model: ShareModel, seen: Sequence[ShareObservation], damping: float) -> Floats:
    """The constants after these observations, oldest first."""
    last = seen[-1]
    step = damping * model.residual(last.shares)
    return model.clip(last.constants + np.clip(step, -LARGEST_STEP, LARGEST_STEP))


def settled(seen: Sequence[ShareObservation], noise: float) -> int:
    """How many observations there are since the first one at the noise, itself included."""
    for index, observation in enumerate(seen):
        if observation.error <= 1.5 * noise:
            return len(seen) - index
    return 0


def _bounds(parameter: Parameter) -> tuple[float, float]:
    if parameter.kind != "float":
        raise ValueError(f"{parameter.name}: a constant has to be a float without a step")
    return float(parameter.low), float(parameter.high)

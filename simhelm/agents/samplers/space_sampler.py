"""What the samplers here share: the space, declared or inferred, and independent draws."""

from __future__ import annotations

import abc
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import intersection_search_space
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from simhelm.core.parameter import Parameter
from simhelm.core.space import OptunaSpace

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
# Parameters with their conditions, or Optuna's distributions by name.
Space = Sequence[Parameter] | Mapping[str, BaseDistribution]


class SpaceSampler(BaseSampler, abc.ABC):
    """A sampler whose proposals follow from its seed and the study's trials alone.

    A declared space is sampled as a whole from the first trial on, conditions included. Without
    one, the parameters that all completed trials have in common are sampled together, and all
    others independently, as Optuna's own samplers do. One objective only: ValueError otherwise.

    Args:
        space: the parameters, a condition's parent before its children, or Optuna's distributions
            by name; None infers them from the trials.
        seed: not negative; None draws one.

    Raises:
        ValueError: a negative seed, or a space that cannot be searched.
    """

    def __init__(self, space: Space | None = None, *, seed: int | None = None) -> None:
        if seed is not None and seed < 0:
            raise ValueError(f"seed: expected an integer that is not negative, got {seed!r}")
        self._seed = int(np.random.SeedSequence().generate_state(1)[0] if seed is None else seed)
        self._declared = None if space is None else OptunaSpace.of(space)

    @abc.abstractmethod
    def next_config(self, study: Study, trial: FrozenTrial, space: OptunaSpace) -> dict[str, Any]:
        """Values of the space's parameters for the trial; those left out are drawn one by one."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The declared space, or what all completed trials have in common."""
        return dict(self._known_space(study).distributions)

    def _known_space(self, study: Study) -> OptunaSpace:
        if self._declared is not None:
            return self._declared
        common = intersection_search_space(study.get_trials(deepcopy=False))
        return OptunaSpace.of({name: one for name, one in common.items() if not one.single()})

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The active parameters of one configuration."""
        self._raise_error_if_multi_objective(study)
        if not search_space:
            return {}
        space = self._declared or OptunaSpace.of(search_space)
        values = space.decode(self.next_config(study, trial, space))
        return {name: value for name, value in values.items() if name in search_space}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A uniform draw that is a function of the seed, the trial's number and the name."""
        self._raise_error_if_multi_objective(study)
        words = np.random.SeedSequence([self._seed, trial.number, zlib.crc32(param_name.encode())])
        uniform = RandomSampler(seed=int(words.generate_state(1)[0]))
        return uniform.sample_independent(study, trial, param_name, param_distribution)


def signed_loss(study: Study, value: float | None) -> float:
    """A trial's value as a loss, infinite without a finite one."""
    sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
    return sign * value if value is not None and math.isfinite(value) else math.inf


def share(name: str, value: float) -> float:
    """The value as a float in [0, 1].

    Raises:
        ValueError: it is none.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name}: expected a number in [0, 1], got {value!r}")
    return float(value)


def at_least(name: str, value: int, least: int) -> int:
    """The value as an integer that is not smaller.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or int(value) != value or value < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, got {value!r}")
    return int(value)

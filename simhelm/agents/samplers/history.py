"""What samplers on finite options have in common: options, the history of a study, seeds.

Such a sampler keeps nothing: the proposal for trial n is a function of (seed, n) and of the
finished trials in the order of their numbers. So a study goes on bit for bit after a restart.
"""

from __future__ import annotations

import abc
import dataclasses
import math
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.isolation import seed_words
from simhelm.agents.samplers.model_space import Conditions, Space, same

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
# A range of more numbers than this is cut into this many levels.
LEVELS = 32

# Name -> place among the options of that parameter, active parameters only, in order.
Places = dict[str, int]
# (name, number of options, places so far) -> place.
Chooser = Callable[[str, int, Places], int]


@dataclasses.dataclass(frozen=True)
class Told:
    """A finished trial.

    Attributes:
        places: what was chosen.
        loss: to be minimised; infinite for a failure.
    """

    places: Places
    loss: float


class OptionSpace:
    """Parameters as lists of options.

    A float range is cut into ``LEVELS`` equal parts (of its logarithm where it says so), and so
    is a range of more whole numbers than that.

    Raises:
        ValueError: a condition on a parameter that does not stand before it.
    """

    def __init__(self, space: Space, conditions: Conditions) -> None:
        self.distributions = dict(space)
        self.conditions = dict(conditions)
        self.options = {name: _options(one) for name, one in space.items()}
        self.ordered = {
            name: not isinstance(one, CategoricalDistribution) or _rises(one.choices)
            for name, one in space.items()
        }
        names = list(space)
        for child, (parent, _) in self.conditions.items():
            if child not in names or parent not in names[: names.index(child)]:
                raise ValueError(f"conditions: {parent!r} does not stand before {child!r}")

    def build(self, choose: Chooser) -> Places:
        """Walk through the active parameters, asking for each place."""
        places: Places = {}
        for name, options in self.options.items():
            if self.is_active(name, places):
                places[name] = choose(name, len(options), places)
        return places

    def random(self, rng: np.random.Generator) -> Places:
        """Every option of every parameter equally likely."""
        return self.build(lambda name, count, places: int(rng.integers(count)))

    def is_active(self, name: str, places: Places) -> bool:
        """Whether the parameter exists beside what was chosen."""
        if name not in self.conditions:
            return True
        parent, values = self.conditions[name]
        if parent not in places:
            return False
        chosen = self.options[parent][places[parent]]
        return any(same(chosen, value) for value in values)

    def values(self, places: Places) -> dict[str, Any]:
        """The parameters' values."""
        return {name: self.options[name][place] for name, place in places.items()}

    def read(self, params: Mapping[str, Any]) -> Places:
        """The places nearest to a trial's parameters; inactive ones are dropped.

        Raises:
            KeyError: an active parameter is missing.
            ValueError: a value that is no option.
        """
        return self.build(
            lambda name, count, places: _nearest(
                self.options[name], params[name], self.distributions[name]
            )
        )


class HistorySampler(BaseSampler, abc.ABC):
    """A sampler on lists of options whose proposals follow from the finished trials.

    Args:
        space: the distributions by name.
        conditions: child -> (parent, values of the parent for which the child is active).
        seed: not negative.
    """

    def __init__(
        self, space: Space, conditions: Conditions = MappingProxyType({}), *, seed: int
    ) -> None:
        if seed < 0:
            raise ValueError(f"seed: expected an integer that is not negative, got {seed!r}")
        self._seed = int(seed)
        self._space = OptionSpace(space, conditions)

    @abc.abstractmethod
    def propose(self, rng: np.random.Generator, history: list[Told]) -> Places:
        """The next configuration, from the finished trials in the order of their numbers."""

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
        places = self.propose(self._generator(trial.number), self._history(study))
        values = self._space.values(places)
        return {name: value for name, value in values.items() if name in search_space}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A random option, for a name outside the space or a parameter that is inactive."""
        options = _options(param_distribution)
        rng = self._generator(trial.number, zlib.crc32(param_name.encode()))
        return options[int(rng.integers(len(options)))]

    def _generator(self, *key: int) -> np.random.Generator:
        words = seed_words(self._seed, *key)
        return np.random.default_rng([int(word) for word in words])

    def _history(self, study: Study) -> list[Told]:
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        trials = study.get_trials(deepcopy=False, states=_FINISHED)
        told = (self._read(trial, sign) for trial in sorted(trials, key=lambda t: t.number))
        return [one for one in told if one is not None]

    def _read(self, trial: FrozenTrial, sign: float) -> Told | None:
        try:
            places = self._space.read(trial.params)
        except (KeyError, ValueError):
            # A trial of another space says nothing here.
            return None
        value = None if trial.state == TrialState.FAIL else trial.value
        if value is None and trial.state == TrialState.PRUNED and trial.intermediate_values:
            value = trial.intermediate_values[max(trial.intermediate_values)]
        loss = sign * value if value is not None and math.isfinite(value) else math.inf
        return Told(places, loss)


def by_loss(history: list[Told]) -> list[Told]:
    """From the best to the worst; among equals the older first."""
    return sorted(history, key=lambda told: told.loss)


def share(name: str, value: float) -> float:
    """The value as a float in [0, 1].

    Raises:
        ValueError: it is none.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name}: expected a number in [0, 1], got {value!r}")
    return float(value)


def at_least(name: str, value: int, least: int) -> int:
    """The value as a whole number that is not smaller.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or int(value) != value or value < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, got {value!r}")
    return int(value)


def _options(distribution: BaseDistribution) -> tuple[Any, ...]:
    if isinstance(distribution, CategoricalDistribution):
        return tuple(distribution.choices)
    if isinstance(distribution, IntDistribution):
        low, high, step = distribution.low, distribution.high, distribution.step
        if (high - low) // step < LEVELS:
            return tuple(range(low, high + 1, step))
        levels = _levels(low, high, log=distribution.log)
        return tuple(sorted({low + step * round((level - low) / step) for level in levels}))
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is not None:
        steps = round((distribution.high - distribution.low) / distribution.step)
        count = min(steps + 1, LEVELS)
        places = [round(steps * i / max(1, count - 1)) for i in range(count)]
        return tuple(
            min(distribution.high, distribution.low + p * distribution.step) for p in places
        )
    if distribution.single():
        return (distribution.low,)
    return _levels(distribution.low, distribution.high, log=distribution.log)


def _levels(low: float, high: float, *, log: bool) -> tuple[float, ...]:
    spaced = np.geomspace(low, high, LEVELS) if log else np.linspace(low, high, LEVELS)
    return tuple(min(high, max(low, float(level))) for level in spaced)


def _rises(choices: tuple[Any, ...]) -> bool:
    numbers = all(isinstance(c, (int, float)) and not isinstance(c, bool) for c in choices)
    return numbers and list(choices) == sorted(choices)


def _nearest(options: tuple[Any, ...], value: Any, distribution: BaseDistribution) -> int:
    if isinstance(distribution, CategoricalDistribution):
        for place, option in enumerate(options):
            if same(option, value):
                return place
        raise ValueError(f"expected one of {options}, got {value!r}")
    log = getattr(distribution, "log", False)
    distances = [abs(math.log(o / value)) if log else abs(o - value) for o in options]
    return distances.index(min(distances))

"""What samplers on finite options have in common: options, the history of a study, seeds.

Such a sampler keeps nothing: the proposal for trial n is a function of (seed, n) and of the
finished trials in the order of their numbers. So a study continues bit for bit after a restart.
"""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers.isolation import seed_words
from simhelm.agents.samplers.space_sampler import FINISHED, Space, SpaceSampler, signed_loss
from simhelm.core.parameter import Parameter, Value
from simhelm.core.space import OptunaSpace

# A range of more numbers than this is cut into this many levels.
LEVELS = 32

# Name -> index among the options of that parameter, active parameters only, in order.
Indices = dict[str, int]
# (name, number of options) -> index.
Chooser = Callable[[str, int], int]


@dataclasses.dataclass(frozen=True)
class Observation:
    """A finished trial.

    Attributes:
        indices: what was chosen.
        loss: to be minimised; infinite for a failure.
    """

    indices: Indices
    loss: float


class Levels:
    """Parameters as lists of options.

    A float range is cut into ``LEVELS`` equal parts (of its logarithm where it says so), and so
    is a range of more integers than that.

    Attributes:
        options: the options of each parameter.
        ordered: names of parameters whose neighbouring options resemble each other.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._choices = [
            p if p.kind == "categorical" else p.restricted(_options(p))
            for p in self._parameters.values()
        ]
        self.options = {choice.name: choice.choices for choice in self._choices}
        self.ordered = frozenset(choice.name for choice in self._choices if choice.ordered)

    def build(self, choose: Chooser) -> Indices:
        """Walk through the active parameters, asking for each index."""
        # Not by configure: thousands of candidates for a proposal come through here.
        indices: Indices = {}
        config: dict[str, Value] = {}
        for choice in self._choices:
            if choice.condition is None or choice.is_active(config):
                index = indices[choice.name] = choose(choice.name, len(choice.choices))
                config[choice.name] = choice.choices[index]
        return indices

    def random(self, rng: np.random.Generator) -> Indices:
        """Every option of every parameter equally likely."""
        return self.build(lambda name, count: int(rng.integers(count)))

    def config(self, indices: Indices) -> dict[str, Value]:
        """The parameters' values."""
        return {name: self.options[name][index] for name, index in indices.items()}

    def read(self, config: Mapping[str, Any]) -> Indices:
        """The indices nearest to a configuration; inactive parameters are dropped.

        Raises:
            KeyError: an active parameter is missing.
            ValueError: a value that is no option.
        """
        return self.build(
            lambda name, count: _nearest(self._parameters[name], self.options[name], config[name])
        )


class HistorySampler(SpaceSampler):
    """A sampler on lists of options whose proposals follow from the finished trials.

    Args:
        space, seed: see :class:`SpaceSampler`.
    """

    def __init__(self, space: Space | None = None, *, seed: int | None = None) -> None:
        super().__init__(space, seed=seed)
        self._levels = None if self._declared is None else Levels(self._declared.parameters)

    @abc.abstractmethod
    def propose(
        self, rng: np.random.Generator, levels: Levels, history: list[Observation]
    ) -> Indices:
        """The next configuration, from the finished trials in the order of their numbers."""

    def next_config(self, study: Study, trial: FrozenTrial, space: OptunaSpace) -> dict[str, Any]:
        """What is proposed for the trial."""
        levels = self._levels or Levels(space.parameters)
        words = seed_words(self._seed, trial.number)
        rng = np.random.default_rng([int(word) for word in words])
        return levels.config(self.propose(rng, levels, _history(study, space, levels)))


def by_loss(history: list[Observation]) -> list[Observation]:
    """From the best to the worst; among equals the older first."""
    return sorted(history, key=lambda observation: observation.loss)


def _history(study: Study, space: OptunaSpace, levels: Levels) -> list[Observation]:
    trials = study.get_trials(deepcopy=False, states=FINISHED)
    history = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        try:
            indices = levels.read(space.encode(trial.params))
        except (KeyError, ValueError):
            # A trial of another space says nothing here.
            continue
        history.append(Observation(indices, signed_loss(study, _value(trial))))
    return history


def _value(trial: FrozenTrial) -> float | None:
    if trial.state == TrialState.FAIL:
        return None
    if trial.value is None and trial.state == TrialState.PRUNED and trial.intermediate_values:
        return trial.intermediate_values[max(trial.intermediate_values)]
    return trial.value


def _options(parameter: Parameter) -> list[float] | list[int]:
    if parameter.kind == "float":
        return _levels(parameter)
    low, high = int(parameter.low), int(parameter.high)
    if high - low < LEVELS:
        return list(range(low, high + 1))
    return sorted({low + round(level - low) for level in _levels(parameter)})


def _levels(parameter: Parameter) -> list[float]:
    low, high = float(parameter.low), float(parameter.high)
    spaced = (np.geomspace if parameter.log else np.linspace)(low, high, LEVELS)
    # A range of a few floats has fewer levels.
    return list(dict.fromkeys(min(high, max(low, float(level))) for level in spaced))


def _nearest(parameter: Parameter, options: tuple[Any, ...], value: Any) -> int:
    if parameter.kind == "categorical":
        return parameter.index(value)
    distances = [abs(math.log(o / value)) if parameter.log else abs(o - value) for o in options]
    return distances.index(min(distances))

"""Optuna's samplers that come to an end, made fit for asking and telling.

Both call ``Study.stop`` when everything was tried, which outside ``Study.optimize`` raises
RuntimeError from the midst of ``Study.tell``. Here the study goes on: asked for more, they repeat.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

# Optuna walks through the whole grid at every tell.
LARGEST_GRID = 100_000


class GridSampler(optuna.samplers.GridSampler):
    """Optuna's grid search, which starts over in the same order at its end.

    The configuration of a trial is a function of the seed and of the trial's number, where
    Optuna's own draws anew from what it noted in the attributes of earlier trials.
    """

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Give the trial its place in the grid."""
        attributes, size = trial.system_attrs, len(self._all_grids)
        if trial.number < size or "fixed_params" in attributes or "grid_id" in attributes:
            super().before_trial(study, trial)
            return
        for name, value in (
            ("search_space", self._search_space),
            ("grid_id", trial.number % size),
        ):
            study._storage.set_trial_system_attr(trial._trial_id, name, value)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Optuna's own, without the RuntimeError of ``Study.stop``."""
        with contextlib.suppress(RuntimeError):
            super().after_trial(study, trial, state, values)


class BruteForceSampler(optuna.samplers.BruteForceSampler):
    """Optuna's exhaustive search, which raises nothing at its end."""

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Optuna's own, without the RuntimeError of ``Study.stop``."""
        with contextlib.suppress(RuntimeError):
            super().after_trial(study, trial, state, values)


def grid(space: Mapping[str, BaseDistribution], points: int) -> dict[str, list[Any]]:
    """The values that a grid search tries, by name.

    Args:
        points: of each numeric parameter, evenly spaced on its scale from end to end, and then
            rounded to its step (so there may be fewer); choices are all taken.

    Raises:
        ValueError: fewer than two points, or a grid of more than 100,000 configurations.
    """
    if not (isinstance(points, int) and points >= 2):
        raise ValueError(f"points: expected an integer of at least 2, got {points!r}")
    values = {name: _grid_values(distribution, points) for name, distribution in space.items()}
    size = math.prod(map(len, values.values()))
    if size > LARGEST_GRID:
        raise ValueError(
            f"points: a grid of {points} points a parameter has {size} configurations, more than "
            f"{LARGEST_GRID}; take fewer points or another sampler"
        )
    return values


def check_finite(space: Mapping[str, BaseDistribution]) -> None:
    """ValueError if a parameter is continuous, so that its values cannot be enumerated."""
    for name, distribution in space.items():
        if isinstance(distribution, FloatDistribution) and distribution.step is None:
            raise ValueError(
                f"{name}: BruteForceSampler tries every value, and {distribution} has no step; "
                "give it one, or use GridSampler"
            )


def _grid_values(distribution: BaseDistribution, points: int) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    low, high = distribution.low, distribution.high
    if low == high:
        return [low]
    spaced = np.geomspace(low, high, points) if distribution.log else np.linspace(low, high, points)
    rounded = (_on_step(float(value), distribution) for value in spaced)
    return list(dict.fromkeys(min(high, max(low, value)) for value in rounded))


def _on_step(value: float, distribution: FloatDistribution | IntDistribution) -> float | int:
    if distribution.step is None:
        return value
    # Integers stay integers.
    return (
        distribution.low + round((value - distribution.low) / distribution.step) * distribution.step
    )

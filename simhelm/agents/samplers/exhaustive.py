"""Optuna's samplers that come to an end, made fit for asking and telling.

Both call ``Study.stop`` when everything was tried, which outside ``Study.optimize`` raises
RuntimeError from the midst of ``Study.tell``. Here it continues: asked for more, they repeat.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence

import numpy as np
import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from simhelm.core.parameter import Parameter, Value

# Optuna walks through the whole grid at every tell.
LARGEST_GRID = 100_000


class _Continuing(optuna.samplers.BaseSampler):
    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """The sampler's own, without the RuntimeError of ``Study.stop``."""
        with contextlib.suppress(RuntimeError):
            super().after_trial(study, trial, state, values)


class GridSampler(_Continuing, optuna.samplers.GridSampler):
    """Optuna's grid search, which starts over in the same order at its end.

    The configuration of a trial is a function of the seed and of the trial's number, where
    Optuna's own redraws from what it noted in the attributes of earlier trials.

    Args:
        space: the parameters.
        seed: of the order.
        points: of each number, see :func:`grid`.
    """

    def __init__(
        self, space: Sequence[Parameter], seed: int | None = None, points: int = 10
    ) -> None:
        super().__init__(grid(space, points), seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Give the trial its point of the grid."""
        attributes, size = trial.system_attrs, len(self._all_grids)
        if trial.number < size or "fixed_params" in attributes or "grid_id" in attributes:
            super().before_trial(study, trial)
            return
        for name, value in (
            ("search_space", self._search_space),
            ("grid_id", trial.number % size),
        ):
            study._storage.set_trial_system_attr(trial._trial_id, name, value)


class BruteForceSampler(_Continuing, optuna.samplers.BruteForceSampler):
    """Optuna's exhaustive search, which raises nothing at its end.

    Args:
        space: the parameters, of which none may be a float.
        seed: of the order.
        avoid_premature_stop: see there.
    """

    def __init__(
        self,
        space: Sequence[Parameter] = (),
        seed: int | None = None,
        avoid_premature_stop: bool = False,
    ) -> None:
        check_finite(space)
        super().__init__(seed, avoid_premature_stop)


def grid(parameters: Iterable[Parameter], points: int) -> dict[str, list[Value]]:
    """The values that a grid search tries, by name.

    Args:
        points: of each numeric parameter, evenly spaced on its scale from end to end, and then
            rounded to integers where it is one (so there may be fewer); choices are all taken.

    Raises:
        ValueError: fewer than two points, or a grid of more than 100,000 configurations.
    """
    if not (isinstance(points, int) and points >= 2):
        raise ValueError(f"points: expected an integer of at least 2, got {points!r}")
    values = {parameter.name: _grid_values(parameter, points) for parameter in parameters}
    size = math.prod(map(len, values.values()))
    if size > LARGEST_GRID:
        raise ValueError(
            f"points: a grid of {points} points per parameter has {size} configurations, more "
            f"than {LARGEST_GRID}; take fewer points or another sampler"
        )
    return values


def check_finite(parameters: Iterable[Parameter]) -> None:
    """ValueError if a parameter is continuous, so that its values cannot be enumerated."""
    for parameter in parameters:
        if parameter.kind == "float":
            raise ValueError(
                f"{parameter.name}: BruteForceSampler tries every value, and a float has no end "
                "of them; make it an integer, give it choices, or use GridSampler"
            )


def _grid_values(parameter: Parameter, points: int) -> list[Value]:
    if parameter.kind == "categorical":
        return list(parameter.choices)
    low, high = parameter.low, parameter.high
    spaced = (np.geomspace if parameter.log else np.linspace)(low, high, points)
    if parameter.kind == "float":
        return list(dict.fromkeys(min(high, max(low, float(value))) for value in spaced))
    first, last = int(low), int(high)
    rounded = (first + round(float(value) - first) for value in spaced)
    return list(dict.fromkeys(min(last, max(first, value)) for value in rounded))

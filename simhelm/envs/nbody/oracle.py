"""The oracle allocation: what could be had by knowing every interval's error and cost.

Along an accurate path, every action is tried from the start of every interval. Intervals then
get the actions that cost least while the errors sum to the tolerance: for a price lambda of
error each takes the minimum of cost + lambda error, and lambda is found by bisection
(Everett 1963). The errors are summed by their absolute values.
"""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.envs.nbody.adaptive import AdaptiveEpisodes
from simhelm.envs.nbody.settings import Settings
from simhelm.simulators.nbody import Scheme
from simhelm.simulators.nbody.system_batch import SystemBatch

Floats = NDArray[np.float64]

_ACCURATE = Scheme("gauss_radau15", 1e-9)


@dataclasses.dataclass(frozen=True, eq=False)
class ActionTable:
    """Errors and costs of every action in every interval.

    Attributes:
        errors: shape (steps, actions), |local energy error| over |E_start|; infinite for an
            interval that could not be completed.
        costs: shape (steps, actions), force evaluations.
    """

    errors: Floats
    costs: NDArray[np.int64]

    def allocate(self, tolerance: float) -> NDArray[np.intp]:
        """The action of each interval, shape (steps,); the finest where nothing meets it."""
        errors = np.where(np.isfinite(self.errors), self.errors, 1e30)
        rows = np.arange(len(errors))
        low, high = -12.0, 40.0
        best: NDArray[np.intp] = errors.argmin(axis=1)
        for _ in range(80):
            middle = 0.5 * (low + high)
            chosen = (self.costs + 10.0**middle * errors).argmin(axis=1)
            if errors[rows, chosen].sum() <= tolerance:
                best, high = chosen, middle
            else:
                low = middle
        return best

    def spent(self, actions: NDArray[np.intp]) -> tuple[float, int]:
        """Sum of errors and of costs of one action an interval."""
        rows = np.arange(len(actions))
        return float(self.errors[rows, actions].sum()), int(self.costs[rows, actions].sum())


def action_table(
    batch: SystemBatch, settings: Settings, steps: int, interval: float
) -> ActionTable:
    """Try every action from the start of every interval of the batch's first system."""
    count = len(settings.schemes)
    path = batch.repeat(0, 1)
    one, all_of_them = np.zeros(1, dtype=np.intp), np.arange(count)
    errors = np.empty((steps, count))
    costs = np.empty((steps, count), dtype=np.int64)
    accurate = np.array([_ACCURATE.codes]), np.array([_ACCURATE.step_parameter])
    for step in range(steps):
        tried = path.repeat(0, count)
        before = tried.errors.copy()
        codes, costs[step] = tried.advance(
            all_of_them, settings.codes, settings.parameters, interval
        )
        errors[step] = np.where(codes == 0, np.abs(tried.errors - before), np.inf)
        path.advance(one, *accurate, interval)
    return ActionTable(errors, costs)


class OraclePlayer:
    """A policy that plays the allocation of the episode that the environment is in."""

    def __init__(self, episodes: AdaptiveEpisodes) -> None:
        self._episodes = episodes
        self._plan: NDArray[np.intp] | None = None
        self._began = -1

    def __call__(self) -> int:
        """The action for the present interval; planned at the first call, or after a restart."""
        now = int(self._episodes.elapsed[0])
        if self._plan is None or now <= self._began:
            left = self._episodes.length - now
            table = action_table(
                copy.copy(self._episodes.batch),
                self._episodes.settings,
                left,
                self._episodes.interval,
            )
            spent = abs(float(self._episodes.batch.errors[0]))
            budget = max(float(self._episodes.tolerance[0]) - spent, 0.0)
            self._plan, self._began = table.allocate(budget), now
        return int(self._plan[now - self._began]) if now - self._began < len(self._plan) else 0

"""The episodes of the corrected environment."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.envs.nbody.episodes import (
    FAILURES,
    Episodes,
    Floats,
    Places,
    draw_system,
    initial_seed,
)
from simhelm.envs.nbody.settings import Settings
from simhelm.simulators.nbody.system_batch import SystemBatch

OBSERVATION_SIZE = 11
# Rewards count thousands of force evaluations; a local error of the whole tolerance weighs as
# much as so many of them. With Hermite of order 6 the work of a run goes with error^(-1/7), so a
# run of 4,500 evaluations is then best served by spending about a tenth of its tolerance.
ERROR_WEIGHT = 7.0
# A local error above this many tolerances is not worse for the reward.
WORST_SHARE = 10.0
# The guard rejects an interval that spends more than this share of the tolerance, at most so
# many times.
GUARD_SHARE = 0.2
_RETRIES = 3
# Below this relative error there is only rounding.
_ROUNDING = 1e-16


class AdaptiveEpisodes(Episodes):
    """See :class:`simhelm.envs.three_body.ThreeBodyEnv` for all arguments and formulas."""

    def __init__(
        self,
        count: int,
        *,
        settings: Settings,
        tolerance: float | tuple[float, float],
        steps: int,
        interval: float,
        guard: bool,
        bodies: int,
        threads: int,
    ) -> None:
        self.length = whole_number("steps", steps)
        if not (math.isfinite(interval) and interval > 0.0):
            raise ValueError(f"interval: expected a positive finite time, got {interval!r}")
        self.settings, self.interval, self.guard, self.bodies = settings, interval, guard, bodies
        self.tolerance_range = _tolerances(tolerance)
        self.batch = SystemBatch(count, bodies, threads=whole_number("threads", threads))
        self.action_space = gymnasium.spaces.Discrete(len(settings.schemes))
        self.observation_space = gymnasium.spaces.Box(-4.0, 4.0, (OBSERVATION_SIZE,), np.float32)
        self.elapsed = np.zeros(count, dtype=np.int64)
        self.tolerance: Floats = np.ones(count)
        self.last_level: Floats = np.zeros(count)
        self.last_share: Floats = np.zeros(count)
        self.last_cost: Floats = np.zeros(count)

    def restart(self, index: int, seed: int | None, rng: np.random.Generator) -> None:
        """Begin a new episode."""
        self.batch.place(index, draw_system(self.bodies, initial_seed(seed, rng)))
        low, high = self.tolerance_range
        drawn = low if low == high else math.exp(rng.uniform(math.log(low), math.log(high)))
        self.tolerance[index] = drawn
        for array in (self.elapsed, self.last_level, self.last_share, self.last_cost):
            array[index] = 0

    def step(
        self, which: Places, actions: NDArray[np.int64]
    ) -> tuple[Floats, NDArray[np.bool_], dict[str, NDArray[Any]], NDArray[np.object_]]:
        """Advance the chosen episodes by one interval."""
        codes, costs, shares, played = self._advance(which, actions)
        self.elapsed[which] += 1
        self.last_level[which] = self.settings.level[played]
        self.last_share[which], self.last_cost[which] = shares, costs
        # An interval that could not be completed counts as the worst error.
        shares = np.where(codes == 0, np.minimum(shares, WORST_SHARE), WORST_SHARE)
        rewards = -costs / 1000.0 - ERROR_WEIGHT * shares
        ends = (self.elapsed[which] >= self.length) | (codes != 0)
        infos = {
            "cost": costs,
            "error": np.abs(self.batch.errors[which]),
            "tolerance": self.tolerance[which],
            "setting": self.settings.parameters[played],
        }
        return rewards, ends, infos, FAILURES[codes]

    def _advance(
        self, which: Places, actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, NDArray[np.int64]]:
        """Outcomes, force evaluations, local error shares, and the actions played in the end."""
        before = self.batch.snapshot(which)
        codes, costs, shares = self._attempt(which, actions, before[2])
        played = actions.copy()
        for _ in range(_RETRIES if self.guard else 0):
            finer = self.settings.finer[played]
            again = np.flatnonzero(((shares > GUARD_SHARE) | (codes != 0)) & (finer != played))
            if not again.size:
                break
            played[again] = finer[again]
            self.batch.restore(which[again], tuple(array[again] for array in before))
            codes[again], more, shares[again] = self._attempt(
                which[again], played[again], before[2][again]
            )
            costs[again] += more
        return codes, costs, shares, played

    def _attempt(
        self, which: Places, actions: NDArray[np.int64], errors: Floats
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        codes, costs = self.batch.advance(
            which, self.settings.codes[actions], self.settings.parameters[actions], self.interval
        )
        return codes, costs, np.abs(self.batch.errors[which] - errors) / self.tolerance[which]

    def observations(self) -> NDArray[np.float32]:
        """Of all episodes, shape (count, 11)."""
        out = np.empty((len(self.batch), OBSERVATION_SIZE))
        out[:, :4] = self.batch.describe(self.interval) / 2.0
        spent = np.abs(self.batch.errors) / self.tolerance
        left = 1.0 - self.elapsed / self.length
        out[:, 4] = -_log(spent, self.tolerance) / 3.0
        out[:, 5] = left
        out[:, 6] = self.last_level
        out[:, 7] = np.log10(np.maximum(self.last_cost, 1.0)) / 3.0
        out[:, 8] = _log(self.last_share, self.tolerance) / 3.0
        out[:, 9] = np.log10(self.tolerance) / 6.0 + 1.0
        # The budget that is left, over the time that is left.
        out[:, 10] = np.log10(np.maximum(1.0 - spent, 1e-3) / np.maximum(left, 1e-3))
        return np.clip(out, -4.0, 4.0).astype(np.float32)


def _log(share: Floats, tolerance: Floats) -> Floats:
    """log10 of shares of the tolerance, with rounding as the floor."""
    found: Floats = np.log10(np.maximum(share, _ROUNDING / tolerance))
    return found


def _tolerances(tolerance: float | tuple[float, float]) -> tuple[float, float]:
    low, high = tolerance if isinstance(tolerance, (tuple, list)) else (tolerance, tolerance)
    if not 1e-13 <= low <= high <= 1.0:
        raise ValueError(
            "tolerance: expected a number in [1e-13, 1], or a pair (low, high) of them, got "
            f"{tolerance!r}"
        )
    return float(low), float(high)

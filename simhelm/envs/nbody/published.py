"""The episodes of the published environment."""

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
from simhelm.simulators.nbody import YEAR
from simhelm.simulators.nbody.system_batch import SystemBatch

# Added to the relative error by the published code.
_OFFSET = 1e-20
_WORST_ERROR = 0.1
# Wide enough for bodies that were flung out; the published environment declares no bounds.
_BOUND = 1e6


def published_reward(
    error: float, iteration: int, mu: float, weights: tuple[float, float, float] = (3000, 0, 4)
) -> float:
    """Reward 5 of the published code, the one its models were trained with.

    -W0 log10(|dE|/1e-10) / |log10|dE||^3 / i + W2 / |log10 mu|, where dE is the energy error
    since the start, i the number of the step, counted from 1. (Its W1, which weighs the change
    of the error, is not used by this formula.)
    """
    size = math.log10(abs(error))
    # The published formula divides by zero at |dE| = 1.
    cube = max(abs(size), 1e-6) ** 3
    return -weights[0] * (size + 10.0) / cube / iteration + weights[2] / abs(math.log10(mu))


class PublishedEpisodes(Episodes):
    """See :class:`simhelm.envs.three_body_paper.ThreeBodyPaperEnv`."""

    interval = 0.1 * YEAR

    def __init__(self, count: int, *, steps: int = 100, threads: int = 1) -> None:
        self.length = whole_number("steps", steps)
        self.settings = Settings("parameter")
        self.batch = SystemBatch(count, 3, threads=whole_number("threads", threads))
        self.action_space = gymnasium.spaces.Discrete(10)
        self.observation_space = gymnasium.spaces.Box(-_BOUND, _BOUND, (13,), np.float32)
        self.elapsed = np.zeros(count, dtype=np.int64)
        # As the published code starts: dE = 1, which shows as 0 in the observation.
        self.shown_errors: Floats = np.ones(count)

    def restart(self, index: int, seed: int | None, rng: np.random.Generator) -> None:
        """Begin a new episode."""
        self.batch.place(index, draw_system(3, initial_seed(seed, rng)))
        self.elapsed[index], self.shown_errors[index] = 0, 1.0

    def step(
        self, which: Places, actions: NDArray[np.int64]
    ) -> tuple[Floats, NDArray[np.bool_], dict[str, NDArray[Any]], NDArray[np.object_]]:
        """Advance the chosen episodes by 0.1 years."""
        settings = self.settings
        parameters = settings.parameters[actions]
        codes, costs = self.batch.advance(which, settings.codes[actions], parameters, self.interval)
        self.elapsed[which] += 1
        # (E - E0)/E0 with its sign: E0 is negative for every one of these systems.
        errors = np.sign(self.batch.start_energies[which]) * self.batch.errors[which] + _OFFSET
        self.shown_errors[which] = errors
        rewards = np.array(
            [
                published_reward(float(error), int(i), float(mu))
                for error, i, mu in zip(errors, self.elapsed[which], parameters, strict=True)
            ]
        )
        ends = (self.elapsed[which] >= self.length) | (np.abs(errors) > _WORST_ERROR)
        infos = {"cost": costs, "error": np.abs(errors), "setting": parameters}
        return rewards, ends | (codes != 0), infos, FAILURES[codes]

    def observations(self) -> NDArray[np.float32]:
        """Of all episodes, shape (count, 13)."""
        count = len(self.batch)
        out = np.empty((count, 13))
        out[:, 0:6] = self.batch.positions[:, :, :2].reshape(count, 6) / 10.0
        out[:, 6:12] = self.batch.velocities[:, :, :2].reshape(count, 6)
        out[:, 12] = -np.log10(np.abs(self.shown_errors))
        return np.clip(out, -_BOUND, _BOUND).astype(np.float32)

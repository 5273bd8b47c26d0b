"""Policies that do not learn: a fixed arm, and the hindsight that others are measured against."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.agents.bandits.base import Bandit, Choice


class FixedArm(Bandit):
    """Plays one arm for ever.

    Args:
        arm: its index, 0 ... d - 1.
    """

    def __init__(
        self, arm_values: ArrayLike, *, seed: int | np.random.Generator = 0, arm: int = 0
    ) -> None:
        super().__init__(arm_values, seed=seed)
        if not 0 <= arm < self.arms:
            raise ValueError(f"arm: expected an index in 0 ... {self.arms - 1}, got {arm!r}")
        self.arm = int(arm)

    def _choose(self, context: float) -> Choice:
        return Choice(self.arm)

    def _update(self, choice: Choice, loss: float) -> None:
        pass


class Oracle(Bandit):
    """Plays the cheapest arm of every round, which it reads from a table of all losses.

    Args:
        losses: shape (rounds, d), the loss of each arm in each round (ties: the first arm).
    """

    _state_names = ("round",)

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        seed: int | np.random.Generator = 0,
        losses: NDArray[np.number],
    ) -> None:
        super().__init__(arm_values, seed=seed)
        if losses.ndim != 2 or losses.shape[1] != self.arms:
            raise ValueError(f"losses: expected shape (rounds, {self.arms}), got {losses.shape}")
        self.best_arms = losses.argmin(axis=1)
        self.round = 0

    def _choose(self, context: float) -> Choice:
        if self.round >= self.best_arms.size:
            raise IndexError(f"the table of losses holds {self.best_arms.size} rounds")
        arm = int(self.best_arms[self.round])
        self.round += 1
        return Choice(arm)

    def _update(self, choice: Choice, loss: float) -> None:
        pass


def best_fixed_arm(losses: NDArray[np.number]) -> int:
    """The arm with the lowest total over a table of losses, shape (rounds, d): hindsight."""
    if losses.ndim != 2 or losses.size == 0:
        raise ValueError(f"losses: expected a table (rounds, arms), got shape {losses.shape}")
    return int(losses.sum(axis=0).argmin())

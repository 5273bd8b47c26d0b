"""UCB: play the arm whose loss could still be lowest."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.agents.bandits.base import Bandit, Choice, check_discount

Floats = NDArray[np.float64]


class UCB(Bandit):
    """UCB1 for losses (Auer et al. 2002), scaled by the standard deviation of all losses so far.

    Every arm is played once, then the one with the lowest mean - scale sqrt(2 log t / n).

    Args:
        discount: factor on all past rounds each round, below 1 for drifting sequences
            (discounted UCB, Garivier & Moulines 2011).
    """

    cites = ("auer2002", "garivier2011")
    _state_names = ("counts", "sums", "total_squares")

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        seed: int | np.random.Generator = 0,
        discount: float = 1.0,
    ) -> None:
        super().__init__(arm_values, seed=seed)
        self.discount = check_discount(discount)
        self.counts: Floats = np.zeros(self.arms)
        self.sums: Floats = np.zeros(self.arms)
        self.total_squares = 0.0

    def _choose(self, context: float) -> Choice:
        waiting = [choice.arm for choice in self._pending.values()]
        # Discounting forgets an arm altogether in the end.
        unplayed = np.flatnonzero(self.counts < 1e-9)
        fresh = np.setdiff1d(unplayed, waiting)
        if unplayed.size:
            return Choice(int(fresh[0] if fresh.size else unplayed[0]))
        return Choice(int(self.indices().argmin()))

    def indices(self) -> Floats:
        """Lower confidence bounds, shape (d,), once every arm was played."""
        t = float(self.counts.sum())
        mean = float(self.sums.sum()) / t
        scale = math.sqrt(max(self.total_squares / t - mean**2, 0.0))
        width = scale * np.sqrt(2.0 * math.log(max(t, math.e)) / self.counts)
        bounds: Floats = self.sums / self.counts - width
        return bounds

    def _update(self, choice: Choice, loss: float) -> None:
        self.counts *= self.discount
        self.sums *= self.discount
        self.counts[choice.arm] += 1.0
        self.sums[choice.arm] += loss
        self.total_squares = self.discount * self.total_squares + loss * loss

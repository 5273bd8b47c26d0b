"""Ant colony optimisation: pheromone on every option."""

from __future__ import annotations

from types import MappingProxyType
from typing import final

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.samplers.history import (
    HistorySampler,
    Places,
    Told,
    at_least,
    by_loss,
    share,
)
from simhelm.agents.samplers.model_space import Conditions, Space


@final
class AntColonySampler(HistorySampler):
    """Ants choose options by their pheromone; good ants leave more of it.

    After every ``ants`` finished trials the pheromone evaporates by a share and the better half
    of these ants, and the best so far, deposit on the options they took: the best of n ants 1,
    the r-th best 1 - 2 r / n. Ranks make it independent of the scale of the loss. (Dorigo et al.,
    Ant System, 1996; rank-based: Bullnheimer et al., 1999.)

    Args:
        space, conditions, seed: see :class:`HistorySampler`.
        ants: trials of a generation, at least 1.
        evaporation: share that a generation takes away, in [0, 1].
        greediness: probability of taking the option with most pheromone, in [0, 1]; else options
            are drawn in proportion.
    """

    def __init__(
        self,
        space: Space,
        conditions: Conditions = MappingProxyType({}),
        *,
        seed: int,
        ants: int = 8,
        evaporation: float = 0.1,
        greediness: float = 0.1,
    ) -> None:
        super().__init__(space, conditions, seed=seed)
        self._ants = at_least("ants", ants, 1)
        self._evaporation = share("evaporation", evaporation)
        self._greediness = share("greediness", greediness)

    def propose(self, rng: np.random.Generator, history: list[Told]) -> Places:
        """One ant's way."""
        pheromone = self.pheromone(history)

        def choose(name: str, count: int, places: Places) -> int:
            trail = pheromone[name]
            if rng.random() < self._greediness:
                return int(rng.choice(np.flatnonzero(trail == trail.max())))
            return int(rng.choice(count, p=trail / trail.sum()))

        return self._space.build(choose)

    def pheromone(self, history: list[Told]) -> dict[str, NDArray[np.float64]]:
        """Pheromone of every option after these trials, positive: name -> shape (options,)."""
        trails = {
            name: np.full(len(options), 1.0 / len(options))
            for name, options in self._space.options.items()
        }
        for start in range(0, len(history) - self._ants + 1, self._ants):
            # A little is left, so that no option dies out.
            for trail in trails.values():
                trail[:] = (1.0 - self._evaporation) * trail + 1e-3 / len(trail)
            ranked = by_loss(history[start : start + self._ants])
            for rank, told in enumerate(ranked[: (self._ants + 1) // 2]):
                _deposit(trails, told, 1.0 - 2.0 * rank / self._ants)
            _deposit(trails, by_loss(history[: start + self._ants])[0], 1.0)
        return trails


def _deposit(trails: dict[str, NDArray[np.float64]], told: Told, amount: float) -> None:
    for name, place in told.places.items():
        trails[name][place] += amount

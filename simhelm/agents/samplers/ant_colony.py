"""Ant colony optimisation: pheromone on every option."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.samplers.history import HistorySampler, Indices, Levels, Observation, by_loss
from simhelm.agents.samplers.space_sampler import Space, at_least, share


@final
class AntColonySampler(HistorySampler):
    """Ants choose options by their pheromone; good ants leave more of it.

    After every ``ants`` finished trials the pheromone evaporates by a share and the better half
    of these ants, and the best so far, deposit on the options they took: the best of n ants 1,
    the r-th best 1 - 2 r / n. Ranks make it independent of the scale of the loss. (Dorigo et al.,
    Ant System, 1996; rank-based: Bullnheimer et al., 1999.)

    Args:
        space, seed: see :class:`HistorySampler`.
        ants: trials of a generation, at least 1.
        evaporation: share that a generation takes away, in [0, 1].
        greediness: probability of taking the option with most pheromone, in [0, 1]; else options
            are drawn in proportion.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        seed: int | None = None,
        ants: int = 8,
        evaporation: float = 0.1,
        greediness: float = 0.1,
    ) -> None:
        super().__init__(space, seed=seed)
        self._ants = at_least("ants", ants, 1)
        self._evaporation = share("evaporation", evaporation)
        self._greediness = share("greediness", greediness)

    def propose(
        self, rng: np.random.Generator, levels: Levels, history: list[Observation]
    ) -> Indices:
        """One ant's way."""
        pheromone = self.pheromone(levels, history)

        def choose(name: str, count: int) -> int:
            trail = pheromone[name]
            if rng.random() < self._greediness:
                return int(rng.choice(np.flatnonzero(trail == trail.max())))
            return int(rng.choice(count, p=trail / trail.sum()))

        return levels.build(choose)

    def pheromone(
        self, levels: Levels, history: list[Observation]
    ) -> dict[str, NDArray[np.float64]]:
        """Pheromone of every option after these trials, positive: name -> shape (options,)."""
        trails = {
            name: np.full(len(options), 1.0 / len(options))
            for name, options in levels.options.items()
        }
        for start in range(0, len(history) - self._ants + 1, self._ants):
            # A little is left, so that no option dies out.
            for trail in trails.values():
                trail[:] = (1.0 - self._evaporation) * trail + 1e-3 / len(trail)
            ranked = by_loss(history[start : start + self._ants])
            for rank, ant in enumerate(ranked[: (self._ants + 1) // 2]):
                _deposit(trails, ant, 1.0 - 2.0 * rank / self._ants)
            _deposit(trails, by_loss(history[: start + self._ants])[0], 1.0)
        return trails


def _deposit(trails: dict[str, NDArray[np.float64]], ant: Observation, amount: float) -> None:
    for name, index in ant.indices.items():
        trails[name][index] += amount

"""Evolution: a genetic algorithm, and regularised evolution."""

from __future__ import annotations

from typing import final

import numpy as np

from simhelm.agents.samplers.history import HistorySampler, Indices, Levels, Observation, by_loss
from simhelm.agents.samplers.space_sampler import Space, at_least, share


@final
class GeneticSampler(HistorySampler):
    """Tournaments of two, uniform crossover, mutation; the best of all so far are the parents.

    Args:
        space, seed: see :class:`HistorySampler`.
        population: number of parents, and of random trials at the start; at least 2.
        mutation_rate: probability that a parameter is redrawn, in [0, 1].
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        seed: int | None = None,
        population: int = 16,
        mutation_rate: float = 0.05,
    ) -> None:
        super().__init__(space, seed=seed)
        self._population = at_least("population", population, 2)
        self._mutation_rate = share("mutation_rate", mutation_rate)

    def propose(
        self, rng: np.random.Generator, levels: Levels, history: list[Observation]
    ) -> Indices:
        """A child of two parents."""
        if len(history) < self._population:
            return levels.random(rng)
        parents = by_loss(history)[: self._population]
        mother, father = (_tournament(rng, parents, 2) for _ in range(2))

        def choose(name: str, count: int) -> int:
            heirs = [one.indices[name] for one in (mother, father) if name in one.indices]
            if not heirs or rng.random() < self._mutation_rate:
                return int(rng.integers(count))
            return heirs[int(rng.integers(len(heirs)))]

        return levels.build(choose)


@final
class RegularisedEvolutionSampler(HistorySampler):
    """The best of a few of the youngest trials, changed in one parameter (Real et al., AAAI 2019).

    Args:
        space, seed: see :class:`HistorySampler`.
        population: trials that are young enough, and random ones at the start; at least 1.
        tournament: trials of which the best is the parent; at least 1.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        seed: int | None = None,
        population: int = 16,
        tournament: int = 4,
    ) -> None:
        super().__init__(space, seed=seed)
        self._population = at_least("population", population, 1)
        self._tournament = at_least("tournament", tournament, 1)

    def propose(
        self, rng: np.random.Generator, levels: Levels, history: list[Observation]
    ) -> Indices:
        """A changed copy."""
        if len(history) < self._population:
            return levels.random(rng)
        parent = _tournament(rng, history[-self._population :], self._tournament)
        return mutated(levels, rng, parent.indices)


def mutated(levels: Levels, rng: np.random.Generator, parent: Indices) -> Indices:
    """The parent with another option for one parameter; what that brings to life is random."""
    free = [name for name in parent if len(levels.options[name]) > 1]
    changed = free[int(rng.integers(len(free)))] if free else ""

    def choose(name: str, count: int) -> int:
        if name not in parent:
            return int(rng.integers(count))
        if name == changed:
            return (parent[name] + 1 + int(rng.integers(count - 1))) % count
        return parent[name]

    return levels.build(choose)


def _tournament(rng: np.random.Generator, candidates: list[Observation], size: int) -> Observation:
    drawn = rng.choice(len(candidates), size=min(size, len(candidates)), replace=False)
    return min((candidates[int(index)] for index in drawn), key=lambda one: one.loss)

"""Model-based search with ridge regression on features of the configuration."""

from __future__ import annotations

import math
from typing import final

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.samplers.evolution import mutated
from simhelm.agents.samplers.history import HistorySampler, Indices, Levels, Observation, by_loss
from simhelm.agents.samplers.space_sampler import Space, at_least, share


@final
class RidgeSampler(HistorySampler):
    """A linear model of options and pairs of options ranks random and neighbouring candidates.

    The model sees ranks of the losses, so that outliers and failures (the worst rank) do no harm.
    Features are "parameter = option" and pairs of them (after the n-grams of Negrinho & Gordon,
    DeepArchitect, 2017), never written out: their products follow from counting common options.

    Args:
        space, seed: see :class:`HistorySampler`.
        startup: random trials at the start, at least 2.
        candidates: configurations of which the model takes the best, half of them random and half
            neighbours of good trials; at least 2.
        exploration: probability of a random configuration instead, in [0, 1].
        penalty: of the squared weights, positive.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        seed: int | None = None,
        startup: int = 10,
        candidates: int = 256,
        exploration: float = 0.1,
        penalty: float = 1.0,
    ) -> None:
        super().__init__(space, seed=seed)
        self._startup = at_least("startup", startup, 2)
        self._candidates = at_least("candidates", candidates, 2)
        self._exploration = share("exploration", exploration)
        if not (math.isfinite(penalty) and penalty > 0.0):
            raise ValueError(f"penalty: expected a positive number, got {penalty!r}")
        self._penalty = float(penalty)

    def propose(
        self, rng: np.random.Generator, levels: Levels, history: list[Observation]
    ) -> Indices:
        """The candidate of the best predicted rank."""
        if len(history) < self._startup or rng.random() < self._exploration:
            return levels.random(rng)
        good = by_loss(history)[: max(1, len(history) // 10)]
        half = self._candidates // 2
        candidates = [levels.random(rng) for _ in range(half)]
        candidates += [
            mutated(levels, rng, good[int(rng.integers(len(good)))].indices)
            for _ in range(self._candidates - half)
        ]
        known = {tuple(one.indices.items()) for one in history}
        fresh = [one for one in candidates if tuple(one.items()) not in known] or candidates
        predicted = self._predict(list(levels.options), history, fresh)
        return fresh[int(np.argmin(predicted))]

    def _predict(
        self, names: list[str], history: list[Observation], candidates: list[Indices]
    ) -> NDArray[np.float64]:
        """Predicted ranks, shape (candidates,): ridge regression in its dual form."""
        seen = _table(names, [one.indices for one in history])
        new = _table(names, candidates)
        ranks = _ranks(history)
        matrix = _products(seen, seen) + self._penalty * np.eye(len(seen))
        weights = np.linalg.solve(matrix, ranks - ranks.mean())
        predicted: NDArray[np.float64] = (_products(new, seen) * weights).sum(axis=1)
        return predicted


def _table(names: list[str], many: list[Indices]) -> NDArray[np.int64]:
    """Indices, -1 for what does not exist: shape (configurations, names)."""
    return np.array([[indices.get(name, -1) for name in names] for indices in many])


def _products(one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scalar products of the features, shape (rows of one, rows of two).

    With m options in common there are m (m - 1) / 2 pairs in common; options and pairs have the
    length 1 each, whatever their number.
    """
    both = (one[:, None, :] == two[None, :, :]) & (one[:, None, :] >= 0)
    common = both.sum(axis=2)
    options = [(table >= 0).sum(axis=1) for table in (one, two)]
    pairs = [np.maximum(1, count * (count - 1) // 2) for count in options]
    singles = common / np.sqrt(np.outer(*options))
    doubles = (common * (common - 1) // 2) / np.sqrt(np.outer(*pairs))
    products: NDArray[np.float64] = singles + doubles
    return products


def _ranks(history: list[Observation]) -> NDArray[np.float64]:
    """Mean ranks of the losses scaled to [0, 1], shape (trials,)."""
    losses = np.array([one.loss for one in history])
    _, inverse, counts = np.unique(losses, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts + 1) / 2.0)[inverse] / max(1, len(losses) - 1)
    return ranks

"""Monte-Carlo tree search over the parameters one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import final

import numpy as np

from simhelm.agents.samplers.history import HistorySampler, Places, Told
from simhelm.agents.samplers.model_space import Conditions, Space

# Decisions from the root: a place among the options each, or a half of what is left of them.
Path = tuple[int, ...]


@final
class MCTSSampler(HistorySampler):
    """UCT: the mean reward of what lies below and a bonus for what was seldom tried.

    Every finished trial adds one node; below it the walk was random. Rewards are losses scaled to
    [0, 1] by the best and worst so far, failures 0. (Kocsis & Szepesvari, ECML 2006; as a search
    over architectures: Negrinho & Gordon, DeepArchitect, 2017, where bisection comes from.)

    Every option of a level is visited once before any statistics count: with wide choices and few
    trials do not expect it to be ahead of random search.

    Args:
        space, conditions, seed: see :class:`HistorySampler`.
        exploration: weight c of the bonus c sqrt(2 ln N / n), not negative.
        bisection: split ordered options in halves again and again, so that neighbours share
            statistics.
    """

    def __init__(
        self,
        space: Space,
        conditions: Conditions = MappingProxyType({}),
        *,
        seed: int,
        exploration: float = 0.5,
        bisection: bool = False,
    ) -> None:
        super().__init__(space, conditions, seed=seed)
        if not (math.isfinite(exploration) and exploration >= 0.0):
            raise ValueError(f"exploration: expected a number >= 0, got {exploration!r}")
        self._exploration = float(exploration)
        self._bisection = bool(bisection)

    def propose(self, rng: np.random.Generator, history: list[Told]) -> Places:
        """Down the tree by its statistics, and on at random."""
        tree = self._tree(history)
        path: Path = ()

        def decide(count: int) -> int:
            nonlocal path
            place = self._best_child(rng, tree, path, count)
            path = (*path, place)
            return place

        return self._space.build(
            lambda name, count, places: _follow(self._splits(name), count, decide)
        )

    def _splits(self, name: str) -> bool:
        return self._bisection and self._space.ordered[name]

    def _best_child(
        self, rng: np.random.Generator, tree: dict[Path, list[float]], path: Path, count: int
    ) -> int:
        tried = [tree.get((*path, place)) for place in range(count)]
        new = [place for place, node in enumerate(tried) if node is None]
        if new:
            return new[int(rng.integers(len(new)))]
        nodes = [node for node in tried if node is not None]
        total = sum(visits for visits, _ in nodes)
        bonus = self._exploration * math.sqrt(2.0 * math.log(total)) if total > 1 else 0.0
        scores = np.array([reward / visits + bonus / math.sqrt(visits) for visits, reward in nodes])
        return int(rng.choice(np.flatnonzero(scores == scores.max())))

    def _tree(self, history: list[Told]) -> dict[Path, list[float]]:
        """Visits and summed reward of every node."""
        tree: dict[Path, list[float]] = {}
        for told, reward in zip(history, _rewards(history), strict=True):
            decisions = self._decisions(told.places)
            for depth in range(1, len(decisions) + 1):
                path = decisions[:depth]
                is_new = path not in tree
                node = tree.setdefault(path, [0.0, 0.0])
                node[0] += 1.0
                node[1] += reward
                if is_new:
                    break
        return tree

    def _decisions(self, places: Places) -> Path:
        found: list[int] = []
        for name, place in places.items():
            count = len(self._space.options[name])
            found += _halves(place, count) if self._splits(name) else [place]
        return tuple(found)


def _rewards(history: list[Told]) -> list[float]:
    finite = [told.loss for told in history if math.isfinite(told.loss)]
    best, worst = min(finite, default=0.0), max(finite, default=0.0)
    if best == worst:
        return [float(math.isfinite(told.loss)) for told in history]
    return [max(0.0, (worst - told.loss) / (worst - best)) for told in history]


def _halves(place: int, count: int) -> list[int]:
    """The decisions, 0 for the lower half and 1 for the upper, that lead to a place."""
    low, high, found = 0, count, []
    while high - low > 1:
        middle = (low + high + 1) // 2
        found.append(int(place >= middle))
        low, high = (middle, high) if place >= middle else (low, middle)
    return found


def _follow(splits: bool, count: int, decide: Callable[[int], int]) -> int:
    """A place, decided at once or by halves."""
    if not splits:
        return decide(count)
    low, high = 0, count
    while high - low > 1:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if decide(2) else (low, middle)
    return low

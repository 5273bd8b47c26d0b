"""Monte-Carlo tree search over the parameters one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import final

import numpy as np

from simhelm.agents.samplers.history import HistorySampler, Indices, Levels, Observation
from simhelm.agents.samplers.space_sampler import Space

# Decisions from the root: an index among the options each, or a half of what is left of them.
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
        space, seed: see :class:`HistorySampler`.
        exploration: weight c of the bonus c sqrt(2 ln N / n), not negative.
        bisection: split ordered options in halves again and again, so that neighbours share
            statistics.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        seed: int | None = None,
        exploration: float = 0.5,
        bisection: bool = False,
    ) -> None:
        super().__init__(space, seed=seed)
        if not (math.isfinite(exploration) and exploration >= 0.0):
            raise ValueError(f"exploration: expected a number >= 0, got {exploration!r}")
        self._exploration = float(exploration)
        self._bisection = bool(bisection)

    def propose(
        self, rng: np.random.Generator, levels: Levels, history: list[Observation]
    ) -> Indices:
        """Down the tree by its statistics, and on at random."""
        splits = levels.ordered if self._bisection else frozenset()
        tree = _tree(levels, splits, history)
        path: Path = ()

        def decide(count: int) -> int:
            nonlocal path
            index = self._best_child(rng, tree, path, count)
            path = (*path, index)
            return index

        def choose(name: str, count: int) -> int:
            return _bisect(count, lambda _: decide(2) == 1) if name in splits else decide(count)

        return levels.build(choose)

    def _best_child(
        self, rng: np.random.Generator, tree: dict[Path, list[float]], path: Path, count: int
    ) -> int:
        tried = [tree.get((*path, index)) for index in range(count)]
        new = [index for index, node in enumerate(tried) if node is None]
        if new:
            return new[int(rng.integers(len(new)))]
        nodes = [node for node in tried if node is not None]
        total = sum(visits for visits, _ in nodes)
        bonus = self._exploration * math.sqrt(2.0 * math.log(total)) if total > 1 else 0.0
        scores = np.array([reward / visits + bonus / math.sqrt(visits) for visits, reward in nodes])
        return int(rng.choice(np.flatnonzero(scores == scores.max())))


def _tree(
    levels: Levels, splits: Collection[str], history: list[Observation]
) -> dict[Path, list[float]]:
    """Visits and summed reward of every node."""
    tree: dict[Path, list[float]] = {}
    for one, reward in zip(history, _rewards(history), strict=True):
        decisions = _decisions(levels, splits, one.indices)
        for depth in range(1, len(decisions) + 1):
            path = decisions[:depth]
            is_new = path not in tree
            node = tree.setdefault(path, [0.0, 0.0])
            node[0] += 1.0
            node[1] += reward
            if is_new:
                break
    return tree


def _decisions(levels: Levels, splits: Collection[str], indices: Indices) -> Path:
    found: list[int] = []
    for name, index in indices.items():
        found += _halves(index, len(levels.options[name])) if name in splits else [index]
    return tuple(found)


def _rewards(history: list[Observation]) -> list[float]:
    finite = [one.loss for one in history if math.isfinite(one.loss)]
    best, worst = min(finite, default=0.0), max(finite, default=0.0)
    if best == worst:
        return [float(math.isfinite(one.loss)) for one in history]
    return [max(0.0, (worst - one.loss) / (worst - best)) for one in history]


def _halves(index: int, count: int) -> list[int]:
    """The decisions, 0 for the lower half and 1 for the upper, that lead to an index."""
    found: list[int] = []

    def is_above(middle: int) -> bool:
        found.append(int(index >= middle))
        return index >= middle

    _bisect(count, is_above)
    return found


def _bisect(count: int, is_above: Callable[[int], bool]) -> int:
    """The index that is left after asking again and again whether it lies in the upper half."""
    low, high = 0, count
    while high - low > 1:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_above(middle) else (low, middle)
    return low

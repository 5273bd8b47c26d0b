"""Evolution strategy on linear policies: a strong simple learner for cheap batched environments.

A policy scores action k of an observation o by ``features[k] . (W [o, 1])`` and plays the best:
linear in the observation and in what describes the action. W is searched by CMA-ES (Hansen 2016);
fitness is the mean over a few episodes of the compressed return sign(R) log(1 + |R|). All
candidates meet the same episodes in a generation, and new ones in the next. No gradient and no
replay, so a return that is a sum over hundreds of steps is no harder than one step.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.agents.network import ARGMAX, RELU
from simhelm.agents.policy import Policy, PolicyMetadata, network_of

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class LinearPolicies:
    """Several policies of one shape.

    Attributes:
        features: shape (actions, F), what describes each action; an identity matrix for nothing.
        weights: shape (candidates, F, observation size + 1); the last column is the bias.
    """

    features: Floats
    weights: Floats

    def act(self, observations: NDArray[Any]) -> NDArray[np.int64]:
        """Actions for equal shares of the observations, shape (candidates * share, size)."""
        count = len(self.weights)
        rows = np.asarray(observations, np.float64).reshape(count, -1, self.weights.shape[2] - 1)
        inner = rows @ self.weights[:, :, :-1].transpose(0, 2, 1) + self.weights[:, None, :, -1]
        chosen: NDArray[np.int64] = (inner @ self.features.T).argmax(axis=2).reshape(-1)
        return chosen


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much to search.

    Attributes:
        generations: at least 1.
        candidates: policies a generation, at least 4.
        episodes: each of them plays, at least 1.
        spread: first standard deviation of the weights, positive.
    """

    generations: int
    candidates: int = 16
    episodes: int = 16
    spread: float = 0.3

    def __post_init__(self) -> None:
        if self.generations < 1 or self.candidates < 4 or self.episodes < 1 or self.spread <= 0.0:
            raise ValueError(
                "effort: expected generations >= 1, candidates >= 4, episodes >= 1 and spread > 0, "
                f"got {self}"
            )

    @property
    def environments(self) -> int:
        """How many environments a vector needs."""
        return self.candidates * self.episodes


def evolve(
    env: Any,
    features: ArrayLike,
    start: ArrayLike,
    *,
    seeds: range,
    seed: int,
    effort: Effort,
    watch: Callable[[int, float], None] = lambda generation, fitness: None,
) -> LinearPolicies:
    """Search for weights; the mean of the search distribution after the last generation is kept.

    Args:
        env: a Gymnasium vector environment with ``effort.environments`` places, discrete actions
            and episodes that end together; its info is not looked at.
        features: shape (actions, F).
        start: shape (F, observation size + 1), the first mean.
        seeds: of training episodes; each generation draws ``effort.episodes`` of them.
        seed: of the search.
        effort: see there.
        watch: told the generation and the mean fitness of its candidates.

    Returns:
        One policy.

    Raises:
        ValueError: shapes that do not fit.
    """
    from cmaes import CMA

    A, first = np.asarray(features, np.float64), np.asarray(start, np.float64)
    size = int(env.single_observation_space.shape[0])
    if A.ndim != 2 or first.shape != (A.shape[1], size + 1):
        raise ValueError(
            f"start: expected shape (features, observation size + 1) = ({A.shape[-1]}, "
            f"{size + 1}), got {first.shape}"
        )
    if env.num_envs != effort.environments:
        raise ValueError(f"env: expected {effort.environments} places, got {env.num_envs}")
    search_seed, episode_seed = np.random.SeedSequence(seed).spawn(2)
    search = CMA(
        mean=first.ravel(),
        sigma=effort.spread,
        population_size=effort.candidates,
        seed=int(search_seed.generate_state(1)[0]),
    )
    rng = np.random.default_rng(episode_seed)
    for generation in range(effort.generations):
        asked = [search.ask() for _ in range(effort.candidates)]
        weights = np.stack(asked).reshape(effort.candidates, *first.shape)
        drawn = rng.choice(len(seeds), effort.episodes, replace=False)
        chosen = [seeds[int(place)] for place in drawn]
        returns = play(env, LinearPolicies(A, weights), chosen * effort.candidates)
        fitness = _compressed(returns).reshape(effort.candidates, effort.episodes).mean(axis=1)
        search.tell([(x, -float(f)) for x, f in zip(asked, fitness, strict=True)])
        watch(generation, float(fitness.mean()))
    return LinearPolicies(A, np.array(search.mean).reshape(1, *first.shape))


def _compressed(returns: Floats) -> Floats:
    """sign(R) log(1 + |R|): a relative gain counts alike in every episode, cheap or expensive.

    The mean return itself would be decided by the few longest or worst of the episodes drawn.
    """
    found: Floats = np.sign(returns) * np.log1p(np.abs(returns))
    return found


def play(env: Any, policies: LinearPolicies, seeds: list[int]) -> Floats:
    """Returns of one episode a place of a vector environment, shape (places,)."""
    observations, _ = env.reset(seed=seeds)
    returns, running = np.zeros(env.num_envs), np.ones(env.num_envs, dtype=np.bool_)
    while running.any():
        observations, rewards, terminated, truncated, _ = env.step(policies.act(observations))
        returns += np.where(running, rewards, 0.0)
        running &= ~(terminated | truncated)
    return returns


def as_policy(policies: LinearPolicies, metadata: PolicyMetadata) -> Policy:
    """The one policy as an exportable network without hidden layers (32-bit floats)."""
    if len(policies.weights) != 1:
        raise ValueError(f"policies: expected one, got {len(policies.weights)}")
    matrix = (policies.features @ policies.weights[0]).astype(np.float32)
    actions, columns = matrix.shape
    inputs = columns - 1
    # float32 rounding must not decide between equal actions in another way than act does: the
    # network is the policy from here on.
    network = network_of(
        np.concatenate([matrix[:, :-1].T.ravel(), matrix[:, -1]]),
        np.array([inputs, actions], np.int64),
        RELU,
        ARGMAX,
        np.zeros(inputs),
        np.ones(inputs),
        np.zeros(actions),
        np.zeros(actions),
    )
    return Policy(network, metadata)

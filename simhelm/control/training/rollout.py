"""Whole episodes of a policy, seed by seed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import gymnasium


@dataclasses.dataclass(frozen=True)
class EpisodeResult:
    """One episode.

    Attributes:
        seed: of the reset.
        total_reward, steps: sum of rewards and number of steps.
        cost: simulator work units (the sum of ``info["cost"]``), 0 if the environment counts none.
        error: ``info["error"]`` of the last step, None where there is none.
        failure: the last ``info["failure"]``, "" if all went well.
    """

    seed: int
    total_reward: float
    steps: int
    cost: float
    error: float | None
    failure: str


# Called after the reset with the episode's seed; gives ``act(observation) -> action``.
Begin = Callable[[int], Callable[[Any], Any]]


def run_episode(env: gymnasium.Env[Any, Any], begin: Begin, seed: int) -> EpisodeResult:
    """Play one episode."""
    observation, _ = env.reset(seed=seed)
    act = begin(seed)
    total, steps, cost, failure = 0.0, 0, 0.0, ""
    ended = False
    # An environment whose info counts from the start of the episode says so.
    cumulative = bool(getattr(env.unwrapped, "cost_is_cumulative", False))
    info: dict[str, Any] = {}
    while not ended:
        observation, reward, terminated, truncated, info = env.step(act(observation))
        total += float(reward)
        spent = float(info.get("cost", 0.0))
        cost = spent if cumulative else cost + spent
        failure = str(info.get("failure", failure))
        steps += 1
        ended = terminated or truncated
    if not math.isfinite(total):
        raise ValueError(f"seed {seed}: the sum of rewards is {total}; rewards must be finite")
    error = info.get("error")
    return EpisodeResult(seed, total, steps, cost, None if error is None else float(error), failure)


def run_episodes(env: gymnasium.Env[Any, Any], begin: Begin, seeds: range) -> list[EpisodeResult]:
    """One episode for each seed; one only where the seed does not matter (``is_random``)."""
    chosen = seeds if getattr(env.unwrapped, "is_random", True) else seeds[:1]
    return [run_episode(env, begin, seed) for seed in chosen]

"""Wrappers of training environments: seeded episodes that can be replayed, scaled observations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.agents.export import ObservationScaling

# Bounds beyond this are no scale of what is observed.
_WIDE = 1e3


def episode_seed(seeds: range, key: int, number: int) -> int:
    """The seed that an episode of a series starts from."""
    words = np.random.SeedSequence(key, spawn_key=(number,))
    return seeds[int(np.random.default_rng(words).integers(len(seeds)))]


class SeededEpisodes(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Every episode starts from a seed of the given range, drawn by key and episode number.

    So an episode is a function of (key, number, actions), and one that is under way can be
    brought back by replaying its actions: nothing of the environment has to be stored.

    Args:
        env: the environment.
        seeds: those that episodes may start from.
        reward_scale: rewards are multiplied by it.

    ``info`` of a last step holds ``episode``: ``r``, the sum of unscaled rewards, and ``l``, the
    steps, which is what Stable-Baselines3 logs.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], seeds: range, reward_scale: float = 1.0
    ) -> None:
        super().__init__(env)
        self.seeds, self.reward_scale = seeds, reward_scale
        self.key, self.number = 0, -1
        self.actions: list[Any] = []
        self.total = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start the next episode; a seed starts a new series of them."""
        if seed is not None:
            self.key, self.number = seed, -1
        self.number += 1
        return self._begin(options)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step, noted for a replay."""
        self.actions.append(np.array(action))
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.total += float(reward)
        if terminated or truncated:
            info = {**info, "episode": {"r": self.total, "l": len(self.actions)}}
        return observation, self.reward_scale * float(reward), terminated, truncated, info

    def state(self) -> dict[str, Any]:
        """The series, the episode, and the actions so far, shape (steps, ...)."""
        return {"key": self.key, "number": self.number, "actions": np.array(self.actions)}

    def replay(self, state: Mapping[str, Any]) -> Any:
        """Bring an episode back; gives its last observation."""
        self.key, self.number = int(state["key"]), int(state["number"])
        observation, _ = self._begin(None)
        for action in state["actions"]:
            given = action.item() if action.ndim == 0 else action
            observation, *_ = self.step(given)
        return observation

    def _begin(self, options: dict[str, Any] | None) -> tuple[Any, dict[str, Any]]:
        self.actions, self.total = [], 0.0
        seed = episode_seed(self.seeds, self.key, self.number)
        return self.env.reset(seed=seed, options=options)


class ScaledObservation(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Observations as flat float32 numbers, (x - centre) * factor."""

    def __init__(self, env: gymnasium.Env[Any, Any], scaling: ObservationScaling) -> None:
        super().__init__(env)
        self.scaling = scaling
        size = scaling.centre.size
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observation(self, observation: NDArray[Any]) -> NDArray[np.float32]:
        """The scaled observation."""
        flat = np.asarray(observation, np.float64).ravel()
        return ((flat - self.scaling.centre) * self.scaling.factor).astype(np.float32)

    def replay(self, state: Mapping[str, Any]) -> NDArray[np.float32]:
        """See :meth:`SeededEpisodes.replay`."""
        replay: Any = self.env.get_wrapper_attr("replay")
        return self.observation(replay(state))


def scaling_of(space: gymnasium.spaces.Space[Any]) -> ObservationScaling:
    """Brings bounded observations to [-1, 1]; others, and those with very wide bounds, stay.

    Raises:
        TypeError: the space is not a Box.
    """
    if not isinstance(space, gymnasium.spaces.Box):
        raise TypeError(f"training needs a Box of observations, got {space}")
    low, high = space.low.ravel().astype(float), space.high.ravel().astype(float)
    bounded = (np.abs(low) <= _WIDE) & (np.abs(high) <= _WIDE) & (high > low)
    centre, factor = np.zeros(low.size), np.ones(low.size)
    centre[bounded] = 0.5 * (low + high)[bounded]
    factor[bounded] = 2.0 / (high - low)[bounded]
    return ObservationScaling(centre, factor)


def make_training_env(
    env_id: str, arguments: Mapping[str, Any], seeds: range, reward_scale: float
) -> gymnasium.Env[Any, Any]:
    """An environment as the learner sees it."""
    import simhelm  # noqa: F401 - registers the environments in a fresh process

    env = gymnasium.make(env_id, **arguments)
    scaling = scaling_of(env.observation_space)
    return ScaledObservation(SeededEpisodes(env, seeds, reward_scale), scaling)

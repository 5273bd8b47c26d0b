"""Training environments: seeded episodes that can be replayed, scaled observations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.agents.export import ObservationScaling

# Bounds beyond this are no scale of what is observed.
_WIDE = 1e3


@dataclasses.dataclass
class Series:
    """Episodes, each of which starts from a seed that is drawn by key and episode number.

    So an episode is a function of (key, number, actions), and one that is under way can be
    brought back by replaying its actions: nothing of the environment has to be stored.

    Attributes:
        seeds: those that episodes may start from.
        key, number: of the series, and of the episode in it.
        actions, total: of the episode so far, and the sum of its rewards.
    """

    seeds: range
    key: int = 0
    number: int = -1
    actions: list[Any] = dataclasses.field(default_factory=list)
    total: float = 0.0

    def begin(self) -> int:
        """The seed of the next episode."""
        self.number += 1
        self.actions, self.total = [], 0.0
        words = np.random.SeedSequence(self.key, spawn_key=(self.number,))
        return self.seeds[int(np.random.default_rng(words).integers(len(self.seeds)))]

    def note(self, action: Any, reward: float) -> None:
        """Keep what a step did."""
        self.actions.append(action)
        self.total += reward

    def move_to(self, key: int, number: int = 0) -> None:
        """Have ``begin`` give an episode of a series."""
        self.key, self.number = key, number - 1

    def logged(self) -> dict[str, Any]:
        """What Stable-Baselines3 logs of an episode: its sum of rewards and its steps."""
        return {"r": self.total, "l": len(self.actions)}

    def state(self) -> dict[str, Any]:
        """The series, the episode, and the actions so far, shape (steps, ...)."""
        return {"key": self.key, "number": self.number, "actions": np.array(self.actions)}


class TrainingEpisodes(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment as the learner sees it: flat scaled observations, scaled rewards.

    Its episodes are those of a :class:`Series`; a seed starts another one. ``info`` of a last
    step holds ``episode``, with the sum of unscaled rewards.

    Args:
        env: the environment.
        seeds: those that episodes may start from.
        reward_scale: rewards are multiplied by it.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], seeds: range, reward_scale: float) -> None:
        super().__init__(env)
        self.series, self.reward_scale = Series(seeds), reward_scale
        self.scaling = scaling_of(env.observation_space)
        self.observation_space = scaled_space(self.scaling)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start the next episode."""
        if seed is not None:
            self.series.move_to(seed)
        observation, info = self.env.reset(seed=self.series.begin(), options=options)
        return scaled(np.ravel(observation), self.scaling), info

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """One step, noted for a replay."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.series.note(np.array(action), float(reward))
        if terminated or truncated:
            info = {**info, "episode": self.series.logged()}
        seen = scaled(np.ravel(observation), self.scaling)
        return seen, self.reward_scale * float(reward), terminated, truncated, info

    def state(self) -> dict[str, Any]:
        """See :meth:`Series.state`."""
        return self.series.state()

    def replay(self, state: Mapping[str, Any]) -> NDArray[np.float32]:
        """Bring an episode back; gives its last observation."""
        self.series.move_to(int(state["key"]), int(state["number"]))
        observation, _ = self.reset()
        for action in state["actions"]:
            observation, *_ = self.step(action.item() if action.ndim == 0 else action)
        return observation


def scaled(observations: NDArray[Any], scaling: ObservationScaling) -> NDArray[np.float32]:
    """Scaled observations, shape (..., numbers)."""
    numbers = observations.astype(np.float64)
    return ((numbers - scaling.centre) * scaling.factor).astype(np.float32)


def scaled_space(scaling: ObservationScaling) -> gymnasium.spaces.Box:
    """The space of scaled observations."""
    return gymnasium.spaces.Box(-np.inf, np.inf, (scaling.centre.size,), np.float32)


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
    """An environment for training, by its id."""
    return TrainingEpisodes(gymnasium.make(env_id, **arguments), seeds, reward_scale)

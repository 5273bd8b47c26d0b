"""Training environments stepped together in compiled code, instead of one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from simhelm.control.training.episodes import episode_seed, scaling_of
from simhelm.envs.nbody.episodes import EpisodeVectorEnv


def batched_env(
    env_id: str, arguments: Mapping[str, Any], count: int, seeds: range, reward_scale: float
) -> BatchedVecEnv | None:
    """``count`` environments on their batch kernel; None for one that has no such kernel."""
    spec = gymnasium.registry[env_id.rpartition(":")[2]]
    if spec.vector_entry_point is None:
        return None
    env = gymnasium.make_vec(
        spec.id, num_envs=count, vectorization_mode="vector_entry_point", **arguments
    )
    if isinstance(env.unwrapped, EpisodeVectorEnv):
        return BatchedVecEnv(env.unwrapped, seeds, reward_scale)
    env.close()
    return None


class BatchedVecEnv(VecEnv):
    """Equal, step by step, to ``LocalVecEnv`` over :func:`make_training_env`.

    Args:
        env: the vector of episodes.
        seeds: those that episodes may start from, drawn by :func:`episode_seed`.
        reward_scale: rewards are multiplied by it.
    """

    def __init__(self, env: EpisodeVectorEnv, seeds: range, reward_scale: float) -> None:
        count = env.num_envs
        self._episodes, self._training_seeds, self._reward_scale = env.episodes, seeds, reward_scale
        self._scaling = scaling_of(env.single_observation_space)
        self._keys, self._numbers = [0] * count, [-1] * count
        self._played: list[list[int]] = [[] for _ in range(count)]
        self._totals = np.zeros(count)
        self._actions: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        size = self._scaling.centre.size
        observed = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        super().__init__(count, observed, env.single_action_space)

    def reset(self) -> NDArray[np.float32]:
        """Restart all; seeds that were set start new series of episodes, once."""
        for place, seed in enumerate(self._seeds):
            if seed is not None:
                self._keys[place], self._numbers[place] = seed, -1
            self._begin(place, self._numbers[place] + 1)
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return self._observations()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Note the actions of the next step."""
        self._actions = np.asarray(actions, dtype=np.int64)

    def step_wait(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Step all; ended episodes have started again."""
        rewards, ends, infos = self._step(np.arange(self.num_envs), self._actions)
        last = self._observations()
        for place in np.flatnonzero(ends).tolist():
            episode = {"r": float(self._totals[place]), "l": len(self._played[place])}
            infos[place] |= {"episode": episode, "terminal_observation": last[place]}
            self.reset_infos[place] = {}
            self._begin(place, self._numbers[place] + 1)
        for info in infos:
            info["TimeLimit.truncated"] = False
        scaled = (self._reward_scale * rewards).astype(np.float32)
        return self._observations() if ends.any() else last, scaled, ends, infos

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the episodes, which they share."""
        value = None if attr_name == "render_mode" else getattr(self._episodes, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: the episodes share their attributes."""
        raise AttributeError(f"{attr_name}: cannot be set for some of the episodes")

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """``state`` or ``replay`` of some episodes, as of ``SeededEpisodes``."""
        methods = {"state": self._state, "replay": self._replay}
        method: Any = methods[method_name]
        chosen = self._get_indices(indices)
        return [method(int(place), *method_args, **method_kwargs) for place in chosen]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """There are no wrappers."""
        return [False for _ in self._get_indices(indices)]

    def _begin(self, place: int, number: int) -> None:
        self._numbers[place] = number
        seed = episode_seed(self._training_seeds, self._keys[place], number)
        self._played[place], self._totals[place] = [], 0.0
        self._episodes.restart(place, seed, np.random.default_rng(seed))

    def _step(
        self, which: NDArray[np.intp], actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        rewards, ends, found, failures = self._episodes.step(which, actions)
        self._totals[which] += rewards
        for place, action in zip(which.tolist(), actions.tolist(), strict=True):
            self._played[place].append(action)
        infos = [
            {name: values[i].item() for name, values in found.items()} for i in range(which.size)
        ]
        for i in np.flatnonzero(failures).tolist():
            infos[i]["failure"] = failures[i]
        return rewards, ends, infos

    def _observations(self) -> NDArray[np.float32]:
        raw = self._episodes.observations().astype(np.float64)
        return ((raw - self._scaling.centre) * self._scaling.factor).astype(np.float32)

    def _state(self, place: int) -> dict[str, Any]:
        actions = np.array(self._played[place])
        return {"key": self._keys[place], "number": self._numbers[place], "actions": actions}

    def _replay(self, place: int, state: Mapping[str, Any]) -> NDArray[np.float32]:
        self._keys[place] = int(state["key"])
        self._begin(place, int(state["number"]))
        for action in state["actions"]:
            self._step(np.array([place]), np.array([int(action)]))
        replayed: NDArray[np.float32] = self._observations()[place]
        return replayed

"""Training environments stepped together in compiled code, instead of one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from simhelm.control.training.episodes import Series, scaled, scaled_space, scaling_of
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
        seeds: those that episodes may start from.
        reward_scale: rewards are multiplied by it.
    """

    def __init__(self, env: EpisodeVectorEnv, seeds: range, reward_scale: float) -> None:
        self._episodes, self._reward_scale = env.episodes, reward_scale
        self._scaling = scaling_of(env.single_observation_space)
        self._series = [Series(seeds) for _ in range(env.num_envs)]
        self._actions: NDArray[np.int64] = np.zeros(env.num_envs, dtype=np.int64)
        super().__init__(env.num_envs, scaled_space(self._scaling), env.single_action_space)

    def reset(self) -> NDArray[np.float32]:
        """Restart all; seeds that were set start new series of episodes, once."""
        for index, seed in enumerate(self._seeds):
            if seed is not None:
                self._series[index].move_to(seed)
            self._begin(index)
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
        for index in np.flatnonzero(ends).tolist():
            episode = self._series[index].logged()
            infos[index] |= {"episode": episode, "terminal_observation": last[index]}
            self.reset_infos[index] = {}
            self._begin(index)
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
        """``state`` or ``replay`` of some episodes, as of ``TrainingEpisodes``."""
        methods = {"state": lambda index: self._series[index].state(), "replay": self._replay}
        method: Any = methods[method_name]
        chosen = self._get_indices(indices)
        return [method(int(index), *method_args, **method_kwargs) for index in chosen]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """There are no wrappers."""
        return [False for _ in self._get_indices(indices)]

    def _begin(self, index: int) -> None:
        seed = self._series[index].begin()
        self._episodes.restart(index, seed, np.random.default_rng(seed))

    def _step(
        self, which: NDArray[np.intp], actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        rewards, ends, found, failures = self._episodes.step(which, actions)
        steps = zip(which.tolist(), actions.tolist(), rewards.tolist(), strict=True)
        for index, action, reward in steps:
            self._series[index].note(action, reward)
        infos = [
            {name: values[i].item() for name, values in found.items()} for i in range(which.size)
        ]
        for i in np.flatnonzero(failures).tolist():
            infos[i]["failure"] = failures[i]
        return rewards, ends, infos

    def _observations(self) -> NDArray[np.float32]:
        return scaled(self._episodes.observations(), self._scaling)

    def _replay(self, index: int, state: Mapping[str, Any]) -> NDArray[np.float32]:
        self._series[index].move_to(int(state["key"]), int(state["number"]))
        self._begin(index)
        for action in state["actions"]:
            self._step(np.array([index]), np.array([int(action)]))
        replayed: NDArray[np.float32] = self._observations()[index]
        return replayed

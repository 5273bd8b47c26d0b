"""Vector environments in Stable-Baselines3's sense, over environments here or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from simhelm.envs.vector.block import MakeEnv
from simhelm.envs.vector.processes import OnDeath, process_group
from simhelm.envs.vector.ranks import rank_group
from simhelm.envs.vector.worker_group import WorkerGroup, local_group

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ImportError(
        "this vector environment is one of Stable-Baselines3: pip install 'simhelm[rl]'"
    ) from error


class GroupVecEnv(VecEnv):
    """Equal, step by step, to ``stable_baselines3.common.vec_env.DummyVecEnv``.

    Args:
        group: the environments, made with same-step autoreset.
    """

    def __init__(self, group: WorkerGroup) -> None:
        self._group = group
        super().__init__(group.num_envs, group.observation_space, group.action_space)
        self.metadata = group.metadata

    def reset(self) -> NDArray[Any]:
        """Restart all environments with the seeds and options that were set, used once."""
        options = [given or None for given in self._options]
        batch = self._group.reset(list(self._seeds), options)
        self.reset_infos = list(batch.infos)
        self._reset_seeds()
        self._reset_options()
        return batch.observations.copy()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Order a step."""
        self._group.start_step(np.asarray(actions))

    def step_wait(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """Wait for the step; ended environments have started again.

        Raises:
            EnvironmentFailed: one raised an exception, or its process died.
        """
        batch = self._group.finish_step()
        infos = [dict(info) for info in batch.infos]
        for index, info in enumerate(infos):
            ended_early = batch.truncated[index] and not batch.terminated[index]
            info["TimeLimit.truncated"] = bool(ended_early)
        for index, (last, reset_info) in batch.ends.items():
            infos[index]["terminal_observation"] = last
            self.reset_infos[index] = reset_info
        dones = batch.terminated | batch.truncated
        return batch.observations.copy(), batch.rewards.astype(np.float32), dones, infos

    def close(self) -> None:
        """Let processes and ranks go."""
        self._group.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of some environments."""
        return self._group.ask(self._get_indices(indices), "get", attr_name)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of some environments."""
        self._group.ask(self._get_indices(indices), "set", attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of some environments."""
        chosen = self._get_indices(indices)
        return self._group.ask(chosen, "call", method_name, method_args, method_kwargs)

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Whether some environments have a wrapper of that class."""
        return self._group.ask(self._get_indices(indices), "is_wrapped", wrapper_class)


class LocalVecEnv(GroupVecEnv):
    """Environments in this process."""

    def __init__(self, makers: Sequence[MakeEnv]) -> None:
        super().__init__(local_group(makers, AutoresetMode.SAME_STEP))


class ProcessVecEnv(GroupVecEnv):
    """Environments in spawned processes; see :func:`process_group` for the arguments."""

    def __init__(
        self, makers: Sequence[MakeEnv], workers: int, *, on_death: OnDeath = "raise"
    ) -> None:
        super().__init__(process_group(makers, workers, AutoresetMode.SAME_STEP, on_death))


class MPIVecEnv(GroupVecEnv):
    """Environments on all ranks of a communicator.

    Made on rank 0, while the other ranks are in
    :func:`~simhelm.envs.vector.ranks.serve_environments`.
    """

    def __init__(self, makers: Sequence[MakeEnv], communicator: Any) -> None:
        super().__init__(rank_group(makers, communicator, AutoresetMode.SAME_STEP))

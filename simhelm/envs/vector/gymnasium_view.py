"""Vector environments in Gymnasium's sense, over environments in processes or on ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from simhelm.envs.resets import RESET_MASK, require_reset, reset_mask, seed_list
from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.batched import NEXT_STEP, Autoreset
from simhelm.envs.vector.block import MakeEnv
from simhelm.envs.vector.processes import OnDeath, process_group
from simhelm.envs.vector.ranks import rank_group
from simhelm.envs.vector.worker_group import WorkerGroup


class GroupVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """Equal, step by step, to ``gymnasium.vector.SyncVectorEnv`` of the same autoreset mode.

    Args:
        group: the environments.
        autoreset_mode: which they were made with.
    """

    def __init__(self, group: WorkerGroup, autoreset_mode: AutoresetMode) -> None:
        self._group, self.autoreset_mode = group, autoreset_mode
        self.num_envs = group.num_envs
        self.metadata = {**group.metadata, "autoreset_mode": autoreset_mode}
        self.single_observation_space = group.observation_space
        self.single_action_space = group.action_space
        self.observation_space = batch_space(group.observation_space, group.num_envs)
        self.action_space = batch_space(group.action_space, group.num_envs)
        self._started = False
        self._ended: NDArray[np.bool_] = np.zeros(self.num_envs, dtype=np.bool_)

    def reset(
        self,
        *,
        seed: SupportsIndex | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Restart all environments, or those of ``options["reset_mask"]``."""
        seeds, mask = seed_list(seed, self.num_envs), reset_mask(options, self.num_envs)
        rest = {key: value for key, value in (options or {}).items() if key != RESET_MASK}
        passed = None if options is None else rest
        batch = self._group.reset(seeds, [passed] * self.num_envs, mask.tolist())
        self._ended[mask] = False
        self._started = True
        return batch.observations.copy(), self._infos(batch)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One step of every environment, or its restart, by the autoreset mode.

        Raises:
            EnvironmentFailed: one raised an exception, or its process died.
        """
        disabled = self.autoreset_mode is AutoresetMode.DISABLED
        require_reset(self._started and not (disabled and self._ended.any()))
        self._group.start_step(np.asarray(actions))
        batch = self._group.finish_step()
        self._ended = batch.terminated | batch.truncated
        return (
            batch.observations.copy(),
            batch.rewards.copy(),
            batch.terminated.copy(),
            batch.truncated.copy(),
            self._infos(batch),
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Let processes and ranks go."""
        self._group.close()

    def _infos(self, batch: Batch) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for index, info in enumerate(batch.infos):
            if index in batch.ends:
                last, begun = batch.ends[index]
                final = {"final_obs": last, "final_info": info}
                infos = self._add_info(self._add_info(infos, final, index), begun, index)
            else:
                infos = self._add_info(infos, info, index)
        return infos


class ProcessVectorEnv(GroupVectorEnv):
    """Environments in spawned processes; see :func:`process_group` for the arguments."""

    def __init__(
        self,
        makers: Sequence[MakeEnv],
        workers: int,
        *,
        on_death: OnDeath = "raise",
        autoreset_mode: Autoreset = NEXT_STEP,
    ) -> None:
        mode = AutoresetMode(autoreset_mode)
        super().__init__(process_group(makers, workers, mode, on_death), mode)


class MPIVectorEnv(GroupVectorEnv):
    """Environments on all ranks of a communicator.

    Made on rank 0, while the other ranks are in
    :func:`~simhelm.envs.vector.ranks.serve_environments`.
    """

    def __init__(
        self, makers: Sequence[MakeEnv], communicator: Any, autoreset_mode: Autoreset = NEXT_STEP
    ) -> None:
        mode = AutoresetMode(autoreset_mode)
        super().__init__(rank_group(makers, communicator, mode), mode)

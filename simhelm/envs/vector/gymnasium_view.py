"""Vector environments in Gymnasium's sense, over environments in processes or on ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from simhelm.envs.resets import seed_list
from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.block import MakeEnv
from simhelm.envs.vector.crew import Crew, batch_space
from simhelm.envs.vector.processes import OnDeath, process_crew
from simhelm.envs.vector.ranks import rank_crew


class CrewVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """Equal, step by step, to ``gymnasium.vector.SyncVectorEnv`` with next-step autoreset.

    Args:
        crew: the environments, made with ``autoreset="next_step"``.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.num_envs = crew.num_envs
        self.metadata = {**crew.metadata, "autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = crew.observation_space
        self.single_action_space = crew.action_space
        self.observation_space = batch_space(crew.observation_space, crew.num_envs)
        self.action_space = batch_space(crew.action_space, crew.num_envs)
        self._started = False

    def reset(
        self,
        *,
        seed: SupportsIndex | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Restart all environments, or those of ``options["reset_mask"]``."""
        seeds = seed_list(seed, self.num_envs)
        rest = dict(options or {})
        mask = rest.pop("reset_mask", None)
        passed = None if options is None else rest
        batch = self._crew.reset(seeds, [passed] * self.num_envs, mask)
        self._started = True
        return batch.observations.copy(), self._infos(batch)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One step of every environment; one that ended before starts again instead.

        Raises:
            EnvironmentFailed: one raised an exception, or its process died.
        """
        if not self._started:
            raise gymnasium.error.ResetNeeded("call reset before the first step")
        self._crew.start_step(np.asarray(actions))
        batch = self._crew.finish_step()
        return (
            batch.observations.copy(),
            batch.rewards.copy(),
            batch.terminated.copy(),
            batch.truncated.copy(),
            self._infos(batch),
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Let processes and ranks go."""
        self._crew.close()

    def _infos(self, batch: Batch) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for index, info in enumerate(batch.infos):
            infos = self._add_info(infos, info, index)
        return infos


class ProcessVectorEnv(CrewVectorEnv):
    """Environments in spawned processes; see :func:`process_crew` for the arguments."""

    def __init__(
        self, makers: Sequence[MakeEnv], workers: int, *, on_death: OnDeath = "raise"
    ) -> None:
        super().__init__(process_crew(makers, workers, "next_step", on_death))


class MPIVectorEnv(CrewVectorEnv):
    """Environments on all ranks of a communicator.

    Made on rank 0, while the other ranks are in
    :func:`~simhelm.envs.vector.ranks.serve_environments`.
    """

    def __init__(self, makers: Sequence[MakeEnv], communicator: Any) -> None:
        super().__init__(rank_crew(makers, communicator, "next_step"))

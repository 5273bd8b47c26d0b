"""A vector environment whose episodes are all advanced in one compiled call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, SupportsIndex

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from simhelm.envs.resets import RESET_MASK, check_options, require_reset, reset_mask, seed_list

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Indices = NDArray[np.intp]
Columns = Mapping[str, NDArray[Any]]
Autoreset = str | AutoresetMode
NEXT_STEP = AutoresetMode.NEXT_STEP


class EpisodeBatch(Protocol):
    """``len`` independent episodes of equal kind."""

    @property
    def action_space(self) -> gymnasium.spaces.Space[Any]:
        """Of one episode."""

    @property
    def observation_space(self) -> gymnasium.spaces.Space[Any]:
        """Of one episode."""

    def __len__(self) -> int: ...

    def checked(self, actions: Sequence[Any]) -> NDArray[Any]:
        """One action for each episode, as :meth:`step` takes them; an illegal one raises."""

    def restart(self, index: int, seed: int | None, rng: np.random.Generator) -> None:
        """Begin a new episode from its seed, or from draws of the generator."""

    def step(
        self, which: Indices, actions: NDArray[Any]
    ) -> tuple[Floats, Booleans, Columns, NDArray[np.object_]]:
        """Advance the chosen episodes, K of them, by a step.

        Returns:
            Rewards, ends, what ``info`` holds, and the label of a failure ("" for none): arrays
            of shape (K,).
        """

    def observations(self) -> NDArray[Any]:
        """Of all episodes, shape (len, ...)."""


class BatchedVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """Episodes in one compiled call a step.

    Equal, step by step, to ``gymnasium.vector.SyncVectorEnv`` over the scalar environment, in
    all of Gymnasium's autoreset modes.

    Args:
        episodes: at least one.
        autoreset_mode: ``"NextStep"`` (an episode that ended starts again in the next step, whose
            action is ignored), ``"SameStep"`` (in the step that ends it) or ``"Disabled"`` (by
            ``reset`` with ``options={"reset_mask": ...}``).
    """

    def __init__(self, episodes: EpisodeBatch, autoreset_mode: Autoreset = NEXT_STEP) -> None:
        self.episodes, self.num_envs = episodes, len(episodes)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset_mode}
        self.single_action_space = episodes.action_space
        self.single_observation_space = episodes.observation_space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self._generators = [np.random.default_rng() for _ in range(self.num_envs)]
        self._ended: Booleans = np.zeros(self.num_envs, dtype=np.bool_)
        self._started = False

    def reset(
        self,
        *,
        seed: SupportsIndex | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Restart all episodes, or those of ``options["reset_mask"]``."""
        check_options(options, (RESET_MASK,))
        seeds, mask = seed_list(seed, self.num_envs), reset_mask(options, self.num_envs)
        for index in np.flatnonzero(mask).tolist():
            if seeds[index] is not None:
                self._generators[index] = np.random.default_rng(seeds[index])
            self.episodes.restart(index, seeds[index], self._generators[index])
        self._ended[mask] = False
        self._started = True
        return self.episodes.observations(), {}

    def step(self, actions: Any) -> tuple[NDArray[Any], Floats, Booleans, Booleans, dict[str, Any]]:
        """Advance every running episode; see the class for those that ended."""
        disabled = self.autoreset_mode is AutoresetMode.DISABLED
        require_reset(self._started and not (disabled and self._ended.any()))
        if len(actions) != self.num_envs:
            raise ValueError(f"actions: expected {self.num_envs}, got {len(actions)}")
        chosen = self.episodes.checked(actions)
        running = np.flatnonzero(~self._ended)
        self._restart(np.flatnonzero(self._ended))
        rewards, terminated = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        if running.size:
            rewards[running], terminated[running], columns, failures = self.episodes.step(
                running, chosen[running]
            )
            infos = self._infos(running, terminated[running], columns, failures)
        same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        if same_step:
            self._restart(np.flatnonzero(terminated))
        self._ended = terminated & (not same_step)
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        return self.episodes.observations(), rewards, terminated, truncated, infos

    def _restart(self, which: Indices) -> None:
        for index in which.tolist():
            self.episodes.restart(index, None, self._generators[index])

    def _infos(
        self, which: Indices, ends: Booleans, columns: Columns, failures: NDArray[np.object_]
    ) -> dict[str, Any]:
        """What Gymnasium makes of the infos; within a same-step restart it sets the last apart."""
        if self.autoreset_mode is not AutoresetMode.SAME_STEP or not ends.any():
            return self._spread(which, columns, failures)
        going, over = ~ends, which[ends]
        infos = self._spread(
            which[going], {name: values[going] for name, values in columns.items()}, failures[going]
        )
        last = np.full(self.num_envs, None, dtype=object)
        observations = self.episodes.observations()
        for index in over.tolist():
            last[index] = observations[index]
        final = self._spread(
            over, {name: values[ends] for name, values in columns.items()}, failures[ends]
        )
        mask = np.isin(np.arange(self.num_envs), over)
        return infos | {
            "final_obs": last, "_final_obs": mask, "final_info": final, "_final_info": mask.copy(),
        }  # fmt: skip

    def _spread(
        self, which: Indices, columns: Columns, failures: NDArray[np.object_]
    ) -> dict[str, Any]:
        """Arrays over the chosen episodes as Gymnasium lays out the infos of a vector."""
        infos: dict[str, Any] = {}
        failed = failures.astype(np.bool_)
        parts = [(name, which, values) for name, values in columns.items()]
        parts.append(("failure", which[failed], failures[failed]))
        for name, indices, values in parts:
            if indices.size:
                empty = None if values.dtype == object else 0
                full = np.full(self.num_envs, empty, dtype=values.dtype)
                mask = np.zeros(self.num_envs, dtype=np.bool_)
                full[indices], mask[indices] = values, True
                infos[name], infos[f"_{name}"] = full, mask
        return infos

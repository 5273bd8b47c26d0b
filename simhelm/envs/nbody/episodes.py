"""Many episodes at once, and the scalar and the vector environment over them."""

from __future__ import annotations

import abc
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, SupportsIndex

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from simhelm.core.end_reason import EndReason
from simhelm.envs.nbody.settings import Settings
from simhelm.envs.rendering.orbits import Orbits
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.resets import reset_mask, seed_list
from simhelm.simulators.nbody import System, plummer, three_body_initial_conditions
from simhelm.simulators.nbody.integration import END_REASONS
from simhelm.simulators.nbody.system_batch import SystemBatch

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: Seeds whose initial conditions are for training, for choosing among policies, for judging.
SEED_RANGES: Mapping[str, range] = {
    "training": range(1_000, 10_000),
    "validation": range(10_000, 10_200),
    "test": range(200),
}


def draw_system(bodies: int, seed: int) -> System:
    """The published initial condition for three bodies, a Plummer sphere for other numbers."""
    if bodies == 3:
        return three_body_initial_conditions(seed % 2**32)
    return plummer(bodies, np.random.default_rng(seed))


class Episodes(abc.ABC):
    """``count`` independent episodes of equal kind.

    Attributes:
        fleet: the systems.
        action_space, observation_space: of one episode.
        elapsed: shape (count,), steps done.
        length: steps of a whole episode.
        settings: what the actions stand for.
        interval: time units a step.
    """

    fleet: SystemBatch
    settings: Settings
    action_space: gymnasium.spaces.Discrete
    observation_space: gymnasium.spaces.Box
    elapsed: NDArray[np.int64]
    length: int
    interval: float

    @abc.abstractmethod
    def restart(self, place: int, seed: int | None, rng: np.random.Generator) -> None:
        """Begin a new episode: that of the seed, or one drawn from the training seeds."""

    @abc.abstractmethod
    def step(
        self, which: Places, actions: NDArray[np.int64]
    ) -> tuple[Floats, NDArray[np.bool_], dict[str, NDArray[Any]], NDArray[np.int64]]:
        """Advance the chosen episodes by one interval.

        Returns:
            Rewards, ends, what ``info`` holds (every array of shape (K,)), and the outcome
            codes of the integrations.
        """

    @abc.abstractmethod
    def observations(self) -> NDArray[np.float32]:
        """Of all episodes, shape (count, size)."""


def initial_seed(seed: int | None, rng: np.random.Generator) -> int:
    """The seed itself, or a training seed drawn from the generator."""
    training = SEED_RANGES["training"]
    return int(rng.integers(training.start, training.stop)) if seed is None else seed


def check_action(space: gymnasium.spaces.Discrete, action: Any) -> int:
    """The action as an index.

    Raises:
        TypeError: not an index.
        ValueError: out of range.
    """
    index = operator.index(action)
    if not 0 <= index < space.n:
        raise ValueError(f"action: expected an index in 0 ... {space.n - 1}, got {action!r}")
    return index


def failure(code: int) -> str:
    """The label of an outcome code that ends an episode, empty for a completed interval."""
    reason = END_REASONS[code]
    return "" if reason is EndReason.COMPLETED else reason.label


class EpisodeEnv(gymnasium.Env[Any, Any], abc.ABC):
    """Abstract: one episode at a time. Concrete ones are a constructor and a description."""

    metadata = metadata(fps=10)
    seed_ranges: Mapping[str, range] = SEED_RANGES
    # What a reader of the results should know of this environment, sentence by sentence.
    remarks: tuple[str, ...] = ()
    is_random = True

    @abc.abstractmethod
    def __init__(self, episodes: Episodes, render_mode: str | None = None) -> None:
        self.episodes = episodes
        bodies = episodes.fleet.masses.shape[1]
        self._orbits = Orbits(episodes.fleet, "au" if bodies == 3 else "Heggie units")
        self._screen = Screen(render_mode, self._orbits.draw, self.metadata["render_fps"])
        self.render_mode = render_mode
        self.action_space = episodes.action_space
        self.observation_space = episodes.observation_space
        self._running = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin the episode of the seed, or one of a training seed that is drawn."""
        super().reset(seed=seed)
        self.episodes.restart(0, seed, self.np_random)
        self._running = True
        if self.render_mode is not None:
            self._orbits.restart()
        self._screen.refresh()
        return self.episodes.observations()[0], {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Integrate over one interval."""
        if not self._running:
            raise IndexError("the episode is over or has not begun: reset the environment")
        index = check_action(self.episodes.action_space, action)
        rewards, ends, infos, codes = self.episodes.step(
            np.zeros(1, dtype=np.intp), np.array([index])
        )
        info = {name: values[0].item() for name, values in infos.items()}
        if reason := failure(int(codes[0])):
            info["failure"] = reason
        self._running = not ends[0]
        if self.render_mode is not None:
            self._orbits.record()
        self._screen.refresh()
        return self.episodes.observations()[0], float(rewards[0]), bool(ends[0]), False, info

    def render(self) -> Any:
        """The picture, shape (height, width, 3), for ``rgb_array``."""
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    @property
    def arm_values(self) -> Floats:
        """The parameters that actions stand for, shape (actions,)."""
        return self.episodes.settings.parameters

    @property
    def episode_length(self) -> int:
        """Steps of a whole episode."""
        return self.episodes.length


class EpisodeVectorEnv(VectorEnv[NDArray[np.float32], Any, NDArray[Any]]):
    """``num_envs`` episodes in one compiled call a step.

    Equal, step by step, to ``SyncVectorEnv`` over the scalar environment (next-step autoreset).

    Args:
        num_envs: at least 1.
        make: makes that many episodes.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}
    seed_ranges: Mapping[str, range] = SEED_RANGES

    def __init__(self, num_envs: int, make: Callable[[int], Episodes]) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs: expected at least 1, got {num_envs!r}")
        self.num_envs = num_envs
        self.episodes = make(num_envs)
        self.single_action_space = self.episodes.action_space
        self.single_observation_space = self.episodes.observation_space
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self.observation_space = gymnasium.vector.utils.batch_space(
            self.single_observation_space, num_envs
        )
        self._generators = [np.random.default_rng() for _ in range(num_envs)]
        self._ended = np.zeros(num_envs, dtype=np.bool_)
        self._started = False

    def reset(
        self,
        *,
        seed: SupportsIndex | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Restart all episodes, or those of ``options["reset_mask"]``."""
        seeds = seed_list(seed, self.num_envs)
        mask = reset_mask(options, self.num_envs)
        for place in np.flatnonzero(mask).tolist():
            if seeds[place] is not None:
                self._generators[place] = np.random.default_rng(seeds[place])
            self.episodes.restart(place, seeds[place], self._generators[place])
        self._ended[mask] = False
        self._started = True
        return self.episodes.observations(), {}

    def step(
        self, actions: Any
    ) -> tuple[NDArray[np.float32], Floats, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Advance every running episode; those that ended before are restarted instead."""
        if not self._started:
            raise gymnasium.error.ResetNeeded("call reset before the first step")
        chosen = self._checked(actions)
        running = np.flatnonzero(~self._ended)
        for place in np.flatnonzero(self._ended).tolist():
            self.episodes.restart(place, None, self._generators[place])
        rewards, terminated = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        if running.size:
            rewards[running], terminated[running], found, codes = self.episodes.step(
                running, chosen[running]
            )
            infos = self._spread(running, found)
            for place in np.flatnonzero(codes).tolist():
                told = {"failure": failure(int(codes[place]))}
                infos = self._add_info(infos, told, int(running[place]))
        self._ended = terminated.copy()
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        return self.episodes.observations(), rewards, terminated, truncated, infos

    def _checked(self, actions: Any) -> NDArray[np.int64]:
        if len(actions) != self.num_envs:
            raise ValueError(f"actions: expected {self.num_envs}, got {len(actions)}")
        chosen = np.asarray(actions)
        most = int(self.episodes.action_space.n) - 1
        if chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() > most:
            raise ValueError(f"actions: expected indices in 0 ... {most}, got {actions!r}")
        return chosen.astype(np.int64)

    def _spread(self, which: Places, found: dict[str, NDArray[Any]]) -> dict[str, Any]:
        """Arrays over the chosen places as Gymnasium lays out the infos of a vector."""
        infos: dict[str, Any] = {}
        mask = np.zeros(self.num_envs, dtype=np.bool_)
        mask[which] = True
        for name, values in found.items():
            full = np.zeros(self.num_envs, dtype=values.dtype)
            full[which] = values
            infos[name], infos[f"_{name}"] = full, mask.copy()
        return infos

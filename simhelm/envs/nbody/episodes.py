"""Many episodes at once, and the scalar and the vector environment over them."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.core.end_reason import EndReason
from simhelm.envs.actions import discrete_action
from simhelm.envs.nbody.settings import Settings
from simhelm.envs.rendering.orbits import Orbits
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.resets import check_options, require_reset
from simhelm.envs.vector.batched import Autoreset, BatchedVectorEnv
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


# Labels of outcome codes that end an episode, empty for a completed interval.
FAILURES: NDArray[np.object_] = np.array(
    [
        "" if END_REASONS[code] is EndReason.COMPLETED else END_REASONS[code].label
        for code in range(len(END_REASONS))
    ],
    dtype=object,
)


class Episodes(abc.ABC):
    """``count`` independent episodes of equal kind.

    Attributes:
        batch: the systems.
        action_space, observation_space: of one episode.
        elapsed: shape (count,), steps done.
        length: steps of a whole episode.
        settings: what the actions stand for.
        interval: time units a step.
    """

    batch: SystemBatch
    settings: Settings
    action_space: gymnasium.spaces.Discrete
    observation_space: gymnasium.spaces.Box
    elapsed: NDArray[np.int64]
    length: int
    interval: float

    @abc.abstractmethod
    def restart(self, index: int, seed: int | None, rng: np.random.Generator) -> None:
        """Begin a new episode: that of the seed, or one drawn from the training seeds."""

    @abc.abstractmethod
    def step(
        self, which: Places, actions: NDArray[np.int64]
    ) -> tuple[Floats, NDArray[np.bool_], dict[str, NDArray[Any]], NDArray[np.object_]]:
        """Advance the chosen episodes by one interval, as an ``EpisodeBatch`` does."""

    @abc.abstractmethod
    def observations(self) -> NDArray[np.float32]:
        """Of all episodes, shape (count, size)."""

    def __len__(self) -> int:
        return len(self.batch)

    def checked(self, actions: Sequence[Any]) -> NDArray[np.int64]:
        """Indices into the settings, shape (count,).

        Raises:
            ValueError: one out of range, or no integers.
        """
        chosen, most = np.asarray(actions).reshape(len(self)), int(self.action_space.n) - 1
        if chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() > most:
            raise ValueError(f"actions: expected integers in 0 ... {most}, got {actions!r}")
        return chosen.astype(np.int64)


def initial_seed(seed: int | None, rng: np.random.Generator) -> int:
    """The seed itself, or a training seed drawn from the generator."""
    training = SEED_RANGES["training"]
    return int(rng.integers(training.start, training.stop)) if seed is None else seed


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
        bodies = episodes.batch.masses.shape[1]
        self._orbits = Orbits(episodes.batch, "au" if bodies == 3 else "Heggie units")
        self._screen = Screen(render_mode, self._orbits.draw, self.metadata["render_fps"])
        self.render_mode = render_mode
        self.action_space = episodes.action_space
        self.observation_space = episodes.observation_space
        self._running = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin the episode of the seed, or one of a training seed that is drawn."""
        check_options(options)
        super().reset(seed=seed)
        self.episodes.restart(0, seed, self.np_random)
        self._running = True
        if self.render_mode is not None:
            self._orbits.restart()
        self._screen.refresh()
        return self.episodes.observations()[0], {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Integrate over one interval."""
        require_reset(self._running)
        index = discrete_action(self.episodes.action_space, action)
        rewards, ends, infos, failures = self.episodes.step(
            np.zeros(1, dtype=np.intp), np.array([index])
        )
        info = {name: values[0].item() for name, values in infos.items()}
        if failures[0]:
            info["failure"] = failures[0]
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


class EpisodeVectorEnv(BatchedVectorEnv):
    """``num_envs`` episodes of gravitating bodies.

    Args:
        num_envs: at least 1.
        make: makes that many episodes.
        autoreset_mode: see :class:`BatchedVectorEnv`.
    """

    episodes: Episodes
    seed_ranges: Mapping[str, range] = SEED_RANGES

    def __init__(
        self, num_envs: int, make: Callable[[int], Episodes], autoreset_mode: Autoreset
    ) -> None:
        super().__init__(make(whole_number("num_envs", num_envs)), autoreset_mode)

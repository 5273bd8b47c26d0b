"""Environments of one process, stepped one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.failure import EnvironmentFailed

MakeEnv = Callable[[], gymnasium.Env[Any, Any]]


class EnvBlock:
    """A run of neighbouring environments of a vector.

    Args:
        makers: one for each environment.
        first: index of the first one in the vector.
        autoreset: when an ended environment starts again, as in :class:`BatchedVectorEnv`.
        place: where this is, for messages.
    """

    def __init__(
        self, makers: Sequence[MakeEnv], first: int, autoreset: AutoresetMode, place: str
    ) -> None:
        self.first, self.place = first, place
        self._autoreset = autoreset
        self._last_actions: list[Any] = [None] * len(makers)
        self._ended = [False] * len(makers)
        self.envs: list[gymnasium.Env[Any, Any]] = []
        for number, make in enumerate(makers):
            self.envs.append(self._guarded(number, make))
            self._guarded(number, _check_spaces, self.envs[0], self.envs[number])

    def reset(
        self, seeds: Sequence[int | None], options: Sequence[Any], mask: Sequence[bool], into: Batch
    ) -> None:
        """Restart the environments where ``mask`` is set; the observations of others stay."""
        into.ends.clear()
        for number, env in enumerate(self.envs):
            into.infos[number] = {}
            into.rewards[number] = 0.0
            into.terminated[number] = into.truncated[number] = False
            if mask[number]:
                observation, info = self._guarded(
                    number, env.reset, seed=seeds[number], options=options[number]
                )
                into.observations[number] = observation
                into.infos[number] = info
                self._ended[number] = False

    def step(self, actions: Sequence[Any] | NDArray[Any], into: Batch) -> None:
        """One step of every environment.

        Raises:
            EnvironmentFailed: one raised an exception.
        """
        into.ends.clear()
        for number, action in enumerate(actions):
            if self._ended[number]:
                self._restart(number, into)
            else:
                self._step_one(number, action, into)

    def call(self, number: int, name: str, arguments: Sequence[Any], named: dict[str, Any]) -> Any:
        """Call a method of an environment or of its wrappers."""
        method = self.envs[number].get_wrapper_attr(name)
        return self._guarded(number, method, *arguments, **named)

    def get(self, number: int, name: str) -> Any:
        """An attribute of an environment or of its wrappers."""
        return self._guarded(number, self.envs[number].get_wrapper_attr, name)

    def set(self, number: int, name: str, value: Any) -> None:
        """Set an attribute of the outermost wrapper, as Stable-Baselines3 does."""
        self._guarded(number, setattr, self.envs[number], name, value)

    def is_wrapped(self, number: int, kind: type) -> bool:
        """Whether an environment has a wrapper of that class."""
        env = self.envs[number]
        while isinstance(env, gymnasium.Wrapper):
            if isinstance(env, kind):
                return True
            env = env.env
        return False

    def mark_ended(self) -> None:
        """Treat every episode as one that ended in the last step."""
        self._ended = [self._autoreset is AutoresetMode.NEXT_STEP] * len(self.envs)

    def close(self) -> None:
        """Close every environment."""
        for env in self.envs:
            env.close()

    def _restart(self, number: int, into: Batch) -> None:
        observation, info = self._guarded(number, self.envs[number].reset)
        into.observations[number] = observation
        into.rewards[number] = 0.0
        into.terminated[number] = into.truncated[number] = False
        into.infos[number] = info
        self._ended[number] = False

    def _step_one(self, number: int, action: Any, into: Batch) -> None:
        self._last_actions[number] = action
        env = self.envs[number]
        observation, reward, terminated, truncated, info = self._guarded(number, env.step, action)
        ended = bool(terminated or truncated)
        if ended and self._autoreset is AutoresetMode.SAME_STEP:
            last = observation
            observation, reset_info = self._guarded(number, env.reset)
            into.ends[number] = last, reset_info
        else:
            self._ended[number] = ended and self._autoreset is AutoresetMode.NEXT_STEP
        into.observations[number] = observation
        into.rewards[number] = reward
        into.terminated[number], into.truncated[number] = terminated, truncated
        into.infos[number] = info

    def _guarded(self, number: int, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except Exception as error:
            index, action = self.first + number, self._last_actions[number]
            text = traceback.format_exc()
            raise EnvironmentFailed(index, action, self.place, text) from error


def _check_spaces(one: gymnasium.Env[Any, Any], two: gymnasium.Env[Any, Any]) -> None:
    spaces = [(env.observation_space, env.action_space) for env in (one, two)]
    if spaces[0] != spaces[1]:
        raise ValueError(f"environments of a vector differ in their spaces: {spaces}")

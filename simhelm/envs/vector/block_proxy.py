"""The steering side's view of one block of environments, here or elsewhere."""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from typing import Any

import gymnasium
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.block import EnvBlock, MakeEnv
from simhelm.envs.vector.failure import EnvironmentFailed
from simhelm.envs.vector.protocol import FAILURE, REQUEST, Channel, Layout, dumps, loads
from simhelm.envs.vector.worker import CLOSE, request

Spaces = tuple[gymnasium.spaces.Space[Any], gymnasium.spaces.Space[Any], dict[str, Any]]


class BlockProxy(abc.ABC):
    """A block of ``count`` environments from index ``first`` of the vector.

    ``start...`` sends the order, ``finish`` waits for the answer, so that blocks work at once.
    """

    first: int
    count: int

    @abc.abstractmethod
    def spaces(self) -> Spaces:
        """Observation space, action space and metadata, once the environments are made."""

    @abc.abstractmethod
    def start_reset(
        self, seeds: Sequence[int | None], options: Sequence[Any], mask: Sequence[bool]
    ) -> None:
        """Order a reset."""

    @abc.abstractmethod
    def start_step(self, actions: NDArray[Any]) -> None:
        """Order a step."""

    @abc.abstractmethod
    def finish(self, into: Batch) -> None:
        """Wait for what was ordered.

        Raises:
            EnvironmentFailed: an environment raised, or its process died.
        """

    @abc.abstractmethod
    def ask(self, name: str, *arguments: Any) -> Any:
        """Call a method of the block and wait for its result."""

    @abc.abstractmethod
    def close(self) -> None:
        """Let the environments go."""


class LocalProxy(BlockProxy):
    """A block in this process; it works when the answer is waited for."""

    first = 0

    def __init__(self, makers: Sequence[MakeEnv], autoreset: AutoresetMode, place: str) -> None:
        self.count = len(makers)
        self._make = functools.partial(EnvBlock, makers, 0, autoreset, place)
        self._order: tuple[Any, ...] = ()

    @functools.cached_property
    def _block(self) -> EnvBlock:
        return self._make()

    def spaces(self) -> Spaces:
        """Make the environments; the spaces of the first one."""
        env = self._block.envs[0]
        return env.observation_space, env.action_space, env.metadata

    def start_reset(
        self, seeds: Sequence[int | None], options: Sequence[Any], mask: Sequence[bool]
    ) -> None:
        """Note the order."""
        self._order = (self._block.reset, seeds, options, mask)

    def start_step(self, actions: NDArray[Any]) -> None:
        """Note the order."""
        self._order = (self._block.step, actions)

    def finish(self, into: Batch) -> None:
        """Carry the order out."""
        function, *arguments = self._order
        function(*arguments, into)

    def ask(self, name: str, *arguments: Any) -> Any:
        """Call a method of the block."""
        return getattr(self._block, name)(*arguments)

    def close(self) -> None:
        """Close the environments, if they were made."""
        if "_block" in vars(self):
            self._block.close()


class RemoteProxy(BlockProxy):
    """A block behind a channel."""

    def __init__(self, channel: Channel, first: int, count: int) -> None:
        self.first, self.count = first, count
        self._channel = channel
        self._layout: Layout | None = None

    def spaces(self) -> Spaces:
        """Wait until the environments are made."""
        spaces: Spaces = self._object(self._channel.receive())
        self._layout = Layout(spaces[0], spaces[1], self.count)
        return spaces

    def start_reset(
        self, seeds: Sequence[int | None], options: Sequence[Any], mask: Sequence[bool]
    ) -> None:
        """Send the order."""
        self._channel.send(dumps(REQUEST, request("reset", seeds, options, mask)))

    def start_step(self, actions: NDArray[Any]) -> None:
        """Send the order."""
        assert self._layout is not None, "spaces() is called first"
        self._channel.send(self._layout.order(actions))

    def finish(self, into: Batch) -> None:
        """Wait for the answer."""
        assert self._layout is not None, "spaces() is called first"
        message = self._channel.receive()
        if message[0] == FAILURE:
            self._object(message)
        self._layout.read(message, into)

    def ask(self, name: str, *arguments: Any) -> Any:
        """Send a request and wait for its answer."""
        self._channel.send(dumps(REQUEST, request(name, *arguments)))
        return self._object(self._channel.receive())

    def close(self) -> None:
        """Tell the worker to end; it does not answer."""
        self._channel.send(dumps(REQUEST, request(CLOSE)))

    def _object(self, message: memoryview) -> Any:
        content = loads(message[1:])
        if message[0] == FAILURE:
            assert isinstance(content, EnvironmentFailed)
            raise content
        return content

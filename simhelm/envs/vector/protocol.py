"""Messages between the process that steers a vector of environments and those that hold them.

A step is one message of fixed size to a worker and one back: plain arrays, followed by the infos.
Everything else is rare and travels pickled. Messages are read only from processes that this one
started or that share its MPI communicator, never from files.
"""

from __future__ import annotations

import pickle
from typing import Any, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.envs.vector.batch import Batch, check_plain

# The first byte of a message; the arrays begin at the eighth, for alignment.
STEP, REQUEST, ANSWER, FAILURE = 1, 2, 3, 4
_HEADER = 8


class Channel(Protocol):
    """Messages of bytes to and from one other process, in order."""

    def send(self, message: bytearray | bytes) -> None:
        """Send; the buffer may be used again afterwards."""

    def receive(self) -> memoryview:
        """The next message; it is valid until the next call."""


class Layout:
    """Where the arrays of a block of environments stand in a message.

    Args:
        observation_space, action_space: of one environment.
        count: environments of the block.
    """

    def __init__(
        self,
        observation_space: gymnasium.spaces.Space[Any],
        action_space: gymnasium.spaces.Space[Any],
        count: int,
    ) -> None:
        check_plain(action_space, "action space")
        batch = Batch.empty(observation_space, count)
        self._arrays = (batch.rewards, batch.observations, batch.terminated, batch.truncated)
        self._actions = np.zeros((count, *(action_space.shape or ())), action_space.dtype)
        self._fixed = _HEADER + sum(array.nbytes for array in self._arrays)
        self._order = bytearray(_HEADER + self._actions.nbytes)
        self._order[0] = STEP
        self._order_view = np.frombuffer(self._order, self._actions.dtype, offset=_HEADER)

    def order(self, actions: NDArray[Any]) -> bytearray:
        """The message that asks for a step."""
        self._order_view[:] = np.asarray(actions, self._actions.dtype).ravel()
        return self._order

    def actions(self, message: memoryview) -> NDArray[Any]:
        """The actions of such a message, shape (count, ...)."""
        flat = np.frombuffer(message, self._actions.dtype, self._actions.size, _HEADER)
        return flat.reshape(self._actions.shape).copy()

    def answer(self, batch: Batch, buffer: bytearray) -> bytearray:
        """The message that answers with a batch, written into ``buffer``."""
        del buffer[:]
        buffer += bytes((ANSWER, *(0,) * (_HEADER - 1)))
        for array in (batch.rewards, batch.observations, batch.terminated, batch.truncated):
            buffer += array.tobytes()
        buffer += pickle.dumps((batch.infos, batch.ends), pickle.HIGHEST_PROTOCOL)
        return buffer

    def read(self, message: memoryview, into: Batch) -> None:
        """Copy an answer into a batch."""
        place = _HEADER
        for array in (into.rewards, into.observations, into.terminated, into.truncated):
            flat = np.frombuffer(message, array.dtype, array.size, place)
            array[...] = flat.reshape(array.shape)
            place += array.nbytes
        infos, ends = loads(message[self._fixed :])
        into.infos[:] = infos
        into.ends.clear()
        into.ends.update(ends)


def dumps(kind: int, content: Any) -> bytes:
    """A message of one object."""
    return bytes((kind,)) + pickle.dumps(content, pickle.HIGHEST_PROTOCOL)


def loads(content: memoryview) -> Any:
    """The object of a message, without its first byte."""
    return pickle.loads(content)  # noqa: S301 - sent by our own worker, see the top of the file

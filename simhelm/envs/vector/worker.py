"""The side that holds environments: answers messages until it is told to close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import CloudpickleWrapper

from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.block import EnvBlock, MakeEnv
from simhelm.envs.vector.failure import EnvironmentFailed
from simhelm.envs.vector.protocol import ANSWER, FAILURE, STEP, Channel, Layout, dumps, loads

CLOSE = "close"


def serve_block(
    channel: Channel, makers: Sequence[MakeEnv], first: int, autoreset: AutoresetMode, place: str
) -> None:
    """Make the environments, say what their spaces are, and step them on demand.

    An exception of an environment is sent as the answer; the block goes on serving.
    """
    try:
        block = EnvBlock(makers, first, autoreset, place)
    except EnvironmentFailed as failure:
        channel.send(dumps(FAILURE, failure))
        channel.receive()  # the order to close
        return
    env = block.envs[0]
    channel.send(dumps(ANSWER, (env.observation_space, env.action_space, env.metadata)))
    try:
        _answer_all(channel, block, Layout(env.observation_space, env.action_space, len(makers)))
    finally:
        block.close()


def _answer_all(channel: Channel, block: EnvBlock, layout: Layout) -> None:
    batch = Batch.empty(block.envs[0].observation_space, len(block.envs))
    buffer = bytearray()
    while True:
        message = channel.receive()
        try:
            if message[0] == STEP:
                block.step(layout.actions(message), batch)
                channel.send(layout.answer(batch, buffer))
                continue
            name, arguments = loads(message[1:])
            if name == CLOSE:
                return
            if name == "reset":
                seeds, options, mask = arguments
                block.reset(seeds, options, mask, batch)
                channel.send(layout.answer(batch, buffer))
            else:
                channel.send(dumps(ANSWER, getattr(block, name)(*arguments)))
        except EnvironmentFailed as failure:
            channel.send(dumps(FAILURE, failure))


def sendable(makers: Sequence[MakeEnv]) -> Any:
    """The makers in a form that any process can load (``.fn`` gives them back)."""
    wrap: Any = CloudpickleWrapper
    return wrap(list(makers))


def request(name: str, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """What a request message holds: a method of :class:`EnvBlock` and its arguments."""
    return name, arguments

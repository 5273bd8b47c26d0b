"""Environments on the ranks of an MPI communicator that the caller gives."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from gymnasium.vector import AutoresetMode

from simhelm.envs.vector.block import MakeEnv
from simhelm.envs.vector.block_proxy import BlockProxy, LocalProxy, RemoteProxy
from simhelm.envs.vector.worker import sendable, serve_block
from simhelm.envs.vector.worker_group import WorkerGroup, shares

log = logging.getLogger(__name__)

_TAG = 1
# A waiting rank looks for messages without pause for so long, then so often, in seconds: ranks
# that share a core with the learner must not take it from them.
_EAGER, _PAUSE, _REMARK = 0.002, 0.0001, 60.0


def rank_group(
    makers: Sequence[MakeEnv], communicator: Any, autoreset: AutoresetMode
) -> WorkerGroup:
    """Environments dealt to all ranks of ``communicator``, rank 0 included, in order.

    To be called on rank 0, while the others are in :func:`serve_environments`. Which rank holds
    an environment does not change its transitions.
    """
    order = (sendable(makers), autoreset)
    communicator.bcast(order, root=0)
    side = communicator.Dup()
    dealt = shares(len(makers), communicator.size)
    proxies: list[BlockProxy] = [
        RemoteProxy(_RankChannel(side, rank), share.start, len(share))
        for rank, share in enumerate(dealt)
        if rank > 0 and share
    ]
    if dealt[0]:
        mine = [makers[index] for index in dealt[0]]
        proxies.insert(0, LocalProxy(mine, autoreset, f"rank 0 ({_host()})"))
    return WorkerGroup(proxies, side.Free)


def serve_environments(communicator: Any) -> None:
    """Hold environments for rank 0, vector after vector, until it calls :func:`dismiss_ranks`.

    To be called on every rank but 0.
    """
    while (order := communicator.bcast(None, root=0)) is not None:
        makers, autoreset = order[0].fn, order[1]
        side = communicator.Dup()
        share = shares(len(makers), communicator.size)[communicator.rank]
        if share:
            place = f"rank {communicator.rank} ({_host()})"
            mine = [makers[index] for index in share]
            serve_block(_RankChannel(side, 0), mine, share.start, autoreset, place)
        side.Free()


def dismiss_ranks(communicator: Any) -> None:
    """Let the ranks in :func:`serve_environments` return."""
    communicator.bcast(None, root=0)


class _RankChannel:
    """Messages to and from one rank, received into a buffer that grows and is kept."""

    def __init__(self, communicator: Any, peer: int) -> None:
        try:
            from mpi4py import MPI
        except ImportError as error:
            raise ImportError("ranks need mpi4py: pip install 'simhelm[mpi]'") from error
        self._bytes, self._status = MPI.BYTE, MPI.Status()
        self._communicator, self._peer = communicator, peer
        self._buffer = bytearray(4096)

    def send(self, message: bytearray | bytes) -> None:
        # Blocking is safe: nobody sends to a rank that is not about to receive.
        self._communicator.Send([message, self._bytes], dest=self._peer, tag=_TAG)

    def receive(self) -> memoryview:
        message = self._next()
        size = self._status.Get_count(self._bytes)
        if size > len(self._buffer):
            self._buffer = bytearray(size)
        message.Recv([memoryview(self._buffer)[:size], self._bytes])
        return memoryview(self._buffer)[:size]

    def _next(self) -> Any:
        start = remarked = time.monotonic()
        while True:
            message = self._communicator.Improbe(self._peer, _TAG, self._status)
            if message is not None:
                return message
            now = time.monotonic()
            if now - start > _EAGER:
                time.sleep(_PAUSE)
            if now - remarked > _REMARK and self._communicator.rank == 0:
                log.warning("waiting for rank %d since %.0f s", self._peer, now - start)
                remarked = now


def _host() -> str:
    import platform

    return platform.node()

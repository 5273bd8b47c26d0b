"""Environments in spawned processes, whose death is reported or made good."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import signal
import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.block import MakeEnv
from simhelm.envs.vector.block_proxy import BlockProxy, RemoteProxy, Spaces
from simhelm.envs.vector.failure import EnvironmentFailed
from simhelm.envs.vector.worker import sendable, serve_block
from simhelm.envs.vector.worker_group import WorkerGroup, shares

log = logging.getLogger(__name__)

OnDeath = Literal["raise", "respawn"]
# Seconds that a worker gets to end by itself; and after which a wait is mentioned.
_GRACE, _REMARK = 5.0, 60.0
# A worker that dies again at once is broken for good.
_MOST_RESPAWNS = 10


class WorkerDied(OSError):  # noqa: N818 - says what happened
    """The other end of a pipe is gone."""


def process_group(
    makers: Sequence[MakeEnv], workers: int, autoreset: AutoresetMode, on_death: OnDeath = "raise"
) -> WorkerGroup:
    """Environments dealt to ``workers`` spawned processes (no more than environments).

    Args:
        makers: one function an environment; they are sent with cloudpickle.
        workers: processes.
        autoreset: when an ended environment starts again.
        on_death: what the death of a process leads to. ``"raise"``: EnvironmentFailed with the
            index, the last action and the exit signal. ``"respawn"``: a new process; the
            episodes under way there are truncated, which their info tells as ``worker_died``.
    """
    if workers < 1:
        raise ValueError(f"workers: expected at least 1, got {workers!r}")
    if on_death not in ("raise", "respawn"):
        raise ValueError(f"on_death: expected 'raise' or 'respawn', got {on_death!r}")
    dealt = [share for share in shares(len(makers), min(workers, len(makers))) if share]
    proxies = [
        ProcessProxy([makers[index] for index in share], share.start, autoreset, on_death)
        for share in dealt
    ]
    return WorkerGroup(proxies)


class _Pipe:
    """A channel over a pipe, which notices when the process at its other end dies."""

    def __init__(self, connection: Any, process: Any = None) -> None:
        self._connection, self._process = connection, process
        self._buffer = bytearray(4096)

    def send(self, message: bytearray | bytes) -> None:
        try:
            self._connection.send_bytes(message)
        except OSError as error:
            raise WorkerDied from error

    def receive(self) -> memoryview:
        self._wait()
        try:
            size = self._connection.recv_bytes_into(self._buffer)
        except multiprocessing.BufferTooShort as long:
            self._buffer = bytearray(long.args[0])
            size = len(self._buffer)
        except (EOFError, OSError) as error:
            raise WorkerDied from error
        return memoryview(self._buffer)[:size]

    def _wait(self) -> None:
        if self._process is None:
            return
        start = time.monotonic()
        things = [self._connection, self._process.sentinel]
        while not multiprocessing.connection.wait(things, _REMARK):
            log.warning(
                "waiting for process %s since %.0f s", self._process.pid, time.monotonic() - start
            )


def _work(
    connection: Any, makers: Any, first: int, autoreset: AutoresetMode
) -> None:  # pragma: no cover - in another process
    # Ctrl-C reaches the whole group; the steering process closes us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    place = f"process {multiprocessing.current_process().pid}"
    with contextlib.suppress(WorkerDied):
        serve_block(_Pipe(connection), makers.fn, first, autoreset, place)


class ProcessProxy(BlockProxy):
    """A block in a process of its own."""

    def __init__(
        self, makers: Sequence[MakeEnv], first: int, autoreset: AutoresetMode, on_death: OnDeath
    ) -> None:
        self.first, self.count = first, len(makers)
        self._makers, self._autoreset, self._on_death = list(makers), autoreset, on_death
        self._actions: Any = None
        self._seeds: list[int | None] = [None] * self.count
        self._last: NDArray[Any] | None = None
        self._respawns = 0
        self._start()

    def spaces(self) -> Spaces:
        """Wait until the environments are made."""
        with self._reporting_death():
            return self._proxy.spaces()

    def start_reset(
        self, seeds: Sequence[int | None], options: Sequence[Any], mask: Sequence[bool]
    ) -> None:
        """Send the order; a death is noticed by :meth:`finish`."""
        given = zip(seeds, self._seeds, strict=True)
        self._seeds = [old if new is None else new for new, old in given]
        self._actions = None
        with contextlib.suppress(WorkerDied):
            self._proxy.start_reset(seeds, options, mask)

    def start_step(self, actions: NDArray[Any]) -> None:
        """Send the order; a death is noticed by :meth:`finish`."""
        self._actions = np.array(actions)
        with contextlib.suppress(WorkerDied):
            self._proxy.start_step(actions)

    def finish(self, into: Batch) -> None:
        """Wait for the answer; after a death, report it or start again."""
        try:
            self._proxy.finish(into)
        except WorkerDied:
            how = self._how_it_died()
            if self._on_death == "raise" or self._actions is None or self._last is None:
                raise self._failure(how) from None
            self._respawn(into, how)
        self._last = into.observations.copy()

    def ask(self, name: str, *arguments: Any) -> Any:
        """Send a request and wait for its answer."""
        with self._reporting_death():
            return self._proxy.ask(name, *arguments)

    def close(self) -> None:
        """Tell the process to end, and see to it."""
        with contextlib.suppress(WorkerDied):
            self._proxy.close()
        self._process.join(_GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._ours.close()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        arguments = (theirs, sendable(self._makers), self.first, self._autoreset)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self._proxy = RemoteProxy(_Pipe(self._ours, self._process), self.first, self.count)

    def _respawn(self, into: Batch, how: str) -> None:
        """A new process; the episodes that were under way end here as truncated."""
        self._respawns += 1
        if self._respawns > _MOST_RESPAWNS:
            raise self._failure(f"{how}; it was started again {_MOST_RESPAWNS} times before")
        log.warning(
            "process %s with environments %d ... %d died (%s): started again",
            self._process.pid, self.first, self.first + self.count - 1, how,
        )  # fmt: skip
        self._ours.close()
        self._start()
        last = self._last
        assert last is not None, "looked at by the caller"
        with self._reporting_death():
            self._proxy.spaces()
            self._proxy.start_reset(self._new_seeds(), [None] * self.count, [True] * self.count)
            self._proxy.finish(into)
            reset_infos = list(into.infos)
            if self._autoreset is not AutoresetMode.SAME_STEP:
                self._proxy.ask("mark_ended")
        into.rewards[:] = 0.0
        into.terminated[:] = False
        into.truncated[:] = True
        into.infos[:] = [{"worker_died": how} for _ in range(self.count)]
        into.ends.clear()
        if self._autoreset is not AutoresetMode.SAME_STEP:
            into.observations[:] = last
        else:
            into.ends.update({k: (last[k].copy(), reset_infos[k]) for k in range(self.count)})

    def _new_seeds(self) -> list[int | None]:
        """Seeds that follow from the first ones and from how often this happened."""
        return [
            None
            if seed is None
            else int(np.random.SeedSequence(seed, spawn_key=(self._respawns,)).generate_state(1)[0])
            for seed in self._seeds
        ]

    @contextlib.contextmanager
    def _reporting_death(self) -> Any:
        try:
            yield
        except WorkerDied:
            raise self._failure(self._how_it_died()) from None

    def _failure(self, how: str) -> EnvironmentFailed:
        action = None if self._actions is None else self._actions[0]
        others = "" if self.count == 1 else f" (with {self.count - 1} more environments)"
        return EnvironmentFailed(
            self.first, action, f"process {self._process.pid}{others}", f"the process died: {how}"
        )

    def _how_it_died(self) -> str:
        self._process.join(_GRACE)
        code = self._process.exitcode
        if code is None:
            return "its pipe is closed, but it is still there"
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"

"""Running one process under limits, so that nothing of it is left afterwards."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.simulators.executable.capture import CappedLog, last_lines
from simhelm.simulators.executable.limits import (
    MARKER,
    die_with_parent,
    kill_all,
    limit_resources,
    marked,
    resident_bytes,
    send,
)

_CHUNK = 1 << 18
_MEMORY_POLL = 0.05
# A user who interrupts waits for this long at most.
_CANCEL_GRACE = 0.3
# Rounds in which the rest of the output is fetched once the process is gone.
_LAST_READS = 64
_numbers = itertools.count()


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a process may use.

    Attributes:
        time, grace: seconds of wall clock, and between SIGTERM and SIGKILL.
        cpu: seconds of processor time of any single process; None for no limit.
        memory: resident bytes of all processes together; None for no limit.
        log: bytes kept of each of stdout and stderr.
    """

    time: float
    grace: float
    cpu: float | None
    memory: int | None
    log: int


@dataclasses.dataclass(frozen=True)
class ProcessOutcome:
    """How a process ended.

    Attributes:
        reason: why we ended it (TIMEOUT, MEMORY, INTERRUPTED, STOPPED_EARLY); None if it ended
            by itself.
        code: exit code, or minus the signal that killed it.
        details: a sentence for the reason.
        peak_memory: largest resident memory seen, bytes; 0 where it was not watched.
    """

    reason: EndReason | None
    code: int
    details: str
    peak_memory: int

    def failure(self, log: Path) -> tuple[EndReason, str] | None:
        """Why a process that is to end with code 0 did not, with its last words; else None."""
        if self.reason is not None:
            return self.reason, self.details
        if self.code == 0:
            return None
        reason = EndReason.EXIT if self.code > 0 else EndReason.SIGNAL
        return reason, f"ended with code {self.code}: {last_lines(log)}"


def run_process(
    argv: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    limits: Limits,
    poll: Callable[[], bool] = lambda: True,
    poll_every: float | None = None,
    cancellation: Cancellation | None = None,
) -> ProcessOutcome:
    """Run a command without a shell; stdout and stderr go to capped logs in the directory.

    The process gets a session of its own and dies with this one. When it ends, or is ended,
    everything it started is killed, also what left its session.

    Args:
        poll: called every ``poll_every`` seconds; False ends the process as STOPPED_EARLY.
        cancellation: ends the process as INTERRUPTED.

    Raises:
        OSError: the command cannot be started.
    """
    marker = f"{os.getpid()}:{next(_numbers)}"
    with (
        CappedLog(directory / "stdout.log", limits.log) as out,
        CappedLog(directory / "stderr.log", limits.log) as err,
    ):
        process = _start(argv, directory, {**environment, MARKER: marker}, limits)
        run = _Run(process, limits, marker, cancellation)
        try:
            return run.watch(out, err, poll, poll_every)
        finally:
            run.end()


def _start(
    argv: Sequence[str], directory: Path, environment: Mapping[str, str], limits: Limits
) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def prepare() -> None:
        die_with_parent(parent)
        limit_resources(limits.cpu, limits.memory)

    return subprocess.Popen(  # noqa: S603 - a list of arguments, no shell: this is what we are for
        list(argv),
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Only system calls that were looked up before: nothing there can wait for a lock.
        preexec_fn=prepare,  # noqa: PLW1509
    )


class _Run:
    """A running process, and the reason for which it is being ended, if it is."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        marker: str,
        cancellation: Cancellation | None,
    ) -> None:
        self._process, self._limits, self._marker = process, limits, marker
        self._cancellation = cancellation
        self._selector = selectors.DefaultSelector()
        self._pidfd = os.pidfd_open(process.pid)
        self._deadline = time.monotonic() + limits.time
        self._kill_at = float("inf")
        self._reason: EndReason | None = None
        self._details = ""
        self._peak = 0
        self._exited = False

    def watch(
        self, out: CappedLog, err: CappedLog, poll: Callable[[], bool], poll_every: float | None
    ) -> ProcessOutcome:
        """Wait for the end."""
        self._register(out, err)
        next_poll = time.monotonic() + (poll_every or 0.0)
        while not self._exited:
            self._select(self._patience(poll_every))
            self._check_limits()
            if poll_every is not None and time.monotonic() >= next_poll:
                next_poll = time.monotonic() + poll_every
                if self._reason is None and not poll():
                    self._begin_end(EndReason.STOPPED_EARLY, "", self._limits.grace)
        self._read_the_rest()
        code = self._process.wait()
        return ProcessOutcome(self._reason, code, self._details, self._peak)

    def end(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        kill_all(self._marker)
        self._process.wait()
        self._selector.close()
        os.close(self._pidfd)
        for stream in self._streams():
            stream.close()

    def _streams(self) -> list[IO[bytes]]:
        return [s for s in (self._process.stdout, self._process.stderr) if s is not None]

    def _register(self, out: CappedLog, err: CappedLog) -> None:
        for stream, log in zip(self._streams(), (out, err), strict=True):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream.fileno(), selectors.EVENT_READ, log)
        self._selector.register(self._pidfd, selectors.EVENT_READ, None)
        if self._cancellation is not None:
            self._selector.register(self._cancellation, selectors.EVENT_READ, None)

    def _patience(self, poll_every: float | None) -> float:
        waits = [max(0.0, min(self._deadline, self._kill_at) - time.monotonic())]
        if self._limits.memory is not None:
            waits.append(_MEMORY_POLL)
        if poll_every is not None:
            waits.append(poll_every)
        return min(waits)

    def _select(self, patience: float) -> bool:
        """Wait for output or the end; whether there was output."""
        read = False
        for key, _ in self._selector.select(patience):
            if isinstance(key.data, CappedLog):
                read = self._read(key.fd, key.data) or read
            elif key.fd == self._pidfd:
                self._exited = True
            elif self._reason is None:
                self._begin_end(EndReason.INTERRUPTED, "", _CANCEL_GRACE)
        if self._cancellation is not None and self._reason is not None:
            with contextlib.suppress(KeyError):  # it stays readable: do not spin
                self._selector.unregister(self._cancellation)
        return read

    def _read(self, descriptor: int, log: CappedLog) -> bool:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(descriptor)
            return False
        log.write(data)
        return True

    def _read_the_rest(self) -> None:
        """What is in the pipes; not until their end, which a left-over process could hold back."""
        for _ in range(_LAST_READS):
            if not self._select(0.0):
                return

    def _check_limits(self) -> None:
        now = time.monotonic()
        if now >= self._kill_at:
            self._signal(signal.SIGKILL)
            self._kill_at = now + self._limits.grace
        if self._reason is not None or self._exited:
            return
        if now >= self._deadline:
            self._begin_end(
                EndReason.TIMEOUT, f"no end within {self._limits.time:g} s", self._limits.grace
            )
        elif self._limits.memory is not None:
            self._check_memory(self._limits.memory)

    def _check_memory(self, limit: int) -> None:
        used = resident_bytes(self._process.pid)
        self._peak = max(self._peak, used)
        if used > limit:
            self._begin_end(EndReason.MEMORY, f"{used} bytes resident, allowed {limit}", 0.0)

    def _begin_end(self, reason: EndReason, details: str, grace: float) -> None:
        self._reason, self._details = reason, details
        self._deadline = float("inf")
        self._kill_at = time.monotonic() + grace
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        send(marked(self._marker), number)

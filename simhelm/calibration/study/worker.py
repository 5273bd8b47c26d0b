"""A process beside that evaluates trials, and may crash, hang or be killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

from simhelm.calibration.study.evaluation import (
    cancel_here,
    cannot_evaluate,
    is_cancellable,
    told,
)
from simhelm.simulators.executable.limits import (
    become_subreaper,
    die_with_parent,
    kill_marked,
    without_job,
)
from simhelm.simulators.executable.signals import signal_name

# Seconds between asking a process to end and killing it.
_GRACE = 0.6
_TICK = 0.05
# Seconds that a process gets to import and make the problem, which no trial's limit counts.
_LONGEST_START = 600.0

Initializer = Callable[..., None]


class WorkerLost(RuntimeError):  # noqa: N818 - named for what happened
    """The process died while it worked."""


class RemoteError(RuntimeError):
    """The work raised an exception, or could not be sent or returned: the message tells all."""


class Worker:
    """One process, started at the first call and again after every death.

    It is spawned, not forked: nothing of the caller's threads, locks or random state is in it.
    Its standard output is the caller's standard error. When the caller dies, however it dies, the
    worker and all that it started die with it.
    """

    def __init__(self, initializer: Initializer, arguments: tuple[Any, ...]) -> None:
        self._prepare = (initializer, arguments)
        self._process: Any = None
        self._pipe: Any = None
        self._cancelled = threading.Event()

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        time_limit: float | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> Any:
        """Call a function in the process and wait for its result.

        Args:
            time_limit: seconds after which the process is killed; starting it does not count.
            tick: called many times a second while waiting.

        Raises:
            WorkerLost: the process died.
            TimeoutError: the time limit was reached.
            CancelledError: :meth:`cancel` was called.
            RemoteError: the function raised an exception.
        """
        if self._cancelled.is_set():
            raise CancelledError
        if self._process is None or not self._process.is_alive():
            self._start(tick)
        self._send((function, arguments))
        self._wait(time_limit, tick, "no result")
        return self._receive()

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return None if self._process is None else self._process.pid

    def cancel(self) -> None:
        """End the call that waits and refuse later ones; may be called from any thread."""
        self._cancelled.set()

    def stop(self) -> None:
        """End the process and everything it started."""
        if self._process is None:
            return
        process, self._process = self._process, None
        self._pipe.close()
        process.terminate()
        process.join(_GRACE)
        if process.is_alive():
            process.kill()
            process.join()
        kill_marked(process.pid)

    def _start(self, tick: Callable[[], None]) -> None:
        self.stop()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getpid()), daemon=True)
        with _outside_the_job():
            process.start()
        theirs.close()
        self._process = process
        # Through the pipe, where what cannot be sent or read is an error with an answer.
        try:
            self._send(self._prepare)
            self._wait(_LONGEST_START, tick, "not ready")
            self._receive()
        except BaseException:
            self.stop()  # half prepared it would take a task for its preparation
            raise

    def _wait(self, limit: float | None, tick: Callable[[], None], what: str) -> None:
        deadline = time.monotonic() + (limit or float("inf"))
        while not self._answered():
            tick()
            if self._cancelled.is_set():
                self.stop()
                raise CancelledError
            if time.monotonic() > deadline:
                self.stop()
                raise TimeoutError(f"{what} within {limit:g} s")

    def _send(self, message: Any) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            raise WorkerLost(self._obituary()) from None
        except Exception as error:
            raise RemoteError(f"the task cannot be sent: {told(error)}") from None

    def _answered(self) -> bool:
        return bool(multiprocessing.connection.wait([self._pipe, self._process.sentinel], _TICK))

    def _receive(self) -> Any:
        try:
            raised, answer = self._pipe.recv()
        except (EOFError, OSError):
            raise WorkerLost(self._obituary()) from None
        except Exception as error:
            raise RemoteError(f"the result cannot be read: {told(error)}") from None
        if raised:
            raise RemoteError(answer)
        return answer

    def _obituary(self) -> str:
        process = self._process
        process.join(_GRACE)
        code, pid = process.exitcode, process.pid
        self.stop()
        if code is not None and code < 0:
            return f"worker {pid} was killed by {signal_name(-code)}"
        return f"worker {pid} ended with exit code {code}"


@contextlib.contextmanager
def _outside_the_job() -> Iterator[None]:
    """Within: what is started does not take itself for a part of an MPI job that we are in.

    A spawned process reads its environment before any code of ours runs there.
    """
    with _environment_lock:
        before = dict(os.environ)
        for name in before.keys() - without_job(before).keys():
            del os.environ[name]
        try:
            yield
        finally:
            os.environ.update(before)


_environment_lock = threading.Lock()


def _serve(pipe: Any, parent: int) -> None:
    """The process's life: get ready, then answer call after call."""
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    become_subreaper()
    _get_ready(pipe)
    ending: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: _terminated(ending))
    die_with_parent(parent, signal.SIGTERM if is_cancellable() else signal.SIGKILL)
    _say_ready(pipe)
    while not ending and _answer_one(pipe):
        pass
    kill_marked(os.getpid())
    # Not sys.exit: a simulator's left-over threads could hold it up.
    os._exit(0)


def _get_ready(pipe: Any) -> None:
    try:
        initializer, arguments = pipe.recv()
        initializer(*arguments)
    except (EOFError, OSError):
        os._exit(1)
    except Exception as error:
        cannot_evaluate(f"the simulator cannot be set up: {told(error)}")


def _say_ready(pipe: Any) -> None:
    try:
        pipe.send((False, "ready"))
    except OSError:
        os._exit(1)


def _answer_one(pipe: Any) -> bool:
    try:
        function, arguments = pipe.recv()
    except (EOFError, OSError):
        return False
    except Exception as error:
        answer: tuple[bool, Any] = (True, f"the task cannot be read: {told(error)}")
    else:
        answer = _called(function, arguments)
    try:
        pipe.send(answer)
    except OSError:
        return False
    except Exception as error:
        pipe.send((True, f"the result cannot be sent: {told(error)}"))
    return True


def _called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return False, function(*arguments)
    except Exception as error:
        return True, told(error)


def _terminated(ending: list[bool]) -> None:
    ending.append(True)
    if not cancel_here():
        kill_marked(os.getpid())
        os._exit(128 + signal.SIGTERM)

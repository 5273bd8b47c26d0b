"""Executors on this machine: worker processes, and the calling process itself."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from simhelm.calibration.study.worker import Initializer, Worker


def local_executor(workers: int, initializer: Initializer | None = None) -> Executor:
    """So many worker processes, or with 0 this process alone."""
    if workers == 0:
        return SerialExecutor()
    return WorkerPool(workers, initializer or _nothing, ())


def _nothing() -> None:
    """Workers need no preparation."""


class WorkerPool(Executor):
    """Spawned processes, each minded by a thread; a dead one costs one call, not the pool.

    Unlike ``concurrent.futures.ProcessPoolExecutor``, which breaks as a whole when a process
    dies, it knows which call was lost (its future raises ``WorkerLost``) and goes on with a new
    process.

    Args:
        workers: number of processes, started when first needed.
        initializer, arguments: called in every new process.
        time_limit: seconds after which a call's process is killed; its future raises TimeoutError.
    """

    def __init__(
        self,
        workers: int,
        initializer: Initializer,
        arguments: tuple[Any, ...],
        time_limit: float | None = None,
    ) -> None:
        self.num_workers = workers
        self._calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._time_limit = time_limit
        self._running: dict[Future[Any], Worker] = {}
        self._workers = [Worker(initializer, arguments) for _ in range(workers)]
        self._threads = [
            threading.Thread(target=self._mind, args=(worker,), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function in the next free process; keyword arguments are not taken."""
        if kwargs:
            raise TypeError("submit: keyword arguments cannot be sent")
        future: Future[Any] = Future()
        self._calls.put((future, fn, args))
        return future

    def where(self, future: Future[Any]) -> str:
        """Which process works on a future, for messages."""
        worker = self._running.get(future)
        return "waiting for a worker" if worker is None else f"worker {worker.pid}"

    def cancel_running(self) -> None:
        """End all calls; their futures raise CancelledError."""
        for worker in self._workers:
            worker.cancel()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes and all they started, whatever they do."""
        self.cancel_running()
        for _ in self._threads:
            self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _mind(self, worker: Worker) -> None:
        while (item := self._calls.get()) is not None:
            future, function, arguments = item
            if not future.set_running_or_notify_cancel():
                continue
            self._running[future] = worker
            try:
                result = worker.call(function, *arguments, time_limit=self._time_limit)
            except BaseException as error:  # CancelledError is one
                future.set_exception(error)
            else:
                future.set_result(result)
            finally:
                del self._running[future]
        worker.stop()


class SerialExecutor(Executor):
    """Calls at once, in the calling process: no crash is survived and no limit is kept."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function; the future is done on return."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

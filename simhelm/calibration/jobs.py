"""Durable jobs: what has a result is not done again; each result is kept as soon as it is there.

Any ``concurrent.futures`` executor serves: worker processes, this process, MPI ranks, dask.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from simhelm.experiments.atomic_write import atomic_write
from simhelm.experiments.jsonl import append_rows, read_rows

log = logging.getLogger(__name__)

Result = TypeVar("Result")
# Arguments may be large: so many jobs are under way, or two a worker where these are more.
_AHEAD = 16
# Results between two reports.
_REPORT_EVERY = 50


@dataclasses.dataclass(frozen=True)
class Job(Generic[Result]):
    """A call whose result depends on nothing that its key does not say."""

    key: str
    function: Callable[..., Result]
    arguments: tuple[Any, ...] = ()


class ResultStore(Protocol[Result]):
    """Results by key that outlive the process."""

    def get(self, key: str) -> Result | None:
        """The result, None where there is none."""

    def put(self, key: str, result: Result) -> None:
        """Keep a result."""


class LineStore(Generic[Result]):
    """Small results as rows of a JSON-lines file; a row that a crash tore is left out.

    Args:
        path: of the file, made with the first result.
        to_cell, of_cell: between a result and what JSON can hold.
    """

    def __init__(
        self, path: Path, to_cell: Callable[[Result], Any], of_cell: Callable[[Any], Result]
    ) -> None:
        self.path, self._to_cell = path, to_cell
        self._known = {str(key): of_cell(cell) for key, cell in read_rows(path, 2)}

    def get(self, key: str) -> Result | None:
        """The result, None where there is none."""
        return self._known.get(key)

    def put(self, key: str, result: Result) -> None:
        """Append a row."""
        self._known[key] = result
        append_rows(self.path, [[key, self._to_cell(result)]])


@dataclasses.dataclass(frozen=True)
class FileStore(Generic[Result]):
    """Each result in a file of its own, which appears as a whole or not at all.

    Attributes:
        file: of a key.
        write, read: a result to a path, and back.
    """

    file: Callable[[str], Path]
    write: Callable[[Path, Result], None]
    read: Callable[[Path], Result]

    def get(self, key: str) -> Result | None:
        """The result, None where there is none."""
        path = self.file(key)
        return self.read(path) if path.exists() else None

    def put(self, key: str, result: Result) -> None:
        """Write the file."""
        path = self.file(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as part:
            self.write(part, result)


def run_jobs(
    jobs: Iterable[Job[Result]],
    executor: Executor,
    store: ResultStore[Result] | None = None,
    *,
    what: str = "jobs",
) -> Iterator[tuple[str, Result]]:
    """Keys and results: stored ones at once, the others as they end.

    Args:
        jobs: of different keys; taken one by one as executors become free.
        executor: who does them; no result depends on it. With ``num_workers``, as those of this
            machine and of MPI have, all its workers are kept busy.
        store: of results that are kept; None keeps nothing.
        what: they are called in the log.

    Raises:
        Exception: what a job raised, its key logged; results that were kept stay.
    """
    ahead = max(_AHEAD, 2 * getattr(executor, "num_workers", 0))
    running: dict[Future[Result], str] = {}
    done = known = 0
    try:
        for job in jobs:
            result = None if store is None else store.get(job.key)
            if result is not None:
                known += 1
                yield job.key, result
                continue
            running[executor.submit(job.function, *job.arguments)] = job.key
            for found in _ended(running, store, patient=len(running) >= ahead):
                done = _counted(done, what)
                yield found
        while running:
            for found in _ended(running, store, patient=True):
                done = _counted(done, what)
                yield found
    finally:
        for future in running:
            future.cancel()
    log.info("%s: %d done, %d known before", what, done, known)


def _ended(
    running: dict[Future[Result], str], store: ResultStore[Result] | None, *, patient: bool
) -> Iterator[tuple[str, Result]]:
    """Take away what has ended, waiting for one at least where ``patient``."""
    wait(running, None if patient else 0, FIRST_COMPLETED)
    ended = [(running.pop(future), future) for future in list(running) if future.done()]
    # All are kept before any is looked at: another's failure, or a caller that stops, costs none.
    if store is not None:
        for key, future in ended:
            if not future.cancelled() and future.exception() is None:
                store.put(key, future.result())
    for key, future in ended:
        try:
            result = future.result()
        except Exception:
            log.exception("job %s failed", key)
            raise
        yield key, result


def _counted(done: int, what: str) -> int:
    if (done + 1) % _REPORT_EVERY == 0:
        log.info("%s: %d done", what, done + 1)
    return done + 1

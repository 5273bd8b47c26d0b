"""Trials on the ranks of an MPI communicator that the caller gives."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from simhelm.calibration.study.dispatcher import Evaluators
from simhelm.calibration.study.evaluation import evaluate_here, install, is_pure
from simhelm.calibration.study.problem_source import ProblemSource
from simhelm.calibration.study.trial import Outcome, Task
from simhelm.calibration.study.worker import Worker
from simhelm.core.errors import ConfigurationError

log = logging.getLogger(__name__)

_QUERY, _ANSWER, _CANCEL = 1, 2, 3
# Seconds that ranks get to answer, and to end what they do.
_PATIENCE, _GRACE = 0.5, 1.0
# Seconds between looks for a message, at most: several pass between two trials of a rank.
_POLL = 2e-4
# Beside a trial's own limit, how long a rank may keep its answer.
_SLACK = 60.0


@dataclasses.dataclass(frozen=True)
class Ranks:
    """MPI ranks: rank 0 runs the study, the others evaluate in :func:`serve`.

    Attributes:
        communicator: given by the caller.
        ranks_per_trial: ranks that evaluate a trial together, for a ``ParallelProblem``.
        abort_code: exit code of the job where ranks must be stopped by force.
    """

    communicator: Any
    ranks_per_trial: int = 1
    abort_code: Callable[[], int] = lambda: 1

    @contextlib.contextmanager
    def open(self, source: ProblemSource, time_limit: float | None) -> Iterator[Evaluators]:
        """Send the problem to the ranks and let them work until the end of the context."""
        from mpi4py.futures import MPICommExecutor

        workers = (self.communicator.size - 1) // self.ranks_per_trial
        if workers < 1:
            raise ConfigurationError(
                f"{self.communicator.size} rank(s) are too few: one runs the study, and "
                f"{self.ranks_per_trial} evaluate a trial; start more with mpiexec -n"
            )
        self.communicator.bcast(_Order(source, time_limit, self.ranks_per_trial), root=0)
        side, leaders, _ = _split(self.communicator, self.ranks_per_trial)
        board = _Board(side)
        with MPICommExecutor(leaders, root=0, backoff=_POLL) as executor:
            assert executor is not None, "rank 0 is the root"
            tracked = _Tracked(executor)
            try:
                yield Evaluators(
                    tracked,
                    evaluate_on_rank,
                    capacity=2 * workers,
                    where=lambda future, slot: board.where(slot),
                    cancel=board.cancel,
                    lost_after=None if time_limit is None else time_limit + _SLACK,
                )
            except BaseException:
                board.cancel()
                if not tracked.ends_within(_GRACE):
                    log.warning("ranks are busy that cannot be interrupted: the job is aborted")
                    self.communicator.Abort(self.abort_code())
                raise


def dismiss(communicator: Any) -> None:
    """Tell the ranks that wait in :func:`serve` that there is no study."""
    communicator.bcast(None, root=0)


def serve(communicator: Any) -> None:
    """Evaluate trials for rank 0, study after study, until it calls :func:`dismiss`.

    To be called on every other rank of the communicator.
    """
    while (order := communicator.bcast(None, root=0)) is not None:
        _serve_one(communicator, order)


def _serve_one(communicator: Any, order: _Order) -> None:
    global _station  # noqa: PLW0603 - executors cannot carry it along
    side, leaders, group = _split(communicator, order.ranks_per_trial)
    _station = _Station(order, side, group)
    try:
        if leaders is None:
            _station.follow()  # nothing, for a rank that is left over
        else:
            from mpi4py.futures import MPICommExecutor

            with MPICommExecutor(leaders, root=0):
                pass
            _station.dismiss_followers()
    finally:
        _station.close()


def evaluate_on_rank(task: Task) -> Outcome:
    """Evaluate a task on this rank, or on this rank's group."""
    if _station is None:
        raise RuntimeError("serve() was not called on this rank")
    return _station.evaluate(task)


@dataclasses.dataclass(frozen=True)
class _Order:
    source: ProblemSource
    time_limit: float | None
    ranks_per_trial: int


class _Station:
    """A rank's work place: the problem here if it is pure, else in a process beside.

    A crash of a rank would end the whole job; that of the process beside costs a trial.
    """

    def __init__(self, order: _Order, side: Any, group: Any) -> None:
        self._side, self._group = side, group
        self._time_limit = order.time_limit
        self._slot = -1
        self._cancelled = False
        self._worker: Worker | None = None
        install(order.source)
        if group is None and not is_pure():
            self._worker = Worker(install, (order.source,))

    def evaluate(self, task: Task) -> Outcome:
        self._look_at_messages()
        if self._cancelled:
            raise CancelledError
        self._slot = task.slot
        try:
            if self._group is not None:
                return self._evaluate_together(task)
            if self._worker is None:
                return self._located(evaluate_here(task))
            limit, tick = self._time_limit, self._look_at_messages
            answer = self._worker.call(evaluate_here, task, time_limit=limit, tick=tick)
            return self._located(answer)
        finally:
            self._slot = -1

    def follow(self) -> None:
        """Evaluate what the group's leader is told to evaluate."""
        while self._group is not None and (task := self._group.bcast(None, root=0)) is not None:
            evaluate_here(task, communicator=self._group)

    def dismiss_followers(self) -> None:
        if self._group is not None:
            self._group.bcast(None, root=0)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._look_at_messages()

    def _evaluate_together(self, task: Task) -> Outcome:
        self._group.bcast(task, root=0)
        return self._located(evaluate_here(task, communicator=self._group))

    def _located(self, outcome: Outcome) -> Outcome:
        return dataclasses.replace(outcome, where=f"{outcome.where} rank {self._side.rank}")

    def _look_at_messages(self) -> None:
        """Answer rank 0 if it asks what is going on here, and stop if it says so."""
        while self._side.iprobe(source=0, tag=_QUERY):
            self._side.recv(source=0, tag=_QUERY)
            self._side.isend((self._side.rank, self._slot), dest=0, tag=_ANSWER).wait()
        if self._side.iprobe(source=0, tag=_CANCEL):
            self._side.recv(source=0, tag=_CANCEL)
            self._cancelled = True
            if self._worker is not None:
                self._worker.cancel()


_station: _Station | None = None


class _Tracked(Executor):
    """Another executor, and which of its futures are not done."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self._pending: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def ends_within(self, patience: float) -> bool:
        """Whether everything is done, after some patience; what has not begun is dropped."""
        for future in list(self._pending):
            future.cancel()
        return not concurrent.futures.wait(list(self._pending), patience).not_done


class _Board:
    """Rank 0's knowledge of the others: asked for when it is needed, as that is rarely."""

    def __init__(self, side: Any) -> None:
        self._side = side

    def where(self, slot: int) -> str:
        """The rank that evaluates a slot, as far as ranks answer."""
        answers = self._ask()
        for rank, at_work in answers.items():
            if at_work == slot:
                return f"rank {rank}"
        silent = sorted(set(range(1, self._side.size)) - answers.keys())
        return f"one of the ranks {silent} (busy in the simulator)" if silent else "a rank"

    def cancel(self) -> None:
        """Ask every rank to stop; a simulator in a rank's own process is not interrupted."""
        for rank in range(1, self._side.size):
            self._side.isend(None, dest=rank, tag=_CANCEL)

    def _ask(self) -> dict[int, int]:
        while self._side.iprobe(tag=_ANSWER):  # late ones, to an earlier question
            self._side.recv(tag=_ANSWER)
        for rank in range(1, self._side.size):
            self._side.isend(None, dest=rank, tag=_QUERY)
        answers: dict[int, int] = {}
        deadline = time.monotonic() + _PATIENCE
        while len(answers) < self._side.size - 1 and time.monotonic() < deadline:
            if self._side.iprobe(tag=_ANSWER):
                rank, slot = self._side.recv(tag=_ANSWER)
                answers[rank] = slot
            else:
                time.sleep(0.005)
        return answers


def _split(communicator: Any, ranks_per_trial: int) -> tuple[Any, Any, Any]:
    """Communicators of our own: all ranks; rank 0 and the leaders; the group of this rank.

    The last two are None on ranks that are no part of them, and with one rank a trial there are
    no groups.
    """
    from mpi4py import MPI

    side = communicator.Dup()
    place = communicator.rank - 1
    whole_groups = (communicator.size - 1) // ranks_per_trial
    is_member = 0 <= place < whole_groups * ranks_per_trial
    leads = place < 0 or (is_member and place % ranks_per_trial == 0)
    leaders = communicator.Split(0 if leads else MPI.UNDEFINED)
    grouped = is_member and ranks_per_trial > 1
    group = communicator.Split(place // ranks_per_trial if grouped else MPI.UNDEFINED)
    none = MPI.COMM_NULL
    return side, None if leaders == none else leaders, None if group == none else group

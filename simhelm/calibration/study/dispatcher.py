"""Sends trials to an executor, takes results as they come, and never waits in silence."""

from __future__ import annotations

import dataclasses
import logging
import queue
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from pathlib import Path

from simhelm.calibration.study.store import Store, now
from simhelm.calibration.study.trial import Outcome, StopRule, Task, Trial
from simhelm.calibration.study.worker import RemoteError, WorkerLost
from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics

log = logging.getLogger(__name__)

# A result is durable after so many seconds, even if its batch goes on.
_LONGEST_UNSAVED = 0.05
_TICK = 0.1
# How long a simulator that was asked to stop may take before it is given up.
_GRACE = 0.9
# Seconds between sentences about what is waited for; doubled every time.
_FIRST_WORD = 60.0


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The loop ends before its trials do; what ran is queued again."""


@dataclasses.dataclass(frozen=True)
class Evaluators:
    """Who evaluates.

    Attributes:
        executor: any ``concurrent.futures.Executor``.
        function: what it calls with a task.
        capacity: tasks to have under way.
        where: who works on a future, for messages.
        cancel: ends what runs.
        lost_after: seconds after which a trial without an answer is given up; None for never.
    """

    executor: Executor
    function: Callable[[Task], Outcome]
    capacity: int
    where: Callable[[Future[Outcome], int], str] = lambda future, slot: "a worker"
    cancel: Callable[[], None] = lambda: None
    lost_after: float | None = None


@dataclasses.dataclass
class _Flight:
    trial: Trial
    future: Future[Outcome]
    since: float
    rule: StopRule | None


class Dispatcher:
    """Keeps an executor busy with trials and the store up to date.

    Args:
        evaluators: who evaluates.
        store: where results go.
        folder: under which trials get a directory of their own; None if they need none.
        stop: asks to end, from a signal handler or another thread.
        deadline: ``time.monotonic()`` at which to end, None for never.
        retries, retry_on: see ``FailureTable``.
        finished: called with every finished trial.
    """

    def __init__(
        self,
        evaluators: Evaluators,
        store: Store,
        *,
        folder: Path | None,
        stop: Cancellation,
        deadline: float | None = None,
        retries: int = 0,
        retry_on: tuple[str, ...] = (),
        finished: Callable[[Trial], None] = lambda trial: None,
    ) -> None:
        self._evaluators, self._store, self._folder = evaluators, store, folder
        self._stop, self._deadline = stop, deadline
        self._retries, self._retry_on = retries, retry_on
        self._finished = finished
        self._flights: dict[Future[Outcome], _Flight] = {}
        self._landed: queue.SimpleQueue[Future[Outcome]] = queue.SimpleQueue()
        self._saved = time.monotonic()
        self._next_word = _FIRST_WORD
        self._tries: dict[int, int] = {}
        self._curves: dict[int, tuple[tuple[float, float], ...]] = {}

    @property
    def under_way(self) -> int:
        """Trials that were sent and have not come back."""
        return len(self._flights)

    @property
    def has_room(self) -> bool:
        """Whether another trial would keep somebody busy."""
        return len(self._flights) < self._evaluators.capacity

    def run(self, trials: list[Trial], rule: StopRule | None) -> None:
        """Evaluate trials; returns when all are finished.

        Raises:
            Stopped: asked to end, or out of time; unfinished trials are queued.
        """
        waiting: Iterator[Trial] = iter(trials)
        remaining = len(trials)
        while remaining:
            while self.has_room and (trial := next(waiting, None)) is not None:
                self.send(trial, rule)
            remaining -= len(self.wait())

    def send(self, trial: Trial, rule: StopRule | None = None) -> None:
        """Send a trial off."""
        self._check_stop()
        trial.state, trial.attempts = "running", trial.attempts + 1
        self._store.save([trial])
        task = Task(
            trial.series, trial.slot, trial.config, trial.seed, trial.budget,
            self._fresh_directory(trial), rule,
        )  # fmt: skip
        future = self._evaluators.executor.submit(self._evaluators.function, task)
        self._flights[future] = _Flight(trial, future, time.monotonic(), rule)
        future.add_done_callback(self._landed.put)

    def wait(self) -> list[Trial]:
        """Wait for results; gives trials that finished, at least one unless a retry was due.

        Raises:
            Stopped: see :meth:`run`.
        """
        landed = [self._next_landed()]
        while not self._landed.empty():
            landed.append(self._landed.get())
        done = [trial for future in landed if (trial := self._settle(future)) is not None]
        self._commit_now_and_then()
        return done

    def curve(self, slot: int) -> tuple[tuple[float, float], ...]:
        """The learning curve that a trial of this process brought along."""
        return self._curves.pop(slot, ())

    def _next_landed(self) -> Future[Outcome]:
        while True:
            self._check_stop()
            try:
                return self._landed.get(timeout=_TICK)
            except queue.Empty:
                self._store.commit()
                self._give_up_on_the_lost()
                self._say_what_is_awaited()

    def _settle(self, future: Future[Outcome]) -> Trial | None:
        flight = self._flights.pop(future, None)
        if flight is None:  # given up before
            return None
        trial, outcome = flight.trial, outcome_of(future)
        if outcome.metrics.end_reason is EndReason.INTERRUPTED:
            # Only a stop interrupts; the trial is as if it had never started.
            self._queue_again(trial)
            return None
        if self._is_retried(trial, outcome.metrics):
            self._store.note("retry", outcome.metrics.details, trial.slot)
            log.warning("trial %d: %s; tried again", trial.slot, first_line(outcome.metrics))
            self.send(trial, flight.rule)
            return None
        trial.settle(outcome, now())
        self._store.save([trial])
        self._store.save_curve(trial, outcome.curve)
        if outcome.curve:
            self._curves[trial.slot] = outcome.curve
        self._finished(trial)
        return trial

    def _is_retried(self, trial: Trial, metrics: Metrics) -> bool:
        reason = metrics.end_reason
        if reason.succeeded or self._tries.get(trial.slot, 0) >= self._retries:
            return False
        # A signal's number stands first in its details.
        named = f"{reason.label}:{_number(metrics.details)}"
        retried = {EndReason.WORKER_LOST.label, *self._retry_on}
        if reason.label not in retried and named not in retried:
            return False
        # Counted in this process only: being killed and resumed must not use tries up.
        self._tries[trial.slot] = self._tries.get(trial.slot, 0) + 1
        return True

    def _fresh_directory(self, trial: Trial) -> str | None:
        """A name that no earlier attempt used, so that no earlier output can be taken for new."""
        if self._folder is None:
            return None
        while True:
            path = self._folder / f"{trial.series}-{trial.slot:06d}-{trial.attempts}"
            if not path.exists():
                return str(path)
            trial.attempts += 1

    def _commit_now_and_then(self) -> None:
        instant = time.monotonic()
        if instant - self._saved > _LONGEST_UNSAVED:
            self._store.commit()
            self._saved = instant

    def _check_stop(self) -> None:
        out_of_time = self._deadline is not None and time.monotonic() > self._deadline
        if self._stop.is_set or out_of_time:
            self._abandon()
            raise Stopped("out of time" if out_of_time else "asked to stop")

    def _abandon(self) -> None:
        """End what runs; keep what comes back in time, queue the rest."""
        self._evaluators.cancel()
        deadline = time.monotonic() + _GRACE
        while self._flights and (left := deadline - time.monotonic()) > 0:
            try:
                self._settle_without_retry(self._landed.get(timeout=left))
            except queue.Empty:
                break
        for flight in self._flights.values():
            self._queue_again(flight.trial)
        self._flights.clear()
        self._store.commit()

    def _queue_again(self, trial: Trial) -> None:
        trial.state = "queued"
        self._store.save([trial])
        self._store.note("interrupted", "will be evaluated again", trial.slot)

    def _settle_without_retry(self, future: Future[Outcome]) -> None:
        retries, self._retries = self._retries, 0
        try:
            self._settle(future)
        finally:
            self._retries = retries

    def _give_up_on_the_lost(self) -> None:
        limit = self._evaluators.lost_after
        if limit is None:
            return
        for flight in list(self._flights.values()):
            waited = time.monotonic() - flight.since
            if flight.future.running() and waited > limit:
                where = self._evaluators.where(flight.future, flight.trial.slot)
                raise WorkerLost(
                    f"{where} has not answered on trial {flight.trial.slot} for {waited:.0f} s; "
                    "it cannot be replaced from here: run the same command again"
                )

    def _say_what_is_awaited(self) -> None:
        if not self._flights:
            return
        oldest = min(self._flights.values(), key=lambda flight: flight.since)
        waited = time.monotonic() - oldest.since
        if waited < _FIRST_WORD:
            self._next_word = _FIRST_WORD
        elif waited > self._next_word:
            self._next_word *= 2
            where = self._evaluators.where(oldest.future, oldest.trial.slot)
            log.info("waiting on %s, trial %d, %.0f s", where, oldest.trial.slot, waited)


def outcome_of(future: Future[Outcome]) -> Outcome:
    """The result of a future, exceptions as the reasons that they stand for."""
    try:
        return future.result()
    except CancelledError:
        return _failure(EndReason.INTERRUPTED, "")
    except WorkerLost as error:
        return _failure(EndReason.WORKER_LOST, str(error))
    except TimeoutError as error:
        return _failure(EndReason.TIMEOUT, str(error))
    except RemoteError as error:
        return _failure(EndReason.EXCEPTION, str(error))
    except Exception as error:  # an executor of the caller's
        return _failure(EndReason.EXCEPTION, f"{type(error).__name__}: {error}")


def _failure(reason: EndReason, details: str) -> Outcome:
    return Outcome(Metrics.failure(reason, cost=0.0, details=details))


def _number(details: str) -> str:
    return next((word for word in details.split() if word.isdigit()), "")


def first_line(metrics: Metrics) -> str:
    """What happened, short."""
    return f"{metrics.end_reason.label}: {metrics.details.partition(chr(10))[0]}"

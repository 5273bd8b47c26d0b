"""A series without batches: whenever a trial ends, the next one is asked for.

Nobody waits for the slowest of a batch; in exchange the trials depend on who ends first. A
resumed series still puts every question in the order in which it was put, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simhelm.calibration.study.dispatcher import Dispatcher
from simhelm.calibration.study.plan import Request
from simhelm.calibration.study.series import Series
from simhelm.calibration.study.store import Store
from simhelm.calibration.study.trial import Trial


def run_asynchronously(series: Series, store: Store, dispatcher: Dispatcher) -> None:
    """Evaluate what is missing of a series, keeping every worker busy.

    Raises:
        FailureStop, Stopped, StoreError: see there; what was finished is recorded.
    """
    _Asynchronous(series, store, dispatcher).run()


class _Asynchronous:
    def __init__(self, series: Series, store: Store, dispatcher: Dispatcher) -> None:
        self._series, self._store, self._dispatcher = series, store, dispatcher
        self._curves: Mapping[int, Sequence[tuple[float, float]]] = {}
        self._told = 0
        self._cost = 0.0
        self._next_slot = 0

    def run(self) -> None:
        if self._series.thresholds is not None:
            self._curves = self._store.curves(self._series.name)
        waiting = self._replay(self._store.trials(self._series.name))
        for trial in waiting:
            if trial.state == "finished":  # and the process was killed before it was told
                self._tell(trial)
                self._store.save([trial])
                continue
            self._dispatcher.send(trial, self._series.rule())
            while not self._dispatcher.has_room:
                self._take()
        while self._send_new() or self._dispatcher.under_way:
            self._take()
        self._store.commit()

    def _send_new(self) -> bool:
        sent = False
        while self._dispatcher.has_room and self._may_go_on():
            trial = self._ask(None)
            self._store.save([trial])
            self._dispatcher.send(trial, self._series.rule())
            sent = True
        return sent

    def _may_go_on(self) -> bool:
        series = self._series
        affordable = series.max_cost is None or self._cost < series.max_cost
        return self._next_slot < series.limit and affordable

    def _take(self) -> None:
        for trial in self._dispatcher.wait():
            self._tell(trial)
            self._store.save([trial])

    def _ask(self, known: Trial | None) -> Trial:
        slot = self._next_slot
        self._next_slot += 1
        (request,) = self._series.plan.requests() or [Request()]
        if self._series.search is not None:
            self._series.search.begin(slot)
        return self._series.trial(slot, slot, self._told, request, known)

    def _tell(self, trial: Trial) -> None:
        self._series.plan.take([trial], self._series.search)
        trial.told = self._told
        self._told += 1
        self._cost += trial.cost
        self._series.learn([trial], self._curves, self._dispatcher)

    def _replay(self, history: list[Trial]) -> list[Trial]:
        """Ask and tell as before; gives the trials that were asked for and not finished."""
        answers = sorted((t for t in history if t.told is not None), key=lambda t: t.told or 0)
        for trial in history:
            while self._told < trial.asked_after:
                self._tell(answers[self._told])
            self._ask(trial)
        for trial in answers[self._told :]:
            self._tell(trial)
        return [trial for trial in history if trial.told is None]

"""What a person sees while a study runs: a bar on a terminal, one line a trial elsewhere."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from simhelm.calibration.study.definition import Definition
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.errors import DirectoryError
from simhelm.experiments.terminal import progress_bar

log = logging.getLogger(__name__)


class _Teller:
    """Counts trials and keeps the best value of the first objective."""

    def __init__(self, directory: Path, definition: Definition) -> None:
        self.total = definition.config.trials
        self._objective, self._direction = definition.objectives[0]
        self.done = 0
        self._best: float | None = None
        # A study that does not exist yet has none.
        with contextlib.suppress(DirectoryError):
            view = StudyView(directory)
            self.done = sum(
                c["trials"]
                for c in view.counts()
                if c["series"] == "search" and c["state"] == "finished"
            )
            for trial in view.best():
                self._take(trial)

    def line(self, trial: Trial) -> str:
        if trial.series == "search":
            self.done += 1
            self._take(trial)
        where = f"{'trial' if trial.series == 'search' else trial.series} {trial.slot}"
        reason = trial.end_reason.label if trial.end_reason else ""
        values = ", ".join(f"{name} = {value:.6g}" for name, value in trial.values.items())
        settings = ", ".join(f"{name} = {value}" for name, value in trial.config.items())
        # Parameters stand beside a failure, so that it can be understood from the log alone.
        what = values or f"{trial.details.partition(chr(10))[0]} [{settings}]"
        return f"{where}: {reason}: {what}"

    @property
    def best(self) -> str:
        return "" if self._best is None else f"best {self._objective} = {self._best:.6g}"

    def _take(self, trial: Trial) -> None:
        value = trial.values.get(self._objective)
        if value is None or not trial.succeeded:
            return
        better = self._best is None or (value < self._best) == (self._direction == "minimize")
        self._best = value if better else self._best


@contextlib.contextmanager
def progress(
    directory: Path, definition: Definition, visible: bool
) -> Iterator[Callable[[Trial], None]]:
    """Within: a function to call with every finished trial."""
    teller = _Teller(directory, definition)
    if visible and not sys.stderr.isatty():
        yield lambda trial: _print_line(teller, trial)
        return
    with progress_bar(enabled=visible) as move:

        def show(trial: Trial) -> None:
            line = teller.line(trial)
            if trial.failed:
                log.warning("%s", line)
            move(teller.done, teller.total, teller.best or "starting")

        yield show


def _print_line(teller: _Teller, trial: Trial) -> None:
    line = teller.line(trial)
    log.info("[%d/%d] %s; %s", teller.done, teller.total, line, teller.best or "no result yet")

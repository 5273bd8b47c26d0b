"""Studies, as the verbs of the command line see them."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simhelm.calibration.study.definition import Definition, from_table
from simhelm.calibration.study.dispatcher import Stopped
from simhelm.calibration.study.earlier import forked_trials, optuna_trials
from simhelm.calibration.study.executors import by_name
from simhelm.calibration.study.mpi import Ranks, dismiss, serve
from simhelm.calibration.study.outcome import outcome, outcome_cells, records, verdict
from simhelm.calibration.study.progress import progress
from simhelm.calibration.study.report import report_page, write_report
from simhelm.calibration.study.study import LAYOUT, Execution, Study
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError, Interrupted, SimhelmError
from simhelm.experiments.directory import remove
from simhelm.experiments.kinds import Options, Shown, Status
from simhelm.experiments.lock import exclusive
from simhelm.experiments.ranks import leading, uses_mpi, world
from simhelm.experiments.signals import interruptible, signals

log = logging.getLogger("simhelm")

Earlier = Callable[[Definition], list[Trial]]


class _Studies:
    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        def define() -> Study:
            definition = from_table(table, file.parent.resolve(), str(file))
            if options.overwrite:
                _remove(directory)
            return Study(options.fork or directory, definition)

        return _outcome(self.execute(define, options, _earlier(directory, options)))

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        return _outcome(self.execute(lambda: Study.stored(directory, options.changes), options))

    def execute(
        self, define: Callable[[], Study], options: Options, earlier: Earlier | None = None
    ) -> Study | None:
        """Run a study to its end or until a signal; None on ranks that only helped.

        Args:
            define: makes the study, where it is run.
            earlier: gives the trials that a new study's sampler observes first.

        Raises:
            Interrupted: by a signal; what was finished is saved.
        """
        with leading(options.executor, serve, dismiss) as leads:
            if not leads:
                return None
            study = define()
            try:
                _execute(study, options, earlier)
            except SimhelmError:
                log.info("what was finished is in %s", study.directory)
                raise
            return study

    def status(self, directory: Path) -> Status:
        view = StudyView(directory)
        owner, config = view.owner(), view.definition["config"]
        counts = [
            {**count, "end_reason": (count["end_reason"] or "").lower() or None}
            for count in view.counts()
        ]
        finished = (c for c in counts if (c["series"], c["state"]) == ("search", "finished"))
        done = sum(count["trials"] for count in finished)
        running = [trial.slot for trial in view.running()] if owner else []
        facts = {"sampler": view.sampler}
        wanted, title = config["trials"], config["title"]
        return Status(title, owner, done, wanted, "trials", running, counts, facts)

    def show(self, directory: Path, **selection: Any) -> Shown:
        view = StudyView(directory)
        title, series = view.definition["config"]["title"], selection.get("series", "search")
        if selection.get("events"):
            return Shown("Events", view.events())
        if selection.get("best") is not None:
            return Shown(title, records(view, view.best(selection["best"], series)))
        if selection.get("pareto"):
            return Shown(title, records(view, view.pareto(series)))
        if selection.get("trials"):
            return Shown(title, records(view, view.scan(series)))
        rows = outcome(view)
        sentence = verdict(rows, view.objectives[0][0])
        documents = [dataclasses.asdict(row) for row in rows]
        return Shown(title, documents, outcome_cells(view, rows), sentence)

    def report(self, directory: Path) -> Path:
        return write_report(StudyView(directory))

    def page(self, directory: Path) -> str:
        return report_page(StudyView(directory))


STUDY = _Studies()


def _execute(study: Study, options: Options, earlier: Earlier | None) -> None:
    stop = Cancellation()
    with (
        signals(stop) as received,
        progress(study.directory, study.definition, options.visible) as finished,
    ):
        chosen: Any
        if uses_mpi(options.executor):
            chosen = Ranks(world(), options.ranks_per_trial, lambda: 128 + (received() or 0))
        elif options.ranks_per_trial > 1:
            raise ConfigurationError("--ranks-per-trial needs mpiexec, or --ranks")
        else:
            chosen = by_name(options.executor or "processes", options.workers or 1)
        try:
            study.run(Execution(chosen, options.timeout, stop, finished, earlier))
        except Stopped as stopped:
            how, number = f"`simhelm resume {study.directory}` continues it", received()
            if number is not None:
                raise Interrupted(f"interrupted, everything is saved: {how}", number) from None
            log.info("%s: %s", stopped, how)


def _outcome(study: Study | None) -> list[Shown]:
    if study is None:
        return []
    shown = [STUDY.show(study.directory)]
    return shown if study.definition.config.proxy is None else [*shown, _rescored(study)]


def _rescored(study: Study) -> Shown:
    """The winner and the default in the simulator."""
    from simhelm.calibration.proxy.rescoring import FILE, rescore

    with interruptible():
        found = rescore(study)
    log.info("the winner in the simulator: %s", study.directory / FILE)
    rows = [
        {
            "design": row.who,
            "output": row.objective,
            "proxy": f"{row.predicted:.6g}",
            "90 % interval": f"{row.low:.6g} .. {row.high:.6g}",
            "simulator": row.end_reason if row.true is None else f"{row.true:.6g}",
        }
        for row in found
    ]
    return Shown("In the simulator", rows)


def _earlier(directory: Path, options: Options) -> Earlier | None:
    """What gives a new study older trials: the study it is forked from, or Optuna's."""
    url, name = options.from_optuna, options.study_name
    if options.fork is not None and url is not None:
        raise ConfigurationError("give --fork or --from-optuna, not both")
    if options.fork is not None:
        return lambda definition: forked_trials(directory, definition)
    return None if url is None else lambda definition: optuna_trials(url, name, definition)


def _remove(directory: Path) -> None:
    """Delete a study, and nothing else that may be in the directory."""
    if (directory / LAYOUT.marker).is_file():
        with exclusive(directory), contextlib.suppress(FileNotFoundError):
            remove(directory, (LAYOUT.marker, *LAYOUT.results))

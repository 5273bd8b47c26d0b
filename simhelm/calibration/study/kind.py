"""Studies, as the verbs of the command line see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simhelm.calibration.study.outcome import outcome, outcome_cells, records, verdict
from simhelm.calibration.study.view import StudyView
from simhelm.experiments.kinds import Options, Shown, Status

if TYPE_CHECKING:
    from simhelm.calibration.study.study import Study


class _Studies:
    # To look at a study takes neither Optuna nor matplotlib: both are imported where they are used.

    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        from simhelm.calibration.study.running import run_file

        return self._outcome(run_file(table, file, directory, options))

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        from simhelm.calibration.study.study import Study

        return self._outcome(
            self.execute(lambda: Study.stored(directory, options.changes), options)
        )

    def execute(self, define: Callable[[], Study], options: Options) -> Study | None:
        """Run a study to its end, see :func:`simhelm.calibration.study.running.execute`."""
        from simhelm.calibration.study.running import execute

        return execute(define, options)

    def _outcome(self, study: Study | None) -> list[Shown]:
        if study is None:
            return []
        shown = [self.show(study.directory)]
        if study.definition.config.proxy is None:
            return shown
        from simhelm.calibration.study.running import rescored

        return [*shown, rescored(study)]

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
        from simhelm.calibration.study.report import write_report

        return write_report(StudyView(directory))

    def page(self, directory: Path) -> str:
        from simhelm.calibration.study.report import report_page

        return report_page(StudyView(directory))


STUDY = _Studies()

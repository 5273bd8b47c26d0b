"""Steering runs, as the verbs of the command line see them."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.control.configuration import SteeringConfig, parse_config
from simhelm.control.report import write_report
from simhelm.control.run import run_steering
from simhelm.control.run_directory import (
    CONFIG,
    LAYOUT,
    PROVENANCE,
    ROUNDS,
    SUMMARY,
    FinishedRun,
    read_run,
    stored_config,
)
from simhelm.control.summary import as_records, cells, headings, verdict
from simhelm.core.errors import DirectoryError
from simhelm.experiments.kinds import Options, Shown, Status
from simhelm.experiments.lock import owner
from simhelm.experiments.ranks import is_helper
from simhelm.experiments.signals import interruptible
from simhelm.experiments.terminal import progress_bar

log = logging.getLogger("simhelm")


class _SteeringRuns:
    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        if is_helper(options.executor):  # one process steers
            return []
        return _run(parse_config(table, str(file)), directory, file.parent, options)

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        if is_helper(options.executor):
            return []
        if LAYOUT.is_complete(directory):
            log.info("%s: the run is complete", directory)
            return [self.show(directory)]
        return _run(stored_config(directory), directory, Path(), options)

    def status(self, directory: Path) -> Status:
        done = int(LAYOUT.is_complete(directory))
        return Status(stored_config(directory).title, owner(directory), done, 1, "runs")

    def show(self, directory: Path, **selection: Any) -> Shown:
        return _shown(read_run(directory))

    def report(self, directory: Path) -> Path:
        return write_report(read_run(directory))

    def page(self, directory: Path) -> str:
        """Made in a copy of the run, as a report brings its figures along."""
        with tempfile.TemporaryDirectory(prefix="simhelm-report-") as name:
            copy = Path(name) / directory.resolve().name
            copy.mkdir()
            for file in (CONFIG, PROVENANCE, ROUNDS, SUMMARY):
                if (directory / file).is_file():
                    shutil.copy(directory / file, copy)
            try:
                return self.report(copy).read_text(encoding="utf-8")
            except DirectoryError as error:
                raise DirectoryError(str(error).replace(str(copy), str(directory))) from error


STEERING = _SteeringRuns()


def _run(config: SteeringConfig, directory: Path, folder: Path, options: Options) -> list[Shown]:
    with interruptible() as heed, progress_bar(enabled=options.visible) as move:

        def progress(done: int, total: int, name: str) -> None:
            heed()
            move(done, total, name)

        finished = run_steering(
            config, directory, folder=folder, overwrite=options.overwrite, progress=progress
        )
    log.info("report: %s", directory / "report.html")
    return [_shown(finished)]


def _shown(run: FinishedRun) -> Shown:
    above, styles = headings(run.loss_name), {"learner": "bold cyan", "oracle": "dim italic"}
    return Shown(
        run.config.title,
        as_records(run.summary),
        [{text: cells(row)[key] for key, text in above.items()} for row in run.summary],
        verdict(run.summary, run.loss_name),
        [styles.get(row.kind, "") for row in run.summary],
    )

"""Steering runs, as the verbs of the command line see them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.control.steering.definition import SteeringConfig, parse_steering
from simhelm.control.steering.report import report_page, write_report
from simhelm.control.steering.result import LAYOUT, REPORT, FinishedRun, read_run, stored_config
from simhelm.control.steering.run import run_steering
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
        return _run(parse_steering(table, str(file), file.parent), directory, options)

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        if is_helper(options.executor):
            return []
        if LAYOUT.is_complete(directory):
            log.info("%s: the run is complete", directory)
            return [self.show(directory)]
        return _run(stored_config(directory), directory, options)

    def status(self, directory: Path) -> Status:
        done = int(LAYOUT.is_complete(directory))
        return Status(stored_config(directory).title, owner(directory), done, 1, "runs")

    def show(self, directory: Path, **selection: Any) -> Shown:
        return _shown(read_run(directory))

    def report(self, directory: Path) -> Path:
        return write_report(read_run(directory))

    def page(self, directory: Path) -> str:
        return report_page(read_run(directory))


STEERING = _SteeringRuns()


def _run(config: SteeringConfig, directory: Path, options: Options) -> list[Shown]:
    with interruptible() as heed, progress_bar(enabled=options.visible) as move:

        def progress(done: int, total: int, name: str) -> None:
            heed()
            move(done, total, name)

        finished = run_steering(config, directory, overwrite=options.overwrite, progress=progress)
    log.info("report: %s", directory / REPORT)
    return [_shown(finished)]


def _shown(run: FinishedRun) -> Shown:
    styles = {"learner": "bold cyan", "oracle": "dim italic"}
    return Shown(
        run.config.title,
        run.records(),
        run.table(),
        run.verdict(),
        [styles.get(row.kind, "") for row in run.summary],
    )

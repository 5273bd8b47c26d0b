"""What the shared verbs do with a steering run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from simhelm.cli.app import OutputFormat, interruptible, log, print_records

if TYPE_CHECKING:
    from simhelm.control.run_directory import FinishedRun


def run_file(
    table: Mapping[str, Any], file: Path, directory: Path, *, overwrite: bool, form: OutputFormat
) -> None:
    """Steer the environment of a run file by its learners, beside the baselines."""
    from simhelm.control.configuration import parse_config
    from simhelm.control.run import run_steering
    from simhelm.experiments.terminal import progress_bar

    config = parse_config(table, where=str(file))
    visible = log.isEnabledFor(logging.INFO)
    with interruptible() as heed, progress_bar(enabled=visible) as move:

        def progress(done: int, total: int, name: str) -> None:
            heed()
            move(done, total, name)

        finished = run_steering(
            config, directory, folder=file.parent, overwrite=overwrite, progress=progress
        )
    _print_run(finished, form)
    log.info("report: %s", directory / "report.html")


def show(directory: Path, form: OutputFormat) -> None:
    """Print the table of a finished run."""
    from simhelm.control.run_directory import read_run

    _print_run(read_run(directory), form)


def report(directory: Path) -> Path:
    """Write the figures and report.html of a finished run again."""
    from simhelm.control.report import write_report
    from simhelm.control.run_directory import read_run

    return write_report(read_run(directory))


def _print_run(finished: FinishedRun, form: OutputFormat) -> None:
    from simhelm.control.summary import as_records, cells, headings, verdict

    if form is not OutputFormat.table:
        print_records(as_records(finished.summary), form)
        return
    rows = [
        {heading: cells(row)[key] for key, heading in headings(finished.loss_name).items()}
        for row in finished.summary
    ]
    styles = {"learner": "bold cyan", "oracle": "dim italic"}
    print_records(
        rows,
        form,
        title=finished.config.title,
        styles=[styles.get(row.kind, "") for row in finished.summary],
    )
    typer.echo(verdict(finished.summary, finished.loss_name))

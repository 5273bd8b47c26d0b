"""The verbs that look: status, show, report, dashboard; and export, validate, replay of trials."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simhelm.cli.app import (
    EXIT_FAILED,
    DirectoryArgument,
    FormatOption,
    OutputFormat,
    app,
    log,
    print_records,
    print_shown,
)
from simhelm.core.errors import ConfigurationError

if TYPE_CHECKING:
    from simhelm.calibration.study.definition import Definition
    from simhelm.calibration.study.view import StudyView

SeriesOption = Annotated[
    str, typer.Option(help="search, or one of the baselines default, oracle, random.")
]


@app.command()
def status(directory: DirectoryArgument, form: FormatOption = OutputFormat.table) -> None:
    """Show how much is done and which process holds the lock, also while it runs."""
    from simhelm.experiments.kinds import of_directory
    from simhelm.experiments.lock import held_by

    found = of_directory(directory).load().status(directory)
    if form is OutputFormat.json:
        document = dataclasses.asdict(found)
        document |= document.pop("facts") | {"owner": found.owner or None}
        typer.echo(json.dumps(document, indent=2))
    elif form is OutputFormat.csv:
        print_records(found.counts or [{"done": found.done, "wanted": found.wanted}], form)
    else:
        if found.counts:
            print_records(found.counts, form, title=found.title)
        typer.echo(f"{found.title}: {found.done:,} of {found.wanted:,} {found.unit} are done")
        for name, text in found.facts.items():
            typer.echo(f"{name}: {text}")
        running = ", ".join(map(str, found.running))
        held = held_by(found.owner) if found.owner else "no process holds the lock"
        typer.echo(f"{held}; running: {running}" if running else held)


@app.command()
def show(
    directory: DirectoryArgument,
    form: FormatOption = OutputFormat.table,
    best: Annotated[
        int | None, typer.Option(metavar="K", help="The best K trials of a study.", min=1)
    ] = None,
    trials: Annotated[bool, typer.Option("--trials", help="All trials of a study.")] = False,
    pareto: Annotated[bool, typer.Option("--pareto", help="Those that none dominates.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Retries, stops and the like.")] = False,
    series: SeriesOption = "search",
) -> None:
    """Print the outcome of what DIR holds, or trials of a study."""
    from simhelm.experiments.kinds import of_directory

    entry = of_directory(directory)
    selection = {"best": best, "trials": trials, "pareto": pareto, "events": events}
    for name, value in selection.items():
        if value and entry.study is None:
            raise ConfigurationError(f"--{name} belongs to studies; {directory} {entry.does}")
    if any(selection.values()):
        selection |= {"series": series}  # type: ignore[dict-item]
    print_shown([entry.load().show(directory, **selection)], form)


@app.command()
def report(directory: DirectoryArgument) -> None:
    """Write report.html of what DIR holds; prints its path."""
    from simhelm.experiments.kinds import of_directory

    typer.echo(of_directory(directory).load().report(directory))


@app.command()
def dashboard(
    directory: DirectoryArgument,
    host: Annotated[
        str, typer.Option(help="Address to listen at; by default only this machine can connect.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="To listen at; 0 finds a free one.", min=0, max=65535)
    ] = 8080,
) -> None:
    """Show what DIR holds in a browser, also while it runs; Ctrl-C ends it.

    Prints the address of the page. Nothing in DIR is written, and the page cannot change anything.
    """
    from simhelm.cli.dashboard.application import page_of
    from simhelm.cli.dashboard.serving import own_names, serving, wait
    from simhelm.core.cancellation import Cancellation
    from simhelm.experiments.signals import signals

    page = page_of(directory)
    if not own_names(host):
        log.warning("whoever can reach %s can read this study: there is no password", host)
    stop = Cancellation()
    with signals(stop), serving(page.application, host, port) as address:
        typer.echo(f"{address}{page.start}")
        wait(stop)


@app.command()
def export(
    directory: DirectoryArgument,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .parquet, .csv or .json file.")
    ] = None,
    optuna: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="An Optuna storage: sqlite:///f.db, postgresql+psycopg://…"
        ),
    ] = None,
    study_name: Annotated[
        str | None, typer.Option(help="Name of the Optuna study; the directory's by default.")
    ] = None,
) -> None:
    """Write a study's trials into a file, or into an Optuna storage."""
    from simhelm.calibration.study.export import export_table, export_to_optuna
    from simhelm.calibration.study.view import StudyView
    from simhelm.experiments.kinds import study_behind

    view = StudyView(study_behind(directory, "export"))
    if (to is None) == (optuna is None):
        raise ConfigurationError("expected one of --to FILE and --optuna URL")
    if to is not None:
        typer.echo(f"{export_table(view, to)} trials written to {to}")
    elif optuna is not None:
        name = study_name or directory.resolve().name
        count = export_to_optuna(view, optuna, name)
        typer.echo(f"{count} trials written as study {name!r}")


@app.command()
def validate(
    directory: DirectoryArgument,
    best: Annotated[int, typer.Option(metavar="K", help="How many of the best.", min=1)] = 3,
    tolerance: Annotated[
        float, typer.Option(help="Maximum relative difference; 0: bit for bit equal.", min=0)
    ] = 0.0,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Evaluate a study's best trials again and compare; exit code 1 if one differs."""
    from simhelm.calibration.study.replay import compare, fresh_directory, replay
    from simhelm.experiments.signals import interruptible

    view, definition = _stored(directory, "validate")
    rows = []
    with interruptible():
        for trial in view.best(best):
            again = replay(definition, trial, fresh_directory(view.directory, trial))
            rows.append(compare(trial, again, tolerance))
    if not rows:
        raise ConfigurationError(f"{directory}: no trial has a result yet")
    print_records(
        [
            {
                "trial": row.slot,
                "agrees": "ok" if row.agrees else "NO",
                "largest difference": f"{row.largest_difference:.3g}",
                "recorded": row.was,
                "now": row.found,
            }
            for row in rows
        ],
        form,
    )
    if not all(row.agrees for row in rows):
        log.error("some trials gave other results: see the rows marked NO")
        raise typer.Exit(EXIT_FAILED)


@app.command()
def replay(
    directory: DirectoryArgument,
    slot: Annotated[int, typer.Argument(metavar="SLOT", help="Number of the trial.", min=0)],
    series: SeriesOption = "search",
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the command, do not run it.")
    ] = False,
) -> None:
    """Print what evaluates a study's trial, and evaluate it again in a fresh directory."""
    from simhelm.calibration.study.replay import command, compare, fresh_directory
    from simhelm.calibration.study.replay import replay as evaluate_again
    from simhelm.experiments.signals import interruptible

    view, definition = _stored(directory, "replay")
    try:
        trial = view.trial(slot, series)
    except KeyError as error:
        raise ConfigurationError(str(error.args[0])) from None
    folder = fresh_directory(view.directory, trial)
    typer.echo(command(definition, trial, folder))
    if print_only:
        return
    with interruptible():
        again = evaluate_again(definition, trial, folder)
    comparison = compare(trial, again, 0.0)
    typer.echo(f"recorded: {comparison.was}")
    typer.echo(f"now:      {comparison.found}")
    if again.metrics.details:
        typer.echo(again.metrics.details)


def _stored(directory: Path, verb: str) -> tuple[StudyView, Definition]:
    from simhelm.calibration.study.study import Study
    from simhelm.experiments.kinds import study_behind

    study = Study.stored(study_behind(directory, verb))
    return study.view(), study.definition

"""The verbs that look at a run or study: status, show, export, validate, report, replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.cli import monte_carlo, steering, training
from simhelm.cli.app import (
    EXIT_FAILED,
    DirectoryArgument,
    FormatOption,
    OutputFormat,
    app,
    interruptible,
    log,
    print_records,
)
from simhelm.core.errors import ConfigurationError

if TYPE_CHECKING:
    from simhelm.calibration.study.definition import Definition
    from simhelm.calibration.study.trial import Trial
    from simhelm.calibration.study.view import StudyView

SeriesOption = Annotated[
    str, typer.Option(help="search, or one of the baselines default, oracle, random.")
]


def is_study(directory: Path) -> bool:
    """Whether the directory holds a study (and not a steering run)."""
    from simhelm.calibration.study.store import DATABASE

    return (directory / DATABASE).exists()


def print_outcome(view: StudyView, form: OutputFormat) -> None:
    """Print a study's outcome beside its baselines."""
    import dataclasses

    from simhelm.calibration.study.outcome import outcome, outcome_cells, verdict

    rows = outcome(view)
    if form is not OutputFormat.table:
        print_records([dataclasses.asdict(row) for row in rows], form)
        return
    print_records(outcome_cells(view, rows), form, title=view.definition["config"]["title"])
    typer.echo(verdict(rows, view.objectives[0][0]))


@app.command()
def status(directory: DirectoryArgument, form: FormatOption = OutputFormat.table) -> None:
    """Tell how far a study is, also while it runs."""
    from simhelm.calibration.study.view import StudyView

    view = StudyView(directory)
    owner, running = view.owner(), view.running()
    counts = [
        {**count, "end_reason": (count["end_reason"] or "").lower() or None}
        for count in view.counts()
    ]
    if form is OutputFormat.json:
        slots = [trial.slot for trial in running] if owner else []
        typer.echo(
            json.dumps(
                {
                    "owner": owner or None,
                    "wanted": view.definition["config"]["trials"],
                    "sampler": view.sampler,
                    "running": slots,
                    "counts": counts,
                },
                indent=2,
            )
        )
        return
    print_records(counts, form, title=view.definition["config"]["title"])
    if form is OutputFormat.table:
        typer.echo(f"sampler: {view.sampler}")
        _tell_owner(owner, running)


def _tell_owner(owner: dict[str, Any], running: list[Trial]) -> None:
    if owner:
        slots = ", ".join(str(trial.slot) for trial in running) or "none"
        typer.echo(
            f"process {owner.get('pid')} on {owner.get('host')} is at work since "
            f"{owner.get('since')}; trials under way: {slots}"
        )
    else:
        typer.echo("nobody is at work on it")


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
    """Print the outcome of a run or study, or trials of a study."""
    if monte_carlo.is_monte_carlo(directory):
        monte_carlo.show(directory, form)
        return
    if not is_study(directory):
        chosen_show = training.show if training.is_training(directory) else steering.show
        chosen_show(directory, form)
        return
    from simhelm.calibration.study.outcome import records
    from simhelm.calibration.study.view import StudyView

    view = StudyView(directory)
    if events:
        print_records(view.events(), form, title="Events")
    elif best is not None or pareto or trials:
        chosen = (
            view.best(best, series)
            if best is not None
            else view.pareto(series) if pareto else view.scan(series)
        )  # fmt: skip
        print_records(records(view, chosen), form, title=view.definition["config"]["title"])
    else:
        print_outcome(view, form)


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

    if (to is None) == (optuna is None):
        raise ConfigurationError("expected one of --to FILE and --optuna URL")
    view = StudyView(directory)
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
        float, typer.Option(help="Largest relative difference; 0: equal to the bit.", min=0)
    ] = 0.0,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Evaluate the best trials again and compare; exit code 1 if one differs."""
    from simhelm.calibration.study.replay import compare, fresh_directory, replay

    view, definition = _stored(directory)
    rows = []
    with interruptible():
        for trial in view.best(best):
            again = replay(definition, trial, fresh_directory(directory.resolve(), trial))
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
    """Print what evaluates a trial, and evaluate it again in a fresh directory."""
    from simhelm.calibration.study.replay import command, compare, fresh_directory
    from simhelm.calibration.study.replay import replay as evaluate_again

    view, definition = _stored(directory)
    try:
        trial = view.trial(slot, series)
    except KeyError as error:
        raise ConfigurationError(str(error.args[0])) from None
    place = fresh_directory(directory.resolve(), trial)
    typer.echo(command(definition, trial, place))
    if print_only:
        return
    with interruptible():
        again = evaluate_again(definition, trial, place)
    comparison = compare(trial, again, 0.0)
    typer.echo(f"recorded: {comparison.was}")
    typer.echo(f"now:      {comparison.found}")
    if again.metrics.details:
        typer.echo(again.metrics.details)


@app.command()
def report(directory: DirectoryArgument) -> None:
    """Write report.html of a run or study; prints its path."""
    if not is_study(directory):
        write = training.report if training.is_training(directory) else steering.report
        typer.echo(write(directory))
        return
    from simhelm.calibration.study.report import write_report
    from simhelm.calibration.study.view import StudyView

    typer.echo(write_report(StudyView(directory)))


def _stored(directory: Path) -> tuple[StudyView, Definition]:
    from simhelm.calibration.study.study import Study

    study = Study.stored(directory)
    return study.view(), study.definition

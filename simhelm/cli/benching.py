"""The verb ``bench``: comparisons of agents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.cli.app import FormatOption, OutputFormat, app, log, print_records
from simhelm.core.errors import ConfigurationError
from simhelm.experiments.signals import interruptible

if TYPE_CHECKING:
    from simhelm.core.problem import Problem
    from simhelm.papers.exhaustive import ExhaustiveTable
    from simhelm.papers.lottery.sweep import Run

bench = typer.Typer(
    help="Compare agents. Speeds beside those of peers: `make bench` in a checkout.",
    no_args_is_help=True,
)
app.add_typer(bench, name="bench")

FolderOption = Annotated[
    Path, typer.Option(metavar="DIR", help="Keeps tables of all designs and finished runs.")
]


@bench.command()
def lottery(
    domain: Annotated[str, typer.Option(help="accelerator or dram.")] = "accelerator",
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", help="Only these, beside random search (may be repeated)."),
    ] = None,
    tune_on: Annotated[
        str | None, typer.Option(help="Workload (network, trace) for choosing settings.")
    ] = None,
    report_on: Annotated[str | None, typer.Option(help="Workload for the report.")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Evaluations of every run.")] = 100,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of every setting.")] = 6,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 for this one alone.")] = 0,
    folder: FolderOption = Path("runs") / "lottery",
    figure: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw distributions and curves.")
    ] = None,
    log_to: Annotated[
        Path | None,
        typer.Option("--log", metavar="DIR", help="Write every evaluation there, as Parquet."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few agents, short runs.")] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Whole distributions over agents' hyperparameters and seeds, beside random search.

    The best setting on one workload is reported on another. Every run has the same budget, and
    designs evaluated before count again.
    """
    from simhelm.papers.lottery.agents import QUICK_AGENTS, SWEEPS
    from simhelm.papers.lottery.figure import draw_lottery
    from simhelm.papers.lottery.instances import DEFAULTS, Instance
    from simhelm.papers.lottery.statistics import summary
    from simhelm.papers.lottery.sweep import Scale, collect, run_all

    names = _with_random(agents or (QUICK_AGENTS if quick else list(SWEEPS)))
    if quick:
        budget, seeds = min(budget, 40), min(seeds, 2)
    defaults = DEFAULTS.get(domain, ("", ""))
    places = [
        given or default for given, default in zip((tune_on, report_on), defaults, strict=True)
    ]
    if places[0] == places[1] != "":
        raise ConfigurationError("--tune-on and --report-on: expected different workloads")
    tuning, report = (Instance(domain, place, folder, quick) for place in places)
    for instance in (tuning, report):
        instance.problem()  # a mistake shows before the work begins
    with interruptible():
        scale = Scale(budget, seeds, workers, keep=log_to is not None)
        # Evaluations are not in the store of regrets: to log them is to run them.
        known = folder / "regrets.jsonl" if log_to is None else None
        runs = list(run_all(names, tuning, report, scale, known))
    if log_to is not None:
        _log_evaluations(log_to, sorted(runs, key=lambda r: (r.agent, r.setting, r.seed)))
    sweeps = collect(names, tuning, runs)
    if figure is not None:
        draw_lottery(figure, {f"{domain}: {places[1]}, tuned on {places[0]}": sweeps})
        log.info("%s", figure)
    title = f"Regret on {places[1]}, {budget} evaluations; best settings chosen on {places[0]}"
    print_records([summary(sweep) for sweep in sweeps], form, title=title)


def _with_random(agents: Sequence[str]) -> list[str]:
    from simhelm.core.did_you_mean import did_you_mean
    from simhelm.papers.lottery.agents import RANDOM, SWEEPS

    for agent in agents:
        if agent not in SWEEPS:
            hint = did_you_mean(agent, SWEEPS)
            raise ConfigurationError(f"unknown agent {agent!r}; expected {sorted(SWEEPS)}{hint}")
    return [RANDOM, *(agent for agent in agents if agent != RANDOM)]


def _log_evaluations(folder: Path, runs: Sequence[Run]) -> None:
    """A file for each workload, runs in order; the seed is that of the run."""
    from simhelm.calibration.evaluations import Evaluation, write_evaluations

    folder.mkdir(parents=True, exist_ok=True)
    for instance in dict.fromkeys(run.instance for run in runs):
        rows = (
            Evaluation(config, run.seed, None, metrics)
            for run in runs
            if run.instance == instance
            for config, metrics in run.evaluations
        )
        path = folder / f"{instance.domain}-{Path(instance.workload).stem}.parquet"
        log.info("%s: %d evaluations", path, write_evaluations(path, instance.problem(), rows))


@bench.command()
def exhaustive(
    name: Annotated[str, typer.Argument(metavar="PROBLEM", help="A registered problem.")],
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=JSON", help="Keep only this list of values (repeatable)."),
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=JSON", help="An argument of it (repeatable)."),
    ] = None,
    front: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTPUT", help="Of the Pareto front, to be small (repeatable)."),
    ] = None,
) -> None:
    """Evaluate every design of a small problem and store the table as Parquet."""
    import numpy as np

    from simhelm.papers.exhaustive import evaluate_everything

    problem = _restricted(
        _made(name, _assignments("--set", arguments)), _assignments("--only", only)
    )
    _check_front(problem, front or ())
    with interruptible():
        table = evaluate_everything(problem)
    table.write(out)
    failed = int(np.isinf(table.losses).sum())
    if failed == len(table.configs):
        typer.echo(f"{out}: {failed} designs, none of which has a result")
        return
    typer.echo(
        f"{out}: {len(table.configs)} designs, {failed} without a result, smallest loss "
        f"{table.optimum:.6f}"
    )
    if front:
        typer.echo(_front_in_words(table, front))


def _check_front(problem: Problem, names: Sequence[str]) -> None:
    known = [output.name for output in problem.outputs]
    for name in names:
        if name not in known:
            raise ConfigurationError(f"--front: unknown output {name!r}; expected {known}")
    if len(set(names)) < len(names):
        raise ConfigurationError(f"--front: expected different outputs, got {list(names)}")


def _front_in_words(table: ExhaustiveTable, names: Sequence[str]) -> str:
    """The size of the front, and its volume below the worst of every output."""
    import numpy as np

    from simhelm.papers.exhaustive import hypervolume

    points = table.front(names)
    worst = np.array([np.nanmax(table.values[name]) for name in names])
    box = float(np.prod(worst - points.min(axis=0)))
    said = f"front of {', '.join(names)}: {len(points)} points; hypervolume below the worst values "
    if box == 0.0:  # an output that is the same for all designs
        return said + "0, as an output does not vary"
    return said + f"{hypervolume(points, worst) / box:.4f} of the box down to the best"


def _assignments(option: str, words: Sequence[str] | None) -> dict[str, Any]:
    """``NAME=JSON`` as a dictionary."""
    found: dict[str, Any] = {}
    for word in words or ():
        name, sign, text = word.partition("=")
        try:
            found[name] = json.loads(text)
        except ValueError:
            sign = ""
        if not sign:
            raise ConfigurationError(
                f"{option}: expected NAME=JSON, as in rows=[8, 16]; got {word!r}"
            )
    return found


def _made(name: str, arguments: dict[str, Any]) -> Problem:
    from simhelm.experiments.schema import checked_arguments
    from simhelm.simulators.registry import load_problem

    try:
        kind = load_problem(name)
        return kind(**checked_arguments(kind, arguments, "--set"))
    except ConfigurationError:
        raise
    except KeyError as error:
        raise ConfigurationError(str(error.args[0])) from error
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"--set: {error}") from error


def _restricted(problem: Problem, kept: dict[str, Any]) -> Problem:
    from simhelm.core.subspace import Subspace

    for name, values in kept.items():
        if not isinstance(values, list):
            raise ConfigurationError(f"--only: {name}: expected a list of values, got {values!r}")
    try:
        return Subspace(problem, kept) if kept else problem
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"--only: {error}") from error

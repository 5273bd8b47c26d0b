"""The verb ``bench``: comparisons of agents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simhelm.calibration.cli.app import (
    FormatOption,
    OutputFormat,
    app,
    interruptible,
    log,
    print_records,
)
from simhelm.calibration.errors import ConfigurationError

bench = typer.Typer(
    help="Compare agents. Speeds beside those of peers: `make bench` in a checkout.",
    no_args_is_help=True,
)
app.add_typer(bench, name="bench")


@bench.command()
def lottery(
    agents: Annotated[
        list[str] | None, typer.Option("--agent", help="Only these (may be repeated).")
    ] = None,
    tune_on: Annotated[str, typer.Option(help="Network for choosing settings.")] = "mobilenet_v2",
    report_on: Annotated[str, typer.Option(help="Network for the report.")] = "resnet18",
    budget: Annotated[int, typer.Option(min=1, help="Evaluations of every run.")] = 200,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of every setting.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="Few agents, short runs.")] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Whole distributions over agents' hyperparameters and seeds, on the accelerator problem."""
    from simhelm.calibration.exhaustive import evaluate_everything
    from simhelm.calibration.lottery import QUICK_AGENTS, SWEEPS
    from simhelm.simulators.accelerator.problem import Accelerator
    from simhelm.simulators.names import nearest

    chosen = agents or (QUICK_AGENTS if quick else list(SWEEPS))
    for agent in chosen:
        if agent not in SWEEPS:
            hint = nearest(agent, SWEEPS)
            raise ConfigurationError(f"unknown agent {agent!r}; expected {sorted(SWEEPS)}{hint}")
    if quick:
        budget, seeds = min(budget, 40), min(seeds, 2)
    if tune_on == report_on:
        raise ConfigurationError("--tune-on and --report-on: expected different networks")
    try:
        problems = [Accelerator([tune_on]), Accelerator([report_on])]
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    with interruptible():
        log.info("evaluating all designs for the exact optimum ...")
        optima = [evaluate_everything(problem).optimum for problem in problems]
        rows = _rows(problems, optima, chosen, budget, seeds)
    title = f"Regret in ln(us uJ), {budget} evaluations; tuned on {tune_on}, held out {report_on}"
    print_records(rows, form, title=title)


def _rows(
    problems: list[Any], optima: list[float], agents: Any, budget: int, seeds: int
) -> list[dict[str, Any]]:
    import numpy as np

    from simhelm.calibration.lottery import run_sweep, summary

    rows = []
    for agent in agents:
        tuning = run_sweep(
            problems[0], agent, optima[0], budget=budget, seeds=range(seeds), progress=log.info
        )
        # Other seeds than those that the setting was chosen with.
        fresh = range(seeds, 3 * seeds)
        setting = tuning.settings[tuning.chosen()]
        held_out = run_sweep(
            problems[1], agent, optima[1], budget=budget, seeds=fresh, settings=[setting]
        )
        rows.append(summary(tuning, held_out, np.random.default_rng(0)))
    return rows


@bench.command()
def exhaustive(
    name: Annotated[str, typer.Argument(metavar="PROBLEM", help="A registered problem.")],
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
) -> None:
    """Evaluate every design of a small problem and store the table as Parquet."""
    from simhelm.calibration.exhaustive import evaluate_everything
    from simhelm.simulators.registry import load_problem

    try:
        problem = load_problem(name)()
    except KeyError as error:
        raise ConfigurationError(str(error.args[0])) from error
    with interruptible():
        table = evaluate_everything(problem)
    table.write(out)
    typer.echo(f"{out}: {len(table.configs)} designs, smallest loss {table.optimum:.6f}")

"""The verbs ``list``, ``reproduce`` and ``cite``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simhelm.calibration.cli.app import (
    EXIT_FAILED,
    FormatOption,
    OutputFormat,
    app,
    interruptible,
    log,
    print_records,
)
from simhelm.calibration.errors import ConfigurationError


@app.command("list")
def list_everything(form: FormatOption = OutputFormat.table) -> None:
    """List environments, problems, learners, samplers and reproductions."""
    from simhelm.calibration.catalogue import catalogue

    print_records(catalogue(), form, title="What simhelm offers")


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See `simhelm list`.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="A small version: fewer seeds, shorter runs.")
    ] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Recompute published results and print them beside the published numbers."""
    from simhelm.calibration.reproduce import REPRODUCTIONS
    from simhelm.simulators.names import nearest

    if name not in REPRODUCTIONS:
        raise ConfigurationError(
            f"unknown reproduction {name!r}; expected one of {sorted(REPRODUCTIONS)}"
            + nearest(name, REPRODUCTIONS)
        )
    met = True
    everything: list[dict[str, Any]] = []
    with interruptible():
        for part in REPRODUCTIONS[name].load()(quick=quick):
            met = met and part.met
            everything += [{"part": part.title, **record} for record in part.records()]
            if form is OutputFormat.table:
                print_records(part.records(), form, title=part.title)
                for line in part.remarks:
                    typer.echo(line)
                typer.echo()
    if form is not OutputFormat.table:
        print_records(everything, form)
    if not met:
        log.error("some bars were not met: see the rows marked NO")
        raise typer.Exit(EXIT_FAILED)


@app.command()
def cite(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of an environment, problem or agent.")
    ],
) -> None:
    """Print what to cite for a thing: in words, then as BibTeX."""
    from simhelm.calibration.citations import citations

    try:
        found = citations(name)
    except KeyError as error:
        raise ConfigurationError(error.args[0]) from error
    for reference in found:
        typer.echo(reference.text())
    for reference in found:
        typer.echo(f"\n{reference.bibtex()}")

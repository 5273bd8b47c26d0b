"""The verbs ``list``, ``reproduce`` and ``cite``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simhelm.cli.app import (
    EXIT_FAILED,
    FormatOption,
    OutputFormat,
    app,
    log,
    print_records,
)
from simhelm.core.errors import ConfigurationError
from simhelm.experiments.signals import interruptible

if TYPE_CHECKING:
    from simhelm.papers import Table


@app.command("list")
def list_everything(form: FormatOption = OutputFormat.table) -> None:
    """List environments, problems, learners, samplers and reproductions."""
    from simhelm.cli.catalogue import catalogue

    print_records(catalogue(), form, title="What simhelm offers")


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See `simhelm list`.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="A small version: fewer seeds, shorter runs.")
    ] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Recompute published results, and say of every claim of the paper what became of it."""
    from simhelm.core.did_you_mean import did_you_mean
    from simhelm.papers import REPRODUCTIONS

    if name not in REPRODUCTIONS:
        raise ConfigurationError(
            f"unknown reproduction {name!r}; expected one of {sorted(REPRODUCTIONS)}"
            + did_you_mean(name, REPRODUCTIONS)
        )
    parts = []
    with interruptible():
        for part in REPRODUCTIONS[name].load()(quick=quick):
            parts.append(part)
            if form is OutputFormat.table:
                print_records(part.records(), form, title=part.title)
                for line in part.remarks:
                    typer.echo(line)
                typer.echo()
    _print_claims(name, parts, form, quick=quick)
    if not all(part.met for part in parts):
        log.error("some bars were not met: see the rows marked NO")
        raise typer.Exit(EXIT_FAILED)


def _print_claims(name: str, parts: list[Table], form: OutputFormat, *, quick: bool) -> None:
    """The claims as a last table, or behind all other rows for programs."""
    from simhelm.papers.claims import judged
    from simhelm.papers.papers import CLAIMS

    claims = [] if quick else judged(CLAIMS[name], parts)
    if quick:
        log.info("claims of the paper are judged by the whole: the same without --quick")
    if form is OutputFormat.table:
        if claims:
            print_records(claims, form, title="Published claims")
        return
    rows = [
        {"part": part.title, **record, "verdict": ""} for part in parts for record in part.records()
    ]
    rows += [
        {"part": "Published claims", "what": row["claim"], "measured": row["measured here"],
         "expected": "", "met": "", "verdict": row["verdict"]}
        for row in claims
    ]  # fmt: skip
    print_records(rows, form)


@app.command()
def cite(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of an environment, problem or agent.")
    ],
) -> None:
    """Print what to cite for a thing: in words, then as BibTeX."""
    from simhelm.cli.citations import citations

    try:
        found = citations(name)
    except KeyError as error:
        raise ConfigurationError(error.args[0]) from error
    for reference in found:
        typer.echo(reference.text())
    for reference in found:
        typer.echo(f"\n{reference.bibtex()}")

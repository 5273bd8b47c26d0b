"""The Typer application, the options that verbs share, and printing."""

from __future__ import annotations

import enum
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.core.errors import ConfigurationError
from simhelm.version import __version__

if TYPE_CHECKING:
    from simhelm.experiments.kinds import Shown

EXIT_FAILED = 1

app = typer.Typer(
    name="simhelm",
    help="Learned controllers at the helm of scientific simulators, judged honestly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
log = logging.getLogger("simhelm")


class OutputFormat(enum.StrEnum):
    """How data are printed."""

    table = "table"
    csv = "csv"
    json = "json"


FormatOption = Annotated[
    OutputFormat, typer.Option("--format", help="How to print the data.", case_sensitive=False)
]
DirectoryArgument = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="Of a study, steering run, training or Monte Carlo."),
]
EnvArgument = Annotated[str, typer.Argument(metavar="ENV", help="Id of an environment.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An argument of the environment."),
]
SeedsOption = Annotated[str | None, typer.Option(metavar="A:B", help="Seeds A to B - 1.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"simhelm {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="More on stderr, tracebacks included.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr.")] = False,
    log_file: Annotated[
        Path | None,
        typer.Option("--log-file", metavar="FILE", help="Append what stderr gets, with the time."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print and exit."),
    ] = False,
) -> None:
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    log.setLevel(level)
    if log_file is not None:
        handler = logging.FileHandler(log_file, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)


def print_shown(shown: list[Shown], form: OutputFormat) -> None:
    """Print every table for people, the first one for programs."""
    for one in shown:
        if form is not OutputFormat.table:
            print_records(one.records, form)
            return
        rows = one.records if one.rows is None else one.rows
        print_records(rows, form, title=one.title, styles=one.styles)
        if one.sentence:
            typer.echo(one.sentence)


def assignments(words: Sequence[str] | None, option: str) -> dict[str, Any]:
    """``NAME=VALUE`` as a dictionary; values are JSON where they can be, else text.

    Raises:
        ConfigurationError: a word without a name.
    """
    found: dict[str, Any] = {}
    for word in words or ():
        name, sign, text = word.partition("=")
        if not (name.isidentifier() and sign):
            raise ConfigurationError(f"{option}: expected NAME=VALUE, got {word!r}")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def seed_pair(text: str | None, option: str) -> tuple[int, int] | None:
    """``A:B`` as two seeds.

    Raises:
        ConfigurationError: something else.
    """
    if text is None:
        return None
    first, _, stop = text.partition(":")
    if not (first.isdecimal() and stop.isdecimal() and int(first) < int(stop)):
        raise ConfigurationError(f"{option}: expected A:B with 0 <= A < B, got {text!r}")
    return int(first), int(stop)


def print_records(
    records: Iterable[dict[str, Any]],
    form: OutputFormat,
    *,
    title: str = "",
    styles: list[str] | None = None,
) -> None:
    """Print records as a table for people, or as CSV or JSON for programs."""
    from simhelm.experiments.records import write_records
    from simhelm.experiments.terminal import print_table

    if form is OutputFormat.table:
        print_table(list(records), title=title, styles=styles)
    else:
        write_records(records, form.value, sys.stdout)

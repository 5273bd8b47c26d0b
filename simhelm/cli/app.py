"""The Typer application, the options that verbs share, and printing."""

from __future__ import annotations

import contextlib
import enum
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from simhelm.core.errors import Interrupted
from simhelm.version import __version__

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
RanksOption = Annotated[int | None, typer.Option(help="Start mpiexec with so many ranks.", min=2)]
RestartsOption = Annotated[
    int,
    typer.Option("--max-restarts", help="Start again after so many crashes of the run.", min=0),
]
DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The directory of a run or study.")
]


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


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Turn Ctrl-C into our own error: Typer would end silently.

    Yields:
        What long work calls now and then: Python drops an exception that is raised within a
        destructor or a compiler's callback, Ctrl-C's too, and this raises it again.
    """
    asked = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    def heed() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield heed
    except KeyboardInterrupt:
        raise Interrupted("interrupted: run the same command again") from None
    finally:
        signal.signal(signal.SIGINT, before)

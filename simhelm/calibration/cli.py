"""The command ``simhelm``: data on stdout, everything else on stderr.

Exit codes: 0 done, 1 the run failed, 2 wrong usage or configuration, 5 unreadable directory,
130 interrupted.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from simhelm.calibration.errors import ConfigurationError, DirectoryError, Interrupted

EXIT_FAILED, EXIT_USAGE, EXIT_UNREADABLE, EXIT_INTERRUPTED = 1, 2, 5, 130

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
DirectoryArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        import simhelm

        typer.echo(f"simhelm {simhelm.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="More on stderr, tracebacks included.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print and exit."),
    ] = False,
) -> None:
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    log.setLevel(level)


@app.command("list")
def list_everything(form: FormatOption = OutputFormat.table) -> None:
    """List environments, problems, learners and reproductions."""
    from simhelm.calibration.catalogue import catalogue

    _print_records(catalogue(), form, title="What simhelm offers")


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What to run.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Run directory; runs/<name of FILE> by default.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the seed in FILE.", min=0)] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a run that is in the directory.")
    ] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Steer the environment of FILE by its learners, beside the baselines."""
    from simhelm.calibration.run import run_steering
    from simhelm.calibration.schema import load_config

    config = load_config(file)
    if seed is not None:
        config = config.model_copy(update={"seed": seed})
    directory = Path("runs") / file.stem if out is None else out
    with _interruptible(), _progress() as progress:
        finished = run_steering(
            config, directory, folder=file.parent, overwrite=overwrite, progress=progress
        )
    _print_run(finished, form)
    log.info("report: %s", directory / "report.html")


@app.command()
def show(directory: DirectoryArgument, form: FormatOption = OutputFormat.table) -> None:
    """Print the table of a finished run."""
    from simhelm.calibration.run_directory import read_run

    _print_run(read_run(directory), form)


@app.command()
def report(directory: DirectoryArgument) -> None:
    """Write the figures and report.html of a finished run again; prints the report's path."""
    from simhelm.calibration.report import write_report
    from simhelm.calibration.run_directory import read_run

    typer.echo(write_report(read_run(directory)))


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
    with _interruptible():
        for part in REPRODUCTIONS[name].load()(quick=quick):
            met = met and part.met
            everything += [{"part": part.title, **record} for record in part.records()]
            if form is OutputFormat.table:
                _print_records(part.records(), form, title=part.title)
                for line in part.remarks:
                    typer.echo(line)
                typer.echo()
    if form is not OutputFormat.table:
        _print_records(everything, form)
    if not met:
        log.error("some bars were not met: see the rows marked NO")
        raise typer.Exit(EXIT_FAILED)


def _print_run(finished: Any, form: OutputFormat) -> None:
    from simhelm.calibration.summary import as_records, cells, headings, verdict

    if form is not OutputFormat.table:
        _print_records(as_records(finished.summary), form)
        return
    rows = [
        {heading: cells(row)[key] for key, heading in headings(finished.loss_name).items()}
        for row in finished.summary
    ]
    styles = {"learner": "bold cyan", "oracle": "dim italic"}
    _print_records(
        rows,
        form,
        title=finished.config.title,
        styles=[styles.get(row.kind, "") for row in finished.summary],
    )
    typer.echo(verdict(finished.summary, finished.loss_name))


def _print_records(
    records: list[dict[str, Any]],
    form: OutputFormat,
    *,
    title: str = "",
    styles: list[str] | None = None,
) -> None:
    from simhelm.calibration.summary import formatted
    from simhelm.calibration.terminal import print_table

    if form is OutputFormat.table:
        print_table(records, title=title, styles=styles)
    else:
        typer.echo(formatted(records, form.value))


def _progress() -> Any:
    from simhelm.calibration.terminal import progress_bar

    return progress_bar(enabled=log.isEnabledFor(logging.INFO))


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    # Typer would end silently on a KeyboardInterrupt.
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted from None


def main() -> None:
    """Run the command line; the only place that turns errors into exit codes."""
    try:
        app(_flags_first(sys.argv[1:]))
    except ConfigurationError as error:
        _fail(error, EXIT_USAGE)
    except DirectoryError as error:
        _fail(error, EXIT_UNREADABLE)
    except Interrupted:
        log.error("interrupted: run the same command again")  # noqa: TRY400 - not a failure
        sys.exit(EXIT_INTERRUPTED)
    except (ImportError, OSError, MemoryError) as error:
        _fail(error, EXIT_FAILED)
    except Exception as error:
        log.debug("traceback", exc_info=error)
        log.error(  # noqa: TRY400 - the traceback is for --verbose
            "simhelm: unexpected %s: %s (run again with --verbose to see where; please report it)",
            type(error).__name__,
            error,
        )
        sys.exit(EXIT_FAILED)


def _flags_first(arguments: list[str]) -> list[str]:
    """Let -v and -q stand after the verb, too: they belong to the whole command."""
    flags = [word for word in arguments if word in _FLAGS]
    return [*flags, *(word for word in arguments if word not in _FLAGS)]


_FLAGS = frozenset({"-v", "--verbose", "-q", "--quiet"})


def _fail(error: Exception, code: int) -> None:
    log.debug("traceback", exc_info=error)
    log.error("simhelm: %s", error)
    sys.exit(code)

"""Drawing on a terminal: tables on stdout, progress on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

# Wide enough for our tables when stdout is a file or a pipe.
_PIPE_WIDTH = 160


def print_table(
    records: list[dict[str, Any]], *, title: str = "", styles: list[str] | None = None
) -> None:
    """Print records as a table, columns in the order of the first record's keys."""
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    # Text, not str: brackets in a label are no mark-up.
    table = Table(title=Text(title) if title else None, title_justify="left")
    for heading in records[0] if records else ():
        numeric = all(_is_number(record[heading]) for record in records)
        table.add_column(heading, justify="right" if numeric else "left")
    for place, record in enumerate(records):
        texts = [Text(_cell(value)) for value in record.values()]
        table.add_row(*texts, style=styles[place] if styles else None)
    console.print(table)


def _cell(value: Any) -> str:
    """As text; numbers that nobody formatted have six digits (csv and json have them all)."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_number(value: Any) -> bool:
    text = str(value).replace(",", "").removesuffix(" %")
    if value is None or not text:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def progress_bar(*, enabled: bool) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr while a terminal is there to see it; gives the function that moves it."""
    console = Console(stderr=True)
    if not (enabled and console.is_terminal):
        yield lambda done, total, name: None
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def move(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        yield move

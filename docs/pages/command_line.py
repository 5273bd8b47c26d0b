"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from docs.pages.markdown import table
from simhelm import cli


def pages() -> dict[str, str]:
    """The page of the command line by its address."""
    command = typer.main.get_command(cli.app)
    sections = "\n".join(_sections("simhelm", command))
    return {"command_line.md": f"# Command line\n\n{inspect.getdoc(cli)}\n\n{sections}"}


def _sections(name: str, command: Any) -> Iterator[str]:
    """A section for a command, then for every command inside it."""
    context = command.make_context(name.rpartition(" ")[2], [], resilient_parsing=True)
    usage = " ".join(piece.strip("{}") for piece in command.collect_usage_pieces(context))
    yield f"## {name}\n\n{inspect.cleandoc(command.help or '')}\n\n```text\n{name} {usage}\n```\n"
    rows = [_row(each) for each in command.get_params(context) if each.name != "help"]
    if rows:
        yield table(("option or argument", "default", "meaning"), rows)
    for inner, child in getattr(command, "commands", {}).items():
        yield from _sections(f"{name} {inner}", child)


def _row(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        names = [parameter.metavar or parameter.name.upper()]
    else:
        names = [*parameter.opts, *parameter.secondary_opts]
    default = "" if parameter.default in (None, False, ...) else str(parameter.default)
    return ", ".join(f"`{name}`" for name in names), default, parameter.help or ""

"""Putting values into command lines and input files: names in braces, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.problem import Value

_NAME = r"([A-Za-z_]\w*)(?::([^{}]*))?"
# In a command every brace counts, doubled ones stand for themselves. In a file, which may be JSON
# or C, only a name in braces counts, and a name in doubled braces stands for itself.
_IN_COMMAND = re.compile(r"\{\{|\}\}|\{" + _NAME + r"\}")
_IN_FILE = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{" + _NAME + r"\}")
_SPEC = re.compile(r"[+ ]?0?\d{0,3}(\.\d{1,3})?[defgEG]?")


def as_text(value: Value, spec: str = "") -> str:
    """A value as simulators read it: ``true``/``false``, all digits of a float, text as it is.

    Raises:
        ValueError: the format does not fit the value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if spec:
            raise ValueError(f"{value!r} is text and has no format {spec!r}")
        return value
    return format(value, spec) if spec else repr(value)


def fill_argument(text: str, values: Mapping[str, Value]) -> str | None:
    """One element of a command; None if it holds a parameter that is not active."""
    if any(name not in values for name, _ in placeholders(text, in_file=False)):
        return None
    return _IN_COMMAND.sub(lambda match: _in_command(match, values), text)


def fill_file(text: str, values: Mapping[str, Value]) -> str:
    """The content of an input file; a parameter that is not active leaves nothing behind."""
    return _IN_FILE.sub(lambda match: _in_file(match, values), text)


def placeholders(text: str, *, in_file: bool) -> list[tuple[str, str]]:
    """The (name, format) pairs in a text."""
    first = 2 if in_file else 1
    matches = (_IN_FILE if in_file else _IN_COMMAND).finditer(text)
    return [(m[first], m[first + 1] or "") for m in matches if m[first] is not None]


def check_placeholders(
    where: str, text: str, examples: Mapping[str, Value], *, in_file: bool
) -> None:
    """Raise ValueError for a name or format that cannot be filled in."""
    for name, spec in placeholders(text, in_file=in_file):
        if name not in examples:
            raise ValueError(f"{where}: unknown name {{{name}}}{_known(name, examples)}")
        if not _SPEC.fullmatch(spec):
            raise ValueError(f"{where}: {{{name}:{spec}}}: expected a format such as .3f, .6e or d")
        try:
            as_text(examples[name], spec)
        except ValueError as error:
            raise ValueError(f"{where}: {{{name}:{spec}}}: {error}") from error


def _known(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    return (
        f"; expected one of {known}{did_you_mean(name, known)}; write {{{{{name}}}}} for the braces"
    )


def _in_command(match: re.Match[str], values: Mapping[str, Value]) -> str:
    if match[1] is None:
        return match[0][0]
    return as_text(values[match[1]], match[2] or "")


def _in_file(match: re.Match[str], values: Mapping[str, Value]) -> str:
    if match[1] is not None:
        return f"{{{match[1]}}}"
    return as_text(values[match[2]], match[3] or "") if match[2] in values else ""

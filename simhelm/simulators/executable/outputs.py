"""Reading what a simulator wrote, and refusing whatever is not what was declared."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LARGEST = 64 * 1024 * 1024
# File systems and clocks differ by this much, in seconds, before a file counts as old.
_CLOCK = 2.0


class BadOutput(ValueError):  # noqa: N818 - named for what it is
    """An output is missing, stale or malformed; the message says file, line and what."""


def read_output(directory: Path, name: str, *, since: float) -> str:
    """The text of an output file.

    Args:
        name: relative to the directory; ``*`` stands for any part of a name.
        since: when the run started, seconds since the epoch.

    Raises:
        BadOutput: missing, empty, too large, no regular file of this directory, stale, not
            text, or one of several that match.
    """
    path = _the_one(directory, name) if "*" in name else directory / name
    if not path.parent.resolve().is_relative_to(directory.resolve()):
        raise BadOutput(f"{name}: lies outside the trial's directory")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadOutput(f"{name}: {error.strerror or error}") from error
    try:
        _check_file(name, os.fstat(descriptor), since)
        # A descriptor of a folder, say, makes no file: looked at first.
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(_LARGEST + 1)
    finally:
        os.close(descriptor)
    if b"\0" in data:
        raise BadOutput(f"{name}: binary data, expected text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadOutput(f"{name}: not UTF-8 at byte {error.start}") from error


def _the_one(directory: Path, pattern: str) -> Path:
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        names = [str(path.relative_to(directory)) for path in found[:5]]
        raise BadOutput(f"{pattern}: expected exactly one such file, found {len(found)}: {names}")
    return found[0]


def _check_file(name: str, found: os.stat_result, since: float) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise BadOutput(f"{name}: not a regular file")
    if found.st_size > _LARGEST:
        raise BadOutput(f"{name}: {found.st_size} bytes; more than {_LARGEST} are not read")
    if found.st_size == 0:
        raise BadOutput(f"{name}: empty")
    if found.st_mtime < since - _CLOCK:
        raise BadOutput(f"{name}: stale: last written before the run started")


def from_csv(name: str, text: str, column: str) -> float:
    """The number in a column at the last row of a CSV file with a header."""
    rows = list(table_rows(name, text))
    if not rows:
        raise BadOutput(f"{name}: no row below the header")
    line, row = rows[-1]
    return number_at(name, line, row, column)


def curve_points(name: str, text: str, step: str, value: str) -> list[tuple[float, float]]:
    """The (step, value) points of a learning curve, in the order of the file."""
    return [
        (number_at(name, line, row, step), number_at(name, line, row, value))
        for line, row in table_rows(name, text)
    ]


def from_json(name: str, text: str, pointer: str) -> float:
    """The number that a JSON pointer (RFC 6901) names."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadOutput(f"{name}: not JSON: {error}") from error
    for token in pointer.split("/")[1:]:
        found = _member(name, pointer, found, token.replace("~1", "/").replace("~0", "~"))
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise BadOutput(f"{name}: {pointer}: expected a number, found {_short(found)}")
    try:
        return float(found)
    except OverflowError as error:
        raise BadOutput(f"{name}: {pointer}: too large for a float") from error


def from_pattern(name: str, text: str, pattern: str) -> float:
    """The number in the one group of a regular expression, at its last match."""
    last = None
    for last in re.finditer(pattern, text, re.MULTILINE):  # noqa: B007 - the last one is wanted
        pass
    if last is None or last[1] is None:
        raise BadOutput(f"{name}: no match for {pattern!r}")
    line = text.count("\n", 0, last.start()) + 1
    return _number(name, line, last[1])


def table_rows(name: str, text: str, separator: str = ",") -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of every row of a table with a header."""
    reader = csv.reader(text.splitlines(), delimiter=separator, skipinitialspace=True)
    try:
        header = [title.strip() for title in next(reader, [])]
        if len(set(header)) < len(header):
            raise BadOutput(f"{name}:1: columns of one name: {header}")
        for row in reader:
            if row and len(row) != len(header):
                raise BadOutput(
                    f"{name}:{reader.line_num}: expected {len(header)} columns, found {len(row)}"
                )
            if row:
                yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise BadOutput(f"{name}:{reader.line_num}: {error}") from error


def number_at(name: str, line: int, row: dict[str, str], column: str) -> float:
    """The number in a column of a row."""
    if column not in row:
        raise BadOutput(f"{name}:1: no column {column!r}; found {list(row)[:20]}")
    return _number(name, line, row[column])


def _number(name: str, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadOutput(f"{name}:{line}: expected a number, found {_short(text)}") from error


def _member(name: str, pointer: str, found: Any, token: str) -> Any:
    if isinstance(found, dict) and token in found:
        return found[token]
    if isinstance(found, list) and token.isdecimal() and int(token[:9]) < len(found):
        return found[int(token)]
    raise BadOutput(f"{name}: {pointer}: nothing at {token!r}")


def _short(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."

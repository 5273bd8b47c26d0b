"""Records written as CSV or JSON, one by one, however many."""

from __future__ import annotations

import csv
import itertools
import json
import textwrap
from collections.abc import Iterable
from typing import IO, Any


def write_records(records: Iterable[dict[str, Any]], form: str, stream: IO[str]) -> None:
    """Write records of equal keys one by one, however many; ``form`` is "json" or "csv"."""
    rows = iter(records)
    first = next(rows, None)
    if form == "json":
        _write_json([] if first is None else itertools.chain([first], rows), stream)
        return
    writer = csv.DictWriter(stream, list(first or ()), lineterminator="\n")
    writer.writeheader()
    writer.writerows([] if first is None else itertools.chain([first], rows))


def _write_json(records: Iterable[dict[str, Any]], stream: IO[str]) -> None:
    stream.write("[")
    separator = ""
    for record in records:
        text = json.dumps(record, indent=2, allow_nan=False)
        stream.write(f"{separator}\n{textwrap.indent(text, '  ')}")
        separator = ","
    stream.write("\n]\n" if separator else "]\n")

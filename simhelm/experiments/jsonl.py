"""Finished work as JSON lines, so that what was interrupted goes on."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from simhelm.experiments.atomic_write import not_a_link

log = logging.getLogger(__name__)


def read_rows(path: Path, cells: int) -> Iterator[list[Any]]:
    """The rows of so many cells, none without a file; one that a crash tore is left out."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, list) and len(row) == cells:
            yield row
        else:
            log.warning("%s: a line cannot be read and is left out", path)


def append_rows(path: Path, rows: Iterable[list[Any]]) -> None:
    """Add rows; a torn last line does not swallow the first of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with not_a_link(path).open("ab") as file:
        lines = [json.dumps(row) for row in rows]
        file.write(("\n" * _is_torn(path) + "".join(f"{line}\n" for line in lines)).encode())


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"

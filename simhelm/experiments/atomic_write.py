"""Files that appear as a whole or not at all, whatever ends the process that writes them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The end of the name of what is being written.
PART = ".part"


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Another path to write to; what stands there in the end is on disk, and takes ``path``."""
    part = path.with_name(path.name + PART)
    yield part
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def write_json(path: Path, value: Any) -> None:
    """A JSON file of finite numbers; ValueError for others."""
    with atomic_write(path) as part, part.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, allow_nan=False)

"""Files that appear as a whole or not at all, whatever ends the process that writes them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simhelm.core.errors import ConfigurationError

# The end of the name of what is being written.
PART = ".part"


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Another path to write to; what stands there in the end is on disk, and takes ``path``.

    Raises:
        ConfigurationError: a symbolic link stands at either path.
    """
    part = not_a_link(not_a_link(path).with_name(path.name + PART))
    yield part
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def not_a_link(path: Path) -> Path:
    """The path, which may be written to: a link would lead out of the directory of a run.

    Raises:
        ConfigurationError: a symbolic link stands there.
    """
    if path.is_symlink():
        raise ConfigurationError(
            f"{path}: is a symbolic link, and nothing is written through one; remove it"
        )
    return path


def write_text(path: Path, text: str) -> Path:
    """A text file in UTF-8; returns its path."""
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def write_json(path: Path, value: Any) -> None:
    """A JSON file of finite numbers; ValueError for others."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False))

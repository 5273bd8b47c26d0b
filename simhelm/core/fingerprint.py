"""Files known by their content."""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(file: Path) -> str:
    """The SHA-256 digest of a file's content."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

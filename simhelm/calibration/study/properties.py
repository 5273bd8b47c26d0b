"""Properties of a study: JSON by key, in the table ``study``."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def read_property(database: sqlite3.Connection, key: str, default: Any) -> Any:
    """A property of the study.

    Raises:
        sqlite3.DatabaseError, json.JSONDecodeError: it is damaged.
    """
    row = database.execute("SELECT value FROM study WHERE key = ?", (key,)).fetchone()
    if row is None:
        return default
    if not isinstance(row[0], str):
        raise sqlite3.DatabaseError(f"{key}: expected text, got {type(row[0]).__name__}")
    return json.loads(row[0])

"""Digests of a study's tables, by which a reader knows that it was given all rows as written.

The checksum of a row tells that the row is damaged. It cannot tell of a row that the file no
longer leads to, or that stands there in an earlier state; the digest of all rows can. Digests are
properties of the study, brought up to date in the transaction that changes the rows. Studies that
were written before there were digests are read without them until they are next run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from simhelm.calibration.study.properties import read_property
from simhelm.core.errors import DirectoryError

Table = Literal["study", "trials", "curves"]
PREFIX = "digest of "
_ROWS: dict[Table, str] = {
    "study": f"SELECT key, value FROM study WHERE substr(key, 1, {len(PREFIX)}) <> '{PREFIX}'",
    "trials": "SELECT crc FROM trials WHERE series = ?",
    "curves": "SELECT slot, step, value FROM curves WHERE series = ?",
}


@dataclasses.dataclass(frozen=True)
class Digest:
    """Number of rows, and the sum of their checksums modulo 2**32."""

    rows: int = 0
    total: int = 0

    def __add__(self, other: Digest) -> Digest:
        return Digest(self.rows + other.rows, (self.total + other.total) % 2**32)

    def __sub__(self, other: Digest) -> Digest:
        return Digest(self.rows - other.rows, (self.total - other.total) % 2**32)

    def check(self, stored: Digest | None, path: Path, what: str) -> None:
        """Raise DirectoryError unless the stored digest, if there is one, is this one."""
        if stored is not None and stored != self:
            raise DirectoryError(
                f"{path}: {what}: expected {stored.rows} rows with digest {stored.total:08x}, got "
                f"{self.rows} with {self.total:08x}: the file was damaged; restore a copy"
            )


def digest_of(row: tuple[Any, ...]) -> Digest:
    """The digest of one row, as the database gives it."""
    return Digest(1, zlib.crc32(repr(row).encode()))


def digest_of_rows(
    database: sqlite3.Connection, table: Table, arguments: Sequence[Any] = (), where: str = ""
) -> Digest:
    """The digest of rows as they are: of the whole study table, or of a series."""
    rows = database.execute(f"{_ROWS[table]} {where}", arguments)
    return sum(map(digest_of, rows), Digest())


def stored_digest(database: sqlite3.Connection, table: Table, series: str = "") -> Digest | None:
    """The digest that was last written."""
    match read_property(database, f"{PREFIX}{table} {series}", None):
        case None:
            return None
        case [int(rows), int(total)]:
            return Digest(rows, total)
    raise sqlite3.DatabaseError(f"the digest of {table} {series} is damaged")


def series_with_digests(database: sqlite3.Connection) -> set[str]:
    """The names of all series that were ever written."""
    prefix = f"{PREFIX}trials "
    keys = database.execute("SELECT key FROM study WHERE substr(key, 1, ?) = ?",
                            (len(prefix), prefix))  # fmt: skip
    return {key.removeprefix(prefix) for (key,) in keys}


class Digests:
    """The writer's digests: of the rows as changed, written at the end of the transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._current: dict[tuple[Table, str], Digest] = {}
        self._changed: set[tuple[Table, str]] = set()

    def of(self, table: Table, series: str = "") -> Digest:
        """The digest now."""
        key = table, series
        if key not in self._current:
            stored = stored_digest(self._database, table, series)
            arguments = (series,) if series else ()
            self._current[key] = stored or digest_of_rows(self._database, table, arguments)
        return self._current[key]

    @contextlib.contextmanager
    def change(
        self, table: Table, series: str, where: str, arguments: Sequence[Any]
    ) -> Iterator[None]:
        """Within: the rows that the condition is true of may be changed, added or deleted."""
        before = self.of(table, series) - digest_of_rows(self._database, table, arguments, where)
        yield
        after = before + digest_of_rows(self._database, table, arguments, where)
        self._current[table, series] = after
        self._changed.add((table, series))

    def write(self) -> None:
        """Store what was changed."""
        for table, series in sorted(self._changed):
            digest = self._current[table, series]
            self._database.execute(
                "INSERT OR REPLACE INTO study VALUES (?, ?)",
                (f"{PREFIX}{table} {series}", json.dumps([digest.rows, digest.total])),
            )
        self._changed.clear()

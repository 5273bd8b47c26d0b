"""The study's memory: ``study.db``, SQLite, one writer, one transaction a batch."""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simhelm.calibration.study.digest import (
    Digest,
    Digests,
    digest_of,
    digest_of_rows,
    stored_digest,
)
from simhelm.calibration.study.properties import read_property
from simhelm.calibration.study.trial import Trial, dumps
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import DirectoryError, SimhelmError

DATABASE = "study.db"
FORMAT = 1
# On these, processes of two hosts share no memory, which a write-ahead log needs.
_NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "9p", "fuse", "afs", "ceph")

# Columns of a trial, in order. JSON is in config, values and told_values.
_COLUMNS = (
    "series", "slot", "candidate", "batch", "config", "seed", "budget", "asked_after", "state",
    "end_reason", "outputs", "cost", "expected", "details", "told", "told_values", "attempts",
    "seconds", "place", "finished",
)  # fmt: skip
_SCHEMA = """
CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE trials (
    series TEXT NOT NULL, slot INTEGER NOT NULL, candidate INTEGER NOT NULL,
    batch INTEGER NOT NULL, config TEXT NOT NULL, seed INTEGER NOT NULL, budget INTEGER,
    asked_after INTEGER NOT NULL, state TEXT NOT NULL, end_reason TEXT, outputs TEXT NOT NULL,
    cost REAL NOT NULL, expected REAL, details TEXT NOT NULL, told INTEGER, told_values TEXT,
    attempts INTEGER NOT NULL, seconds REAL NOT NULL, place TEXT NOT NULL,
    finished TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (series, slot)
) WITHOUT ROWID;
CREATE TABLE curves (
    series TEXT NOT NULL, slot INTEGER NOT NULL, step REAL NOT NULL, value REAL NOT NULL
);
CREATE INDEX curve_of_trial ON curves (series, slot);
CREATE TABLE events (at TEXT NOT NULL, kind TEXT NOT NULL, slot INTEGER, text TEXT NOT NULL);
"""
_SAVE = (
    f"INSERT OR REPLACE INTO trials ({', '.join(_COLUMNS)}, crc) "
    f"VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"
)
_LOAD = f"SELECT {', '.join(_COLUMNS)}, crc FROM trials"


class StoreError(SimhelmError):
    """A write failed and was undone; what was committed before is safe (exit code 1)."""


def now() -> str:
    """The time as an ISO stamp in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


class Store:
    """The writer's side. Changes gather in a transaction until :meth:`commit`.

    Raises:
        DirectoryError: the file is damaged, foreign, or of a newer version.
        StoreError: a write failed (full disk, quota, read-only file system).
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / DATABASE
        is_new = not self.path.exists()
        with self._translated():
            self._database = sqlite3.connect(self.path, isolation_level=None)
            self._digests = Digests(self._database)
            if not is_new:
                self._check()
            self._database.execute(f"PRAGMA journal_mode={journal_mode(directory)}")
            self._database.execute("PRAGMA synchronous=FULL")
            if is_new or not self._has_schema():
                self._create()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._database.rollback()
        self._database.close()

    def _create(self) -> None:
        self._begin()
        for statement in filter(str.strip, _SCHEMA.split(";")):
            self._database.execute(statement)
        self.set("format", FORMAT)
        self.commit()

    def _has_schema(self) -> bool:
        # A study that was killed while it was made has a file without tables.
        return bool(self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])

    def _check(self) -> None:
        report = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if report != "ok":
            raise DirectoryError(f"{self.path}: damaged: {report}")
        if self._has_schema():
            check_properties(self._database, self.path)

    def _begin(self) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since the last commit durable, or nothing of it."""
        if self._database.in_transaction:
            with self._translated():
                self._digests.write()
                self._database.execute("COMMIT")

    def set(self, key: str, value: Any) -> None:
        """Write a property of the study."""
        with self._translated():
            self._begin()
            with self._digests.change("study", "", "AND key = ?", (key,)):
                self._database.execute(
                    "INSERT OR REPLACE INTO study VALUES (?, ?)", (key, dumps(value))
                )

    def get(self, key: str, default: Any = None) -> Any:
        """Read a property of the study."""
        with self._translated():
            return read_property(self._database, key, default)

    def save(self, trials: Iterable[Trial]) -> None:
        """Write trials, new or changed."""
        with self._translated():
            self._begin()
            for trial in trials:
                key = (trial.series, trial.slot)
                with self._digests.change("trials", trial.series, "AND slot = ?", key):
                    self._database.execute(_SAVE, _row(trial))

    def save_curve(self, trial: Trial, curve: Sequence[tuple[float, float]]) -> None:
        """Write the learning curve of a trial in the place of an earlier one."""
        if not curve:
            return
        key = (trial.series, trial.slot)
        with self._translated():
            self._begin()
            with self._digests.change("curves", trial.series, "AND slot = ?", key):
                self._database.execute("DELETE FROM curves WHERE series = ? AND slot = ?", key)
                self._database.executemany(
                    "INSERT INTO curves VALUES (?, ?, ?, ?)", ((*key, *point) for point in curve)
                )

    def note(self, kind: str, text: str, slot: int | None = None) -> None:
        """Write an event: when, what kind, which slot, a sentence."""
        with self._translated():
            self._begin()
            self._database.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?)", (now(), kind, slot, text)
            )

    def trials(self, series: str) -> list[Trial]:
        """All trials of a series, by slot, each checked against its checksum."""
        with self._translated():
            stored = self._digests.of("trials", series)
            return list(scan_series(self._database, self.path, series, stored))

    def curves(self, series: str) -> dict[int, list[tuple[float, float]]]:
        """The learning curves of a series by slot."""
        with self._translated():
            stored = self._digests.of("curves", series)
            return load_curves(self._database, self.path, series, stored)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise _explained(error, self.path) from error


def _explained(error: Exception, path: Path) -> SimhelmError:
    damaged = error.sqlite_errorname if hasattr(error, "sqlite_errorname") else ""
    if damaged in ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR") or not damaged:
        return DirectoryError(f"{path}: damaged or not a study: {error}")
    free = shutil.disk_usage(path.parent).free
    return StoreError(
        f"{path}: cannot be written: {error} ({free} bytes free); make room and run the same "
        "command again: everything recorded so far is kept"
    )


def journal_mode(directory: Path) -> str:
    """``WAL``, or ``DELETE`` (rollback journal) where processes may not share memory."""
    kind = _file_system(directory)
    return "DELETE" if kind.startswith(_NETWORK) else "WAL"


def _file_system(directory: Path) -> str:
    """The type of the file system, from the longest mount point that holds the directory."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    best = ("", "")
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = left.split()[4].replace("\\040", " ")
        if directory.resolve().is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, right.split()[0])
    return best[1]


def check_properties(database: sqlite3.Connection, path: Path) -> None:
    """Raise DirectoryError unless this version can read the study and its properties are whole."""
    found = read_property(database, "format", None)
    if found != FORMAT:
        raise DirectoryError(
            f"{path}: expected a study of format {FORMAT}, found {found!r}"
            + ("; it was written by a newer simhelm" if isinstance(found, int) else "")
        )
    stored = stored_digest(database, "study")
    digest_of_rows(database, "study").check(stored, path, "properties")


def scan_trials(
    database: sqlite3.Connection, path: Path, where: str = "", arguments: Sequence[Any] = ()
) -> Iterator[Trial]:
    """Trials by series and slot, one by one.

    Raises:
        DirectoryError: a row does not match its checksum.
    """
    rows = database.execute(f"{_LOAD} {where} ORDER BY series, slot", arguments)
    return (_trial(row, path) for row in rows)


def scan_series(
    database: sqlite3.Connection, path: Path, series: str, stored: Digest | None
) -> Iterator[Trial]:
    """All trials of a series by slot, one by one.

    Raises:
        DirectoryError: a row does not match its checksum; at the end, the rows do not match the
            stored digest.
    """
    found = Digest()
    for row in database.execute(f"{_LOAD} WHERE series = ? ORDER BY slot", (series,)):
        found += digest_of(row[-1:])
        yield _trial(row, path)
    found.check(stored, path, f"trials of series {series!r}")


def load_curves(
    database: sqlite3.Connection, path: Path, series: str, stored: Digest | None
) -> dict[int, list[tuple[float, float]]]:
    """The learning curves of a series by slot: (step, value) points.

    Raises:
        DirectoryError: the points do not match the stored digest.
    """
    query = "SELECT slot, step, value FROM curves WHERE series = ? ORDER BY slot, step"
    curves: dict[int, list[tuple[float, float]]] = {}
    found = Digest()
    for row in database.execute(query, (series,)):
        found += digest_of(row)
        slot, step, value = row
        curves.setdefault(slot, []).append((step, value))
    found.check(stored, path, f"curves of series {series!r}")
    return curves


def _row(trial: Trial) -> tuple[Any, ...]:
    row = (
        trial.series, trial.slot, trial.candidate, trial.batch, dumps(trial.config), trial.seed,
        trial.budget, trial.asked_after, trial.state,
        trial.end_reason.name if trial.end_reason else None,
        dumps(trial.values), float(trial.cost), trial.expected, trial.details, trial.told,
        None if trial.told_values is None else dumps(trial.told_values), trial.attempts,
        float(trial.seconds), trial.where, trial.finished,
    )  # fmt: skip
    return (*row, _checksum(row))


def _checksum(row: tuple[Any, ...]) -> int:
    return zlib.crc32(repr(row).encode())


def _trial(row: tuple[Any, ...], path: Path) -> Trial:
    *fields, crc = row
    found = dict(zip(_COLUMNS, fields, strict=True))
    if _checksum(tuple(fields)) != crc:
        raise DirectoryError(
            f"{path}: trial {found['series']} {found['slot']} does not match its checksum: the "
            "file was damaged; restore a copy"
        )
    reason = found.pop("end_reason")
    told_values = found.pop("told_values")
    return Trial(
        end_reason=EndReason[reason] if reason else None,
        told_values=None if told_values is None else json.loads(told_values),
        config=json.loads(found.pop("config")),
        values=json.loads(found.pop("outputs")),
        where=found.pop("place"),
        **found,
    )

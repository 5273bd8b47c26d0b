"""A study to be read, also while it runs and by anybody."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simhelm.calibration.study.digest import series_with_digests, stored_digest
from simhelm.calibration.study.properties import read_property
from simhelm.calibration.study.store import (
    DATABASE,
    check_properties,
    load_curves,
    scan_series,
    scan_trials,
)
from simhelm.calibration.study.trial import Trial
from simhelm.core.errors import DirectoryError
from simhelm.core.problem import Direction, Parameter
from simhelm.experiments.lock import owner

# A batch is asked for as a whole; what of it lies over the limit waits for a larger one, unseen.
_WANTED = "(state <> 'queued' OR slot < ?)"
_COUNTS = f"""
SELECT series, state, end_reason, count(*), sum(cost), sum(seconds) FROM trials
WHERE {_WANTED} GROUP BY series, state, end_reason
"""


class StudyView:
    """Reads a study; never writes, never locks, never loads more than it is asked for.

    Args:
        directory: of the study.

    Raises:
        DirectoryError: no study there, or one that cannot be read.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.path = self.directory / DATABASE
        if not self.path.is_file():
            raise DirectoryError(f"{self.directory}: no {DATABASE} here, so this is not a study")
        with self._database() as database:
            check_properties(database, self.path)
            if read_property(database, "identity", None) is None:
                raise DirectoryError(f"{self.path}: the study was never started; run it again")

    @property
    def definition(self) -> dict[str, Any]:
        """Configuration, tables and folder, as stored."""
        found: dict[str, Any] = self.property("definition")
        return found

    @property
    def objectives(self) -> list[tuple[str, Direction]]:
        """(output, direction) of every objective."""
        tables = self.definition["config"]["objective"]
        if tables:
            return [(table["name"], table["direction"]) for table in tables]
        name, direction = self.property("identity")["problem"]["objective"]
        return [(name, direction)]

    @property
    def sampler(self) -> str:
        """The sampler's name, and how it resumes (as far as the study was run with this known)."""
        name = self.definition["config"]["sampler"]["name"]
        with self._database() as database:
            resuming = read_property(database, "sampler", None)
        return name if resuming is None else f"{name}, {resuming}"

    @property
    def parameters(self) -> list[Parameter]:
        """The problem's parameters, as they were when the study was made."""
        return parameters_of(self.property("identity")["problem"])

    @property
    def outputs(self) -> list[str]:
        """The names of what an evaluation reports."""
        return list(self.property("identity")["problem"]["outputs"])

    def property(self, key: str) -> Any:
        """``identity``, ``definition``, ``versions`` or ``created``.

        Raises:
            DirectoryError: it is missing.
        """
        with self._database() as database:
            found = read_property(database, key, None)
        if found is None:
            raise DirectoryError(f"{self.path}: its {key} is missing: the file was damaged")
        return found

    def owner(self) -> dict[str, Any]:
        """Who holds the lock: pid, host, since; empty if no process does."""
        return owner(self.directory)

    def counts(self) -> list[dict[str, Any]]:
        """Trials by series, state and end reason, with their cost and seconds."""
        with self._database() as database:
            keys = ("series", "state", "end_reason", "trials", "cost", "seconds")
            rows = database.execute(_COUNTS, (self._limit(),))
            return [dict(zip(keys, row, strict=True)) for row in rows]

    def series(self) -> list[str]:
        """The names of the series that have trials."""
        with self._database() as database:
            found = {name for (name,) in database.execute("SELECT DISTINCT series FROM trials")}
            names = found | series_with_digests(database)
        if not all(isinstance(name, str) for name in names):
            raise DirectoryError(f"{self.path}: a series has no name: the file was damaged")
        return sorted(names)

    def trials(self, series: str = "search") -> list[Trial]:
        """All trials of a series, by slot."""
        return list(self.scan(series))

    def scan(self, series: str = "search") -> Iterator[Trial]:
        """The same one by one, for studies of any size."""
        limit = self._limit()
        with self._database() as database:
            stored = stored_digest(database, "trials", series)
            for trial in scan_series(database, self.path, series, stored):
                if trial.state != "queued" or trial.slot < limit:
                    yield trial

    def reproducible(self) -> list[dict[str, Any]]:
        """The trial table without wall-clock facts: equal however the study was run."""
        return [trial.reproducible() for name in self.series() for trial in self.trials(name)]

    def trial(self, slot: int, series: str = "search") -> Trial:
        """One trial.

        Raises:
            KeyError: there is none.
        """
        with self._database() as database:
            where = "WHERE series = ? AND slot = ?"
            found = list(scan_trials(database, self.path, where, (series, slot)))
        if not found:
            raise KeyError(f"{self.directory}: no trial {slot} in series {series!r}")
        return found[0]

    def running(self) -> list[Trial]:
        """The trials that are under way."""
        with self._database() as database:
            return list(scan_trials(database, self.path, "WHERE state = 'running'"))

    def best(self, count: int = 1, series: str = "search") -> list[Trial]:
        """The best trials at the full budget by the first objective, best first.

        Failed and early-stopped trials are none of them.
        """
        name, direction = self.objectives[0]
        order = "ASC" if direction == "minimize" else "DESC"
        largest = "coalesce(budget, 9e18)"
        # The path is quoted as JSON and passed as an argument: names are free text.
        where = (
            "WHERE series = ? AND end_reason IN ('COMPLETED', 'CONVERGED') AND "
            f"{largest} = (SELECT max({largest}) FROM trials WHERE series = ?)"
        )
        value = "json_extract(outputs, ?)"
        with self._database() as database:
            slots = database.execute(
                f"SELECT slot FROM trials {where} ORDER BY {value} {order}, slot LIMIT ?",
                (series, series, f"$.{json.dumps(name)}", count),
            ).fetchall()
        return [self.trial(slot, series) for (slot,) in slots]

    def pareto(self, series: str = "search") -> list[Trial]:
        """The trials that no other trial beats in every objective, by slot."""
        complete = [trial for trial in self.trials(series) if trial.succeeded]
        signs = [1.0 if direction == "minimize" else -1.0 for _, direction in self.objectives]
        names = [name for name, _ in self.objectives]
        return [complete[place] for place in non_dominated(
            [[s * t.values[n] for s, n in zip(signs, names, strict=True)] for t in complete]
        )]  # fmt: skip

    def curve(self, slot: int, series: str = "search") -> list[tuple[float, float]]:
        """The learning curve of a trial: (step, value)."""
        query = "SELECT step, value FROM curves WHERE series = ? AND slot = ? ORDER BY step"
        with self._database() as database:
            return database.execute(query, (series, slot)).fetchall()

    def curves(self, series: str = "search") -> dict[int, list[tuple[float, float]]]:
        """The learning curves of a series by slot."""
        with self._database() as database:
            stored = stored_digest(database, "curves", series)
            return load_curves(database, self.path, series, stored)

    def events(self) -> list[dict[str, Any]]:
        """What happened beside trials: interruptions, retries, stops, changed versions."""
        with self._database() as database:
            keys = ("at", "kind", "slot", "text")
            rows = database.execute("SELECT at, kind, slot, text FROM events ORDER BY rowid")
            return [dict(zip(keys, row, strict=True)) for row in rows]

    def _limit(self) -> int:
        wanted: int = self.definition["config"]["trials"]
        return wanted

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        database: sqlite3.Connection | None = None
        try:
            database = _connected(self.path)
            database.execute("BEGIN")  # all that is read in here is of one moment
            yield database
        except (sqlite3.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise DirectoryError(f"{self.path}: cannot be read: {error}") from error
        finally:
            if database is not None:
                database.close()


def _connected(path: Path) -> sqlite3.Connection:
    """A read-only connection, also to a study in a folder that we may not write to."""
    uri = path.resolve().as_uri()
    database = sqlite3.connect(f"{uri}?mode=ro", uri=True)
    try:
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        database.close()
        return sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)
    return database


def parameters_of(document: Mapping[str, Any]) -> list[Parameter]:
    """The parameters in a problem's description, see :func:`describe`."""
    return [_parameter(name, fields) for name, fields in document["parameters"].items()]


def _parameter(name: str, fields: dict[str, Any]) -> Parameter:
    known = {key: value for key, value in fields.items() if value is not None}
    known["choices"] = tuple(known.get("choices", ()))
    if "condition" in known:
        parent, values = known["condition"]
        known["condition"] = (parent, tuple(values))
    return Parameter(name=name, **known)


def non_dominated(points: list[list[float]]) -> list[int]:
    """Places of the points (all to be minimised) that no other point dominates."""
    order = sorted(range(len(points)), key=lambda place: points[place])
    front: list[int] = []
    for place in order:
        point = points[place]
        if not any(_dominates(points[other], point) for other in front):
            front.append(place)
    return sorted(front)


def _dominates(one: list[float], two: list[float]) -> bool:
    return one != two and all(a <= b for a, b in zip(one, two, strict=True))

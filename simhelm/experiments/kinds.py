"""The kinds of experiments, and what the verbs of the command line ask of each."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.experiments.directory import read_json


@dataclasses.dataclass(frozen=True)
class Options:
    """How an experiment is run; nothing here changes a result.

    Attributes:
        workers, executor: who computes; None for what suits the kind.
        timeout, ranks_per_trial, fork, from_optuna, study_name: of studies, as ``simhelm run``
            explains them.
        overwrite: replace what is in the directory.
        visible: whether a bar shows the progress.
        command: what the user wrote.
        changes: keys of the file that the command line sets.
    """

    workers: int | None = None
    executor: str | None = None
    timeout: float | None = None
    ranks_per_trial: int = 1
    fork: Path | None = None
    from_optuna: str | None = None
    study_name: str | None = None
    overwrite: bool = False
    visible: bool = False
    command: str = ""
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Shown:
    """A table and the sentence below it.

    Attributes:
        records: for programs, with raw values.
        rows: for people; None for the records.
        styles: of the rows.
    """

    title: str
    records: Iterable[dict[str, Any]]
    rows: Sequence[dict[str, str]] | None = None
    sentence: str = ""
    styles: list[str] | None = None


@dataclasses.dataclass(frozen=True)
class Status:
    """How much of an experiment is done.

    Attributes:
        owner: who holds the lock; empty if no process does.
        done, wanted, unit: ``done`` of ``wanted`` units are finished.
        running: trials under way.
        counts: trials by series, state and end reason.
        facts: what else there is to say, by name.
    """

    title: str
    owner: dict[str, Any]
    done: int
    wanted: int
    unit: str
    running: list[int] = dataclasses.field(default_factory=list)
    counts: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    facts: dict[str, str] = dataclasses.field(default_factory=dict)


class Kind(Protocol):
    """What a kind of experiment can do; it returns what is to be printed.

    ``run`` and ``resume`` give several tables, of which programs get the first; none on MPI
    ranks that only helped.
    """

    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        """Run a file's table in a directory, or continue where it was stopped."""

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        """Continue what a directory holds; what is complete is shown."""

    def status(self, directory: Path) -> Status:
        """How much is done, also while it runs."""

    def show(self, directory: Path, **selection: Any) -> Shown:
        """The outcome; or, of a study, selected trials."""

    def report(self, directory: Path) -> Path:
        """Write ``report.html``; gives its path."""

    def page(self, directory: Path) -> str:
        """The content of a report on what is there by now; nothing is written."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A registered kind.

    Attributes:
        name: of the kind, as ``kind = "..."`` in a file.
        noun: what a directory holds.
        does: what a file of this kind does.
        marker: the file by which a directory is recognised.
        keys: a file with one of these is of this kind.
        target: of the implementation, ``"module:attribute"``.
        study: the folder of the study behind it, ``""`` for the directory itself; None if there
            is none.
        instead: what to do where a verb works on studies only.
    """

    name: str
    noun: str
    does: str
    marker: str
    keys: tuple[str, ...]
    target: str
    study: str | None = None
    instead: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def load(self) -> Kind:
        """The implementation."""
        module, _, attribute = self.target.partition(":")
        kind: Kind = getattr(importlib.import_module(module), attribute)
        return kind


_SHOW = "`simhelm show DIR --format csv` prints its table"
_AGAIN = "`simhelm run FILE --out NEW_DIR` repeats it, to be compared with `simhelm show`"
_EVALUATE = "`simhelm evaluate ENV --policy DIR` plays test episodes with its policy"
# The first that matches counts: a training and a steering run share the name of a file.
KINDS = (
    Entry(
        "study", "study", "tunes", "study.db", ("problem", "simulator"),
        "simhelm.calibration.study.kind:STUDY", "",
    ),
    Entry(
        "sampling", "Monte Carlo", "samples", "monte_carlo.json", ("monte_carlo",),
        "simhelm.calibration.sampling.kind:SAMPLING", None,
        {"export": _SHOW, "validate": _AGAIN, "replay": _AGAIN},
    ),
    Entry(
        "sweep", "sweep of trainings", "trains", "sweep.json", (),
        "simhelm.control.training.kind:SWEEPS", "study",
    ),
    Entry(
        "training", "training", "trains", "config.json", ("algorithm",),
        "simhelm.control.training.kind:TRAINING", None,
        {"export": _SHOW, "validate": _EVALUATE, "replay": _EVALUATE},
    ),
    Entry(
        "steering", "steering run", "steers", "config.json", ("environment",),
        "simhelm.control.steering.run:STEERING", None,
        {"export": _SHOW, "validate": _AGAIN, "replay": _AGAIN},
    ),
)  # fmt: skip
_OF_FILES = {entry.name: entry for entry in KINDS if entry.keys}


def named(name: str) -> Entry:
    """The kind of a name."""
    return next(entry for entry in KINDS if entry.name == name)


def of_table(table: dict[str, Any], where: str) -> tuple[Entry, dict[str, Any]]:
    """The kind of a file, which it names or shows by its tables; and the table without the name.

    Raises:
        ConfigurationError: an unknown kind, or a table whose name is misspelled.
    """
    if "kind" in table:
        name, rest = table["kind"], {key: item for key, item in table.items() if key != "kind"}
        if name not in _OF_FILES:
            raise ConfigurationError(
                f"{where}: kind: expected one of {sorted(_OF_FILES)}, got {name!r}"
                + did_you_mean(str(name), _OF_FILES)
            )
        return _OF_FILES[name], rest
    for entry in _OF_FILES.values():
        if any(key in table for key in entry.keys):
            return entry, table
    for key in table:
        if hint := did_you_mean(key, [key for entry in _OF_FILES.values() for key in entry.keys]):
            raise ConfigurationError(f"{where}: unknown table {key!r}{hint}")
    return named("study"), table  # which says what it expects


def of_directory(directory: Path) -> Entry:
    """The kind of what a directory holds.

    Raises:
        DirectoryError: nothing that is known here, or a file that cannot be read.
    """
    found = [entry for entry in KINDS if (directory / entry.marker).is_file()]
    if not found:
        nouns = [entry.noun for entry in KINDS]
        raise DirectoryError(f"{directory}: holds no {', no '.join(nouns[:-1])} and no {nouns[-1]}")
    if found[0].marker != "config.json":
        return found[0]
    # A steering run's does not name its kind.
    return named("training" if read_json(directory / "config.json").get("kind") else "steering")


def study_behind(directory: Path, verb: str) -> Path:
    """The directory of the study that a verb works on.

    Raises:
        ConfigurationError: no study, with what to do instead.
        DirectoryError: as :func:`of_directory`.
    """
    entry = of_directory(directory)
    if entry.study is None:
        instead = re.sub(r"\bDIR\b", lambda found: str(directory), entry.instead[verb])
        raise ConfigurationError(
            f"{verb} works on studies, and {directory} holds a {entry.noun}: {instead}"
        )
    return directory / entry.study

"""The directory of a run: whose it is, what it holds, and that nothing is written past it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.experiments.atomic_write import PART, not_a_link, write_json
from simhelm.experiments.lock import LOCK, exclusive
from simhelm.experiments.provenance import difference

Json = TypeVar("Json", dict[str, Any], list[Any])


@dataclasses.dataclass(frozen=True)
class Layout:
    """The files by which a kind of run knows its own directory.

    Attributes:
        what: the noun of messages.
        marker: the file that holds the identity; whoever writes it owns the directory.
        results: what a run writes, first the file that only a complete one has. They are removed
            where the run is replaced.
    """

    what: str
    marker: str
    results: tuple[str, ...] = ()

    def holds(self, directory: Path) -> bool:
        """Whether the marker is there; False where there is room for a new run.

        Raises:
            ConfigurationError: a file, or a directory of other things.
        """
        if not directory.is_dir():
            if directory.exists():
                raise ConfigurationError(f"{directory}: expected a directory, found a file")
            return False
        # What a run left that was killed as it began is nothing.
        names = (entry.name for entry in directory.iterdir())
        others = [name for name in names if not (name.endswith(PART) or name == LOCK)]
        # Looked for last: what another process has just put there came after its marker.
        if (directory / self.marker).exists():
            return True
        if others:
            raise ConfigurationError(
                f"{directory} is not empty and holds no {self.what} ({min(others)} ...); choose "
                "another directory with --out"
            )
        return False

    def is_complete(self, directory: Path) -> bool:
        """Whether the run there came to its end."""
        return (directory / self.results[0]).is_file()

    def check(self, directory: Path, identity: dict[str, Any], *, overwrite: bool = False) -> bool:
        """Whether the directory holds this run already, begun or complete.

        Raises:
            ConfigurationError: it holds another run, or files that are not ours.
            DirectoryError: its marker cannot be read.
        """
        if not self.holds(directory):
            return False
        if not overwrite:
            before = read_json(directory / self.marker)
            check_same(directory, before, identity, self.what)
            return True
        with contextlib.suppress(DirectoryError):  # a torn marker is replaced, too
            kind = read_json(directory / self.marker).get("kind")
            if kind != identity.get("kind"):
                raise ConfigurationError(
                    f"{directory} holds no {self.what} that could be replaced, but a "
                    f"{kind or 'run'}; choose another directory with --out"
                )
        return False

    @contextlib.contextmanager
    def claimed(
        self, directory: Path, identity: dict[str, Any], *, overwrite: bool = False
    ) -> Iterator[bool]:
        """Hold the lock of a directory that is this run's; gives whether the run is complete.

        Raises:
            ConfigurationError, DirectoryError: as :meth:`check`.
            StudyLocked: another process holds the lock.
        """
        self.check(directory, identity, overwrite=overwrite)  # a foreign one is left alone
        directory.mkdir(parents=True, exist_ok=True)
        with exclusive(directory):
            if not self.check(directory, identity, overwrite=overwrite):
                # First: old results never stand under a new identity.
                remove(directory, self.results)
                write_json(directory / self.marker, identity)
            yield bool(self.results) and self.is_complete(directory)


def check_same(
    directory: Path,
    before: Any,
    now: Any,
    what: str,
    remedy: str = "choose another directory with --out, or replace it with --overwrite",
) -> None:
    """Refuse another run than the one that the directory holds.

    Raises:
        ConfigurationError: with the difference, and the remedy.
    """
    if before != now:
        raise ConfigurationError(
            f"{directory} holds another {what}:\n{difference(before, now)}\n{remedy}"
        )


def remove(directory: Path, names: tuple[str, ...]) -> None:
    """Delete files and folders of a run in the given order; of a link only the link."""
    for name in names:
        path = directory / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def subdirectory(path: Path) -> Path:
    """A folder within a run's directory, made if needed.

    Raises:
        ConfigurationError: a symbolic link stands there.
    """
    not_a_link(path).mkdir(exist_ok=True)
    return path


def read_json(path: Path, kind: type[Json] = dict) -> Json:  # type: ignore[assignment]
    """A JSON object (or list) from a file of a run.

    Raises:
        DirectoryError: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DirectoryError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, kind):
        expected = "object" if kind is dict else "array"
        raise DirectoryError(f"{path}: cannot be read: expected a JSON {expected}")
    return content

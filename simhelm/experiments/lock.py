"""One process at a time in the directory of a run or study."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simhelm.core.errors import StudyLocked
from simhelm.experiments.atomic_write import not_a_link

LOCK = "lock"
# Seconds that a new owner may take to write its name.
_INTRODUCTION = 0.5
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the directory's lock; the file names its owner while it is held.

    The kernel drops the lock with its owner, so that a killed owner locks nobody out. Where the
    file system knows no locks, the owner named in the file is looked for instead.

    Raises:
        StudyLocked: another process holds it; the message names it.
        ConfigurationError: the lock is a symbolic link.
    """
    path = not_a_link(directory / LOCK)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, directory)
        _write(descriptor, _ourselves())
        yield
    finally:
        with contextlib.suppress(OSError):
            if _read(descriptor).get("pid") == os.getpid():
                os.ftruncate(descriptor, 0)
        os.close(descriptor)


def owner(directory: Path) -> dict[str, Any]:
    """Who holds the lock: pid, started, host, since; empty if nobody does."""
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        found = _read(descriptor)
        return found if error.errno not in _UNSUPPORTED or _is_alive(found) else {}
    else:
        return {}
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        found = _introduced(descriptor)
        if error.errno not in _UNSUPPORTED or _is_alive(found):
            raise StudyLocked(_sentence(directory, found)) from None


def _introduced(descriptor: int) -> dict[str, Any]:
    """What the file says of its owner, who writes it a moment after taking the lock."""
    deadline = time.monotonic() + _INTRODUCTION
    while not (found := _read(descriptor)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def _sentence(directory: Path, found: dict[str, Any]) -> str:
    return f"{directory}: {held_by(found)}; wait for it, stop it, or use another directory"


def held_by(found: dict[str, Any]) -> str:
    """The owner in words."""
    if not {"pid", "host", "since"} <= found.keys():
        return "another process holds the lock"
    return f"process {found['pid']} on {found['host']} has held the lock since {found['since']}"


def _ourselves() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "started": _start_time(os.getpid()),
        "host": platform.node(),
        "since": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _is_alive(found: dict[str, Any]) -> bool:
    """Whether the named owner still runs; one on another host cannot be looked for."""
    if not found:
        return False
    if found.get("host") != platform.node():
        return True
    return _start_time(int(found["pid"])) == found.get("started") is not None


def _start_time(pid: int) -> int | None:
    """Clock ticks between boot and the start of a process: tells a pid from its reuse."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[19])


def _read(descriptor: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(descriptor: int, content: dict[str, Any]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(content).encode(), 0)

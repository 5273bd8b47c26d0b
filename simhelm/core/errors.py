"""Errors that the command line turns into exit codes."""

from __future__ import annotations

import signal
from typing import ClassVar


class SimhelmError(Exception):
    """The base of what the command line answers with a message and no traceback."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(SimhelmError, ValueError):
    """The request cannot be carried out as written (exit code 2)."""

    exit_code = 2


class FailureStop(SimhelmError):  # noqa: N818 - a policy, carried out
    """So many trials failed that the study stopped (exit code 3)."""

    exit_code = 3


class StudyLocked(SimhelmError):  # noqa: N818 - named for the state that was met
    """Another process holds the lock of the directory (exit code 4)."""

    exit_code = 4


class DirectoryError(SimhelmError, RuntimeError):
    """A run directory is unreadable, incomplete or belongs to another run (exit code 5)."""

    exit_code = 5


class Interrupted(SimhelmError):  # noqa: N818 - not an error, and named for what happened
    """The user or the system asked to stop (exit code 128 + signal: 130 or 143)."""

    def __init__(self, message: str = "", signal_number: int = signal.SIGINT) -> None:
        super().__init__(message)
        self.signal_number = signal_number

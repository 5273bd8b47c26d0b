"""Errors that the command line turns into exit codes."""

from __future__ import annotations


class SimhelmError(Exception):
    """The base of what the command line answers with a message and no traceback."""


class ConfigurationError(SimhelmError, ValueError):
    """The request cannot be carried out as written (exit code 2)."""


class DirectoryError(SimhelmError, RuntimeError):
    """A run directory is unreadable, incomplete or belongs to another run (exit code 5)."""


class Interrupted(SimhelmError):  # noqa: N818 - not an error, and named for what happened
    """The user asked to stop (exit code 130)."""

"""Errors that the command line turns into exit codes."""

from __future__ import annotations


class ConfigurationError(ValueError):
    """The request cannot be carried out as written (exit code 2)."""


class DirectoryError(RuntimeError):
    """A run directory is unreadable, incomplete or belongs to another run (exit code 5)."""

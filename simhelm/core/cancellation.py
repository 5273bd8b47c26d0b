"""Asking a running simulation to stop, from a signal handler or another thread."""

from __future__ import annotations

import os


class Cancellation:
    """A flag that can be waited for together with files and pipes.

    ``set`` may be called from a signal handler. Its file descriptor becomes readable then.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._set = False

    def set(self) -> None:
        """Ask to stop; it cannot be taken back."""
        if not self._set:
            self._set = True
            os.write(self._write, b"x")

    @property
    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._set

    def fileno(self) -> int:
        """A file descriptor that is readable once a stop was asked for."""
        return self._read

    def close(self) -> None:
        """Give the file descriptors back."""
        os.close(self._read)
        os.close(self._write)

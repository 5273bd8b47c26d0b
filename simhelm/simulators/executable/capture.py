"""What a simulator prints, in files of bounded size: the beginning and the end."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self


class CappedLog:
    """A file that takes any amount of output and keeps its first and last parts.

    Args:
        path: of the file, which must not exist.
        limit: bytes to keep, half of them from the beginning.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._file = path.open("xb")
        self._room = limit - limit // 2
        self._tail_size = limit // 2
        self._tail = bytearray()
        self._left_out = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._left_out:
            self._file.write(f"\n[... {self._left_out} bytes left out ...]\n".encode())
        self._file.write(self._tail)
        self._file.close()

    def write(self, data: bytes) -> None:
        """Take some output."""
        head, rest = data[: self._room], data[self._room :]
        if head:
            self._file.write(head)
            self._room -= len(head)
        self._tail += rest
        excess = len(self._tail) - self._tail_size
        if excess > 0:
            self._left_out += excess
            del self._tail[:excess]


def last_lines(path: Path, count: int = 50, size: int = 16_384) -> str:
    """The last lines of a log, at most ``size`` bytes of them."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-count:])

"""The command ``simhelm dashboard`` as a process, and plain requests to it."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.subprocesses import PATIENCE, command_line, started


@contextlib.contextmanager
def dashboard(directory: Path, end: int = signal.SIGTERM) -> Iterator[str]:
    """Within: the address that the command printed. The signal must end it with exit code 0."""
    process = started(command_line("dashboard", directory, "--port", "0"))
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), process.communicate()
        yield address
    finally:
        process.send_signal(end)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors


def answer(url: str, method: str = "GET", host: str | None = None) -> tuple[int, str]:
    """Status and text."""
    request = urllib.request.Request(url, method=method, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def fingerprints(directory: Path) -> dict[str, str]:
    """Of every file, by its contents."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }

"""A report as a page that loads itself again, made anew when the files it tells of change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from simhelm.cli.dashboard.serving import Application, Request, Respond
from simhelm.core.errors import DirectoryError
from simhelm.experiments.page import page, paragraph

# Seconds after which a browser asks again.
_PERIOD = 5
_HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Refresh", str(_PERIOD)),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"),
]


class LiveReport:
    """The latest report of a directory.

    Args:
        directory: of a run.
        write: makes the page, of the directory as it is.
    """

    def __init__(self, directory: Path, write: Callable[[Path], str]) -> None:
        self._directory = directory
        self._write = write
        self._lock = threading.Lock()
        self._seen: object = None
        self._page = ""

    def latest(self) -> str:
        """The page; one that says what is missing where the run has not come far enough."""
        with self._lock:
            seen = _state(self._directory)
            if seen != self._seen:
                try:
                    self._page = self._write(self._directory)
                except DirectoryError as error:
                    self._page = page(self._directory.resolve().name, [paragraph(f"{error}.")])
                self._seen = seen
            return self._page


def report_application(report: LiveReport) -> Application:
    """The web application that shows it at ``/``."""

    def answer(request: Request, respond: Respond) -> Iterable[bytes]:
        if request["PATH_INFO"] == "/":
            respond("200 OK", list(_HEADERS))
            return [report.latest().encode()]
        if request["PATH_INFO"] == "/favicon.ico":  # browsers ask for it unasked
            respond("204 No Content", [])
            return []
        respond("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"the report is at /"]

    return answer


def _state(directory: Path) -> object:
    """What changes whenever a file of the directory does."""
    found = []
    for path in sorted(directory.rglob("*")):
        try:
            status = path.stat()
        except OSError:  # gone between two calls
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return found

"""Starts a run as a process of its own, under mpiexec if asked, and again after a crash."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from simhelm.core.errors import ConfigurationError

log = logging.getLogger(__name__)

# Codes with which a run ends by its own decision: starting it again would change nothing.
_DECIDED = frozenset({0, 1, 2, 3, 4, 5, 130, 143})
# Options of the supervision; each takes a value.
_OURS = ("--ranks", "--max-restarts")


def supervise(ranks: int | None, restarts: int) -> int:
    """Run this command line without its supervision options; gives the exit code.

    Args:
        ranks: number of MPI ranks to start with mpiexec; None for a plain process.
        restarts: how often to start again after a crash (a killed rank or process).
    """
    words = _without_ours(sys.argv[1:])
    command = [*_launcher(ranks), "-m", "simhelm", *words]
    for attempt in range(restarts + 1):
        code = _run(command)
        if code in _DECIDED or attempt == restarts:
            return code if code >= 0 else 128 - code
        log.warning("the run crashed (exit code %d); restart %d of %d", code, attempt + 1, restarts)
    raise AssertionError("unreachable")


def mpiexec() -> Path:
    """The launcher of the MPI that our own environment brought along; another's would not fit."""
    path = Path(sys.prefix) / "bin" / "mpiexec"
    if not path.is_file():
        raise ConfigurationError(f"no {path}: pip install 'simhelm[mpi]'")
    return path


def _launcher(ranks: int | None) -> list[str]:
    if ranks is None:
        return [sys.executable]
    # Through mpi4py, so that an error on one rank ends the job and does not hang it.
    return [str(mpiexec()), "-n", str(ranks), sys.executable, "-m", "mpi4py"]


def _without_ours(words: list[str]) -> list[str]:
    kept: list[str] = []
    is_value = False
    for word in words:
        if is_value:
            is_value = False
        elif word in _OURS:
            is_value = True
        elif word.partition("=")[0] not in _OURS:
            kept.append(word)
    return kept


def _run(command: list[str]) -> int:
    process = subprocess.Popen(command)  # noqa: S603 - our own interpreter and launcher

    def forward(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    # Ctrl-C reaches the process by itself, as it is in the terminal's group.
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, forward),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN if _has_terminal() else forward),
    }
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False

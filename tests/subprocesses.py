"""Our own interpreter and command line as processes of their own; no shell anywhere."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simhelm.cli import main

MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
# Seconds; far more than anything takes on a slow machine, so that a hang is an error.
PATIENCE = 300.0


def python(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run this interpreter with these arguments and wait for it."""
    return completed([sys.executable, *map(str, words)], **options)


def run_simhelm(
    *words: str | Path, ranks: int | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command line and wait for it; under mpiexec if ranks are given."""
    return completed(command_line(*words, ranks=ranks), **options)


def completed(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; its input is empty, its output is text."""
    options = {"capture_output": True, "text": True, "timeout": PATIENCE, "check": False, **options}
    return subprocess.run(command, stdin=subprocess.DEVNULL, **options)  # noqa: PLW1510, S603


def started(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """Start a command and do not wait for it."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)  # noqa: S603


def command_line(*words: str | Path, ranks: int | None = None) -> list[str]:
    """The arguments that run simhelm, under mpiexec if ranks are given."""
    return [*launcher(ranks), "-m", "simhelm", *map(str, words)]


def launcher(ranks: int | None) -> list[str]:
    """What comes before a script or a module."""
    if ranks is None:
        return [sys.executable]
    return [str(MPIEXEC), "-n", str(ranks), sys.executable, "-m", "mpi4py"]


@dataclasses.dataclass(frozen=True)
class Done:
    """What a command did: its exit code and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def here(*words: str, cwd: Path) -> Done:
    """The same command in this process, which has the libraries loaded."""
    out, log = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger("simhelm").addHandler(handler)
    code: Any = 0
    try:
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
        ):
            patch.setattr(sys, "argv", ["simhelm", *words])
            main()
    except SystemExit as end:
        code = end.code
    finally:
        logging.getLogger("simhelm").removeHandler(handler)
    return Done(int(code or 0), out.getvalue(), log.getvalue())

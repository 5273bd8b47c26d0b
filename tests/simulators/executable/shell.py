"""Executable problems from a few lines of shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simhelm.simulators.executable import ExecutableProblem, ExecutableSpecification

REGEX = {"file": "stdout", "pattern": r"cost = (\S+)"}
PARAMETER = {"name": "x", "default": 1.0, "low": 0.0, "high": 2.0}
CONFIG = {"x": 1.0}


def shell_problem(
    folder: Path,
    script: str,
    *,
    parameters: list[dict[str, Any]] | None = None,
    outputs: list[dict[str, Any]] | None = None,
    words: tuple[str, ...] = ("{x}",),
    **simulator: Any,
) -> ExecutableProblem:
    """A problem of a script that gets ``words`` as its arguments."""
    (folder / "sim.sh").write_text("#!/bin/sh\n" + script, encoding="utf-8")
    (folder / "sim.sh").chmod(0o755)
    tables = {
        "simulator": {"command": ["./sim.sh", *words], "files": ["sim.sh"], **simulator},
        "parameter": parameters or [PARAMETER],
        "output": [{"name": "cost", "regex": REGEX}] if outputs is None else outputs,
    }
    return ExecutableProblem(ExecutableSpecification.load(tables, folder))

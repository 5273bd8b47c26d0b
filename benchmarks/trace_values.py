"""Which files of ours a value passes: ``python -m benchmarks.trace_values`` prints three ways.

A file counts where one of its functions is called with the value among its arguments, or within a
mapping, a sequence or an object of ours among them; calls within a file count once. The ways:
```omega`` from a TOML file to the first compiled solve, ``--workers`` from the command line to the
processes, an output of an executable from its file to the report.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import simhelm

ROOT = Path(simhelm.__file__).parent
OMEGA, WORKERS, OUTPUT = 1.234567, 61, 9876.54321
_DEEPEST, _MOST = 4, 60
_LINEAR = "simulators/linear/"
_LOG, _VALUE = "TRACE_VALUES_LOG", "TRACE_VALUES_VALUE"

STEERING = f"""
baselines = "none"
[environment]
id = "simhelm/Heat2D-v0"
nx = 6
steps = 4
omegas = [1.0, {OMEGA}]
[[learner]]
name = "FixedArm"
arm = 1
"""
TUNING = """
trials = 1
batch = 1
baselines = []
[problem]
name = "RelaxationFactor"
grid = 5
systems = 2
"""
EXECUTABLE = f"""
trials = 1
batch = 1
baselines = []
[simulator]
command = ["/bin/sh", "-c", "echo cost = {OUTPUT}", "{{x}}"]
objective = "cost"
[[parameter]]
name = "x"
kind = "float"
default = 0.5
low = 0.0
high = 1.0
[[output]]
name = "cost"
low = 0.0
high = 1e5
regex = {{ file = "stdout", pattern = "cost = (.*)" }}
"""


def holds(item: Any, value: float, depth: int = _DEEPEST) -> bool:
    """Whether an argument is the value, or has it within."""
    if isinstance(item, (int, float)):
        return not isinstance(item, bool) and item == value
    if depth == 0 or isinstance(item, (str, bytes)):
        return False
    if isinstance(item, np.ndarray):
        return item.dtype.kind in "if" and item.size < _MOST and bool((item == value).any())
    if isinstance(item, Mapping):
        inner = list(item.values())
    elif isinstance(item, (list, tuple)):
        # Process numbers are whole numbers, too.
        inner = [] if float(value).is_integer() else list(item)
    elif type(item).__module__.startswith("simhelm") and hasattr(item, "__dict__"):
        inner = [*vars(item).values(), getattr(item, "__pydantic_extra__", None)]
    else:
        return False
    return any(holds(one, value, depth - 1) for one in inner[:_MOST])


def look(value: float, log: int) -> Callable[[FrameType, str, Any], None]:
    """A profile function that writes down files of ours whose functions are given the value."""
    seen: set[str] = set()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(ROOT)):
            return
        file = os.path.relpath(code.co_filename, ROOT)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if file in seen:
            return
        with contextlib.suppress(Exception):  # objects that are still being made
            if any(holds(frame.f_locals.get(name), value) for name in names):
                seen.add(file)
                os.write(log, f"{file}\n".encode())

    return profile


def install() -> None:
    """Begin to look, in a process of :func:`files_passed` or one that it started."""
    log = os.open(os.environ[_LOG], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    profile = look(float(os.environ[_VALUE]), log)
    threading.setprofile(profile)
    sys.setprofile(profile)


def files_passed(value: float, arguments: list[str], folder: Path) -> list[str]:
    """The files in the order of their first call, in the command's process and its workers."""
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.path.append({str(Path(__file__).parent)!r})\n"
        "import trace_values\ntrace_values.install()\n",
        encoding="utf-8",
    )
    log = folder / "log"
    log.unlink(missing_ok=True)
    paths = [str(folder), str(ROOT.parent), os.environ.get("PYTHONPATH", "")]
    environment = {_LOG: str(log), _VALUE: str(value), "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "simhelm", "-q", *arguments]
    subprocess.run(  # noqa: S603 - our own command
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=True
    )
    return list(dict.fromkeys(log.read_text(encoding="utf-8").split())) if log.exists() else []


def ways(folder: Path) -> dict[str, list[str]]:
    """The three ways, by what is followed."""
    for name, text in (("steering", STEERING), ("tuning", TUNING), ("executable", EXECUTABLE)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")

    def run(name: str, value: float, *more: str) -> list[str]:
        words = ["run", str(folder / f"{name}.toml"), *more, "--out"]
        # First without looking: kernels are compiled once, which would be followed, too.
        warm = [sys.executable, "-m", "simhelm", "-q", *words, str(folder / f"{name}-warm")]
        subprocess.run(warm, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
        return files_passed(value, [*words, str(folder / name)], folder)

    omega = run("steering", OMEGA)
    kernel = next(index for index, file in enumerate(omega) if file.startswith(_LINEAR))
    output = run("executable", OUTPUT)
    output += files_passed(OUTPUT, ["report", str(folder / "executable")], folder)
    return {
        "omega, from TOML to the solver": omega[: kernel + 1],
        "--workers": run("tuning", WORKERS, "--workers", str(WORKERS)),
        "an output of an executable, to the report": list(dict.fromkeys(output)),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for what, files in ways(Path(name)).items():
            print(f"{what}: {len(files)} files: {', '.join(files)}")

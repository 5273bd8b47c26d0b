"""The compiler's cache: used, and never stale."""

import shutil
from pathlib import Path

import simhelm
from tests.subprocesses import python

COUNT = """
import numpy as np
from simhelm.simulators.linear import poisson2d, sor
print(sor(poisson2d(6), np.ones(36), 1.3).iterations)
"""


def _count(folder: Path) -> int:
    done = python("-c", COUNT, cwd=folder)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_change_in_a_called_file_is_noticed(tmp_path: Path) -> None:
    """`sor` runs kernels of batch.py, which call those of lexicographic.py."""
    package = tmp_path / "simhelm"
    shutil.copytree(
        Path(simhelm.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    first = _count(tmp_path)
    kernels = package / "simulators" / "linear" / "kernels"
    cached = {path: path.stat().st_mtime_ns for path in kernels.rglob("*.nbc")}
    assert cached
    assert _count(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in kernels.rglob("*.nbc")} == cached
    source = kernels / "lexicographic.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("x + weight * s", "x + 0.5 * weight * s"), encoding="utf-8")
    assert _count(tmp_path) > first

"""The compiler's cache: used, and never stale."""

import ast
import importlib
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from numba.core.dispatcher import Dispatcher

import simhelm
from simhelm.core.compiled import domain_of
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


def test_an_index_of_types_that_are_gone_is_stale(
    tmp_path: Path,
) -> None:
    """A kernel's cached signature names a class that a later version has moved."""
    (tmp_path / "groups.py").write_text(
        "from typing import NamedTuple\nclass Old(NamedTuple):\n    a: int\n", encoding="utf-8"
    )
    (tmp_path / "kernel.py").write_text(
        "from simhelm.core.compiled import compiled\n"
        "@compiled\ndef first(group):\n    return group.a\n",
        encoding="utf-8",
    )
    code = "import groups, kernel; print(kernel.first(groups.{}(4)))"
    assert python("-c", code.format("Old"), cwd=tmp_path).stdout.strip() == "4"
    assert list(tmp_path.rglob("*.nbi"))
    text = (tmp_path / "groups.py").read_text(encoding="utf-8")
    (tmp_path / "groups.py").write_text(text.replace("Old", "Renamed"), encoding="utf-8")
    done = python("-c", code.format("Renamed"), cwd=tmp_path)
    assert done.stdout.strip() == "4", done.stderr


def _modules_with_kernels() -> Iterator[str]:
    for module in pkgutil.walk_packages(simhelm.__path__, "simhelm."):
        source = Path(str(module.module_finder.path), *module.name.split(".")[-1:])  # type: ignore[union-attr]
        file = source / "__init__.py" if module.ispkg else source.with_suffix(".py")
        if "simhelm.core.compiled import" in file.read_text(encoding="utf-8"):
            yield module.name


def _foreign_names(module: ModuleType) -> dict[str, str]:
    """Names that a module has from elsewhere in the package, outside its room, and from where."""
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simhelm.")
        for alias in node.names
        if node.module is not None and domain_of(node.module) != domain_of(module.__name__)
    }


@pytest.mark.parametrize("name", sorted(_modules_with_kernels()))
def test_kernels_use_nothing_of_other_rooms(name: str) -> None:
    """What the cache relies on: a kernel is stale after a change in its own room only."""
    module = importlib.import_module(name)
    kernels = [value for value in vars(module).values() if isinstance(value, Dispatcher)]
    assert kernels
    foreign = _foreign_names(module)
    for kernel in kernels:
        used = set(kernel.py_func.__code__.co_names) & set(foreign)
        assert not used, f"{kernel.py_func.__name__} uses {sorted(used)} of other rooms"

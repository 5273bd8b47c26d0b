"""What is public is what ``__all__`` names; documents and examples use nothing else."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import simhelm

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))
# Packages that need an interpreter or a library of their own.
ELSEWHERE = {"simhelm.simulators.fem.dolfinx"}
PACKAGES = sorted(
    found.name
    for found in pkgutil.walk_packages(simhelm.__path__, "simhelm.")
    if found.ispkg and found.name not in ELSEWHERE
)


def _blocks() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for place, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
            yield f"{path.relative_to(ROOT)}, block {place}", code
    for path in EXAMPLES:
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def _imports(code: str) -> Iterator[tuple[str, str]]:
    """(module, name) of what is imported from us."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "simhelm":
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("simhelm."):
                    yield alias.name, ""


BLOCKS = list(_blocks())


@pytest.mark.parametrize(("where", "code"), BLOCKS, ids=[where for where, _ in BLOCKS])
def test_documents_and_examples_use_public_names(where: str, code: str) -> None:
    for module, name in _imports(code):
        whole = importlib.import_module(module)
        public = getattr(whole, "__all__", None)
        assert public is not None, f"{where}: {module} is internal"
        if hasattr(whole, "__path__") and importlib.util.find_spec(f"{module}.{name}"):
            assert importlib.import_module(f"{module}.{name}").__all__, f"{where}: {name}"
        else:
            assert not name or name in public, f"{where}: {module}.{name} is internal"


@pytest.mark.parametrize("package", ["simhelm", *PACKAGES])
def test_every_public_name_is_there(package: str) -> None:
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", ()):
        getattr(module, name)


@pytest.mark.parametrize(
    "room",
    ["agents", "calibration", "control", "core", "envs", "evidence", "experiments", "papers",
     "simulators", "testing"],
)  # fmt: skip
def test_every_room_names_what_is_public(room: str) -> None:
    module = importlib.import_module(f"simhelm.{room}")
    assert module.__all__
    assert (module.__doc__ or "").strip()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Problm'"):
        _ = simhelm.Problm

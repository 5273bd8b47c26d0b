"""What CONTRIBUTING.md promises of the tree: nothing grows too long to read, pictures are true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    path
    for folder in ("simhelm", "tests", "benchmarks", "docs", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 500, 60


@pytest.mark.parametrize("folder", ["simhelm", "tests", "benchmarks", "docs", "examples"])
def test_nothing_is_too_long_to_read(folder: str) -> None:
    long = []
    for path in FILES:
        if path.relative_to(ROOT).parts[0] != folder:
            continue
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LINES_OF_A_FILE:
            long.append(str(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LINES_OF_A_FUNCTION:
                    long.append(f"{path}:{node.lineno} {node.name}: {length} lines")
    assert long == []


def test_the_picture_of_folders_is_true() -> None:
    """Every folder of it exists, and every folder with code is in it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"## Where things are\n\n```\n(.*?)```", readme, re.DOTALL)
    drawn = {line.split()[0].rstrip("/") for line in picture.splitlines()}
    assert {name for name in drawn if not (ROOT / name).is_dir()} == set()
    parts = [path.relative_to(ROOT).parts for path in FILES]
    for first, *rest in parts:
        folder = f"simhelm/{rest[0]}" if first == "simhelm" and len(rest) > 1 else first
        assert folder in drawn | {"simhelm"}, folder
    for link in ("simulators", "envs", "agents", "calibration"):
        assert (ROOT / link).resolve() == ROOT / "simhelm" / link


PACKAGE = sorted((ROOT / "simhelm").rglob("*.py"))
LINES_OF_A_ROOM = 6_500


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path): path for path in PACKAGE}


def _imported(path: Path) -> set[str]:
    """Our modules that a file names in an import, wherever it stands: in functions, for types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES else str(node.module))
    return found & MODULES.keys() - {_module(path)}


def test_no_circles_between_files() -> None:
    waiting = {module: _imported(path) for module, path in MODULES.items()}
    while free := {module for module, needs in waiting.items() if not needs}:
        waiting = {m: needs - free for m, needs in waiting.items() if m not in free}
    assert _within_circles(waiting) == {}


def _within_circles(waiting: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left once files that nothing left imports are taken away, too."""
    while outer := waiting.keys() - set[str]().union(*waiting.values()):
        waiting = {module: needs for module, needs in waiting.items() if module not in outer}
    return waiting


def test_no_room_is_too_large() -> None:
    sizes: dict[str, int] = {}
    for module, path in MODULES.items():
        room = module.split(".")[1] if module.count(".") else ""
        sizes[room] = sizes.get(room, 0) + path.read_text(encoding="utf-8").count("\n")
    large = {room: lines for room, lines in sizes.items() if lines > LINES_OF_A_ROOM}
    assert large.keys() <= {"simulators"}, large

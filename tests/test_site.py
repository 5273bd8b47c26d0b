"""The documentation: it builds without a warning, and what its pages show runs."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest

from docs.pages import results
from docs.pages.environments import NOT_MADE
from docs.pages.markdown import docstring, table
from simhelm.envs.registration import environments
from tests.subprocesses import python

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "index.md",
    "guarantees.md",
    *(f"tutorials/{p.name}" for p in ROOT.glob("docs/tutorials/*.md")),
)
# Written out in a page, not included from a file.
BLOCK = re.compile(
    r"^```(?:python|\{ \.python \.test \})\n((?!--8<--).*?)^```", re.DOTALL | re.MULTILINE
)
BLOCKS = [
    (name, code)
    for name in PAGES
    for code in BLOCK.findall((ROOT / "docs" / name).read_text("utf-8"))
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = python("-m", "mkdocs", "build", "--strict", "-d", folder, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_environment_has_a_page_with_all_tables(site: Path) -> None:
    for entry in environments():
        page = (site / "environments" / f"{entry.id.partition('/')[2]}.html").read_text("utf-8")
        for heading in (
            "action-space",
            "observation-space",
            "reward",
            "version-history",
            "baselines",
            "spaces",
            "to-cite",
        ):
            assert f'id="{heading}"' in page, (entry.id, heading)
        assert NOT_MADE not in page


def test_guides_commands_and_results_are_there(site: Path) -> None:
    for guide in (ROOT / "docs").glob("*.md"):
        assert (site / f"{guide.stem}.html").is_file()
    commands = (site / "command_line.html").read_text("utf-8")
    for verb in ("run", "reproduce", "bench-lottery", "validate"):
        assert f'id="simhelm-{verb}"' in commands
    assert "learning-to-relax" in (site / "results/index.html").read_text("utf-8")
    assert not list(site.rglob("*.py"))


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"?([^\"\s>]+)",
            page.read_text("utf-8"),
        )
        assert loaded
        assert not [address for address in loaded if re.match(r"(https?:)?//", address)], page


def test_the_quickstart_is_short() -> None:
    (code,) = [code for name, code in BLOCKS if name == "index.md"]
    assert len(code.splitlines()) <= 10


@pytest.mark.parametrize(
    ("name", "code"), BLOCKS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BLOCKS)]
)
def test_code_on_pages_runs(name: str, code: str, tmp_path: Path) -> None:
    folders = [str(ROOT / "examples" / folder) for folder in ("own_simulator", "own_agent")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    done = python("-W", "error", "-c", code, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr


def _example(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "examples" / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_door_closes_soonest_where_the_overshoot_is_the_tolerance() -> None:
    """exp(-pi zeta / sqrt(1 - zeta^2)) = 0.05 at zeta = 0.690."""
    example = _example("own_simulator/door_closer.py")
    logarithm = math.log(example.CLOSED)
    best = -logarithm / math.hypot(math.pi, logarithm)
    times = {
        zeta: example.settling_time(zeta, 2.0) for zeta in (0.4, best - 0.05, best + 0.01, 1.0, 3.0)
    }
    assert min(times, key=lambda zeta: times[zeta]) == best + 0.01
    # Critical damping: (1 + 2 t) exp(-2 t) = 0.05 at t = 2.372.
    assert times[1.0] == pytest.approx(2.372, abs=2 * example.STEP)


def test_the_example_agent_learns_and_stands_beside_baselines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = _example("own_agent/epsilon_greedy.py")
    monkeypatch.setattr(example, "LENGTH", 150)
    monkeypatch.setattr(example, "SEEDS", range(2))
    means = {row["policy"]: float(row["iterations a solve"]) for row in example.main()}
    assert means["oracle (best factor a step)"] <= min(means.values())
    random_choice = sum(value for name, value in means.items() if name.startswith("omega")) / 20
    assert means["epsilon-greedy"] < random_choice
    assert "epsilon-greedy" in capsys.readouterr().out


def test_cells_of_tables_keep_their_bars() -> None:
    assert table(("a", "b"), [("|x|", "y\nz")]).splitlines()[2] == r"| \|x\| | y z |"


def test_sections_of_docstrings_become_lists() -> None:
    def thing() -> None:
        """Do it with :class:`~some.where.Tool`.

        Args:
            one: the first,
                at length.
            two: the second.
        """

    assert docstring(thing) == (
        "Do it with `Tool`.\n\n**Arguments**\n\n"
        "- `one`: the first,\n        at length.\n- `two`: the second.\n"
    )


def test_results_are_counted_and_a_small_version_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = {"1": "yes", "2": "NO", "": ""}
    rows = [{"what": "w", "measured": "1", "expected": e, "met": m} for e, m in expected.items()]
    record = {
        "command": "simhelm reproduce three-body --quick",
        "date": "2026-01-02",
        "minutes": 0.1,
        "versions": {"numpy": "2"},
        "parts": [{"title": "Table", "records": [*rows, rows[0]], "remarks": ["A remark."]}],
    }
    (tmp_path / "three-body.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    pages = results.pages()
    index = pages["results/index.md"]
    link = "[three-body](three-body.md) (small version)"
    (line,) = [text for text in index.splitlines() if text.startswith(f"| {link} |")]
    assert line.endswith("| 2 not tested | 2 of 3 |")
    assert index.count("| small version | not tested |") == 2
    assert f"| Table: w | 1 | 2 | {link} |" in index
    assert index.count("| Table: w |") == 1
    page = pages["results/three-body.md"]
    assert "This is the small version" in page
    assert "| w | 1 | 2 | NO |" in page
    assert "A remark." in page
    # Another is shown by a page written by hand.
    assert "[architecture](../architecture.md)" in index

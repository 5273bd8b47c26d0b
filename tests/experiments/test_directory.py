"""Whose a directory is, and that nothing is written past it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from simhelm.core.errors import ConfigurationError, DirectoryError, StudyLocked
from simhelm.experiments.atomic_write import atomic_write, write_json, write_text
from simhelm.experiments.directory import Layout, read_json, remove, subdirectory
from simhelm.experiments.figures import drawn, save_figure
from simhelm.experiments.jsonl import append_rows
from simhelm.experiments.lock import exclusive

LAYOUT = Layout("thing", "thing.json", ("done.json", "parts"))


def test_a_directory_is_claimed_by_one_identity(tmp_path: Path) -> None:
    with LAYOUT.claimed(tmp_path / "d", {"seed": 1}) as complete:
        assert not complete
        with pytest.raises(StudyLocked), LAYOUT.claimed(tmp_path / "d", {"seed": 1}):
            pass
        write_json(tmp_path / "d" / "done.json", {})
        (tmp_path / "d" / "parts").mkdir()
    with LAYOUT.claimed(tmp_path / "d", {"seed": 1}) as complete:
        assert complete
    with (
        pytest.raises(ConfigurationError, match=r"holds another thing:\n  - seed = 1\n  \+ seed"),
        LAYOUT.claimed(tmp_path / "d", {"seed": 2}),
    ):
        pass
    with LAYOUT.claimed(tmp_path / "d", {"seed": 2}, overwrite=True) as complete:
        assert not complete
        assert not (tmp_path / "d" / "parts").exists()
    assert read_json(tmp_path / "d" / "thing.json") == {"seed": 2}


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    write_json(tmp_path / "other" / "thing.json", {"kind": "training"})
    for name, words in (
        ("d", r"is not empty and holds no thing \(thesis.tex"),
        ("file", "expected a directory, found a file"),
        ("other", "holds no thing that could be replaced, but a training|holds another thing"),
    ):
        with (
            pytest.raises(ConfigurationError, match=words),
            LAYOUT.claimed(tmp_path / name, {}, overwrite=overwrite),
        ):
            pass
        assert not (tmp_path / name / "lock").exists()


def test_a_torn_marker_is_named_and_can_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "thing.json").write_text("{ torn", encoding="utf-8")
    with pytest.raises(DirectoryError, match="cannot be read"), LAYOUT.claimed(tmp_path, {}):
        pass
    with LAYOUT.claimed(tmp_path, {}, overwrite=True):
        assert read_json(tmp_path / "thing.json") == {}
    with pytest.raises(DirectoryError, match="expected a JSON array"):
        read_json(tmp_path / "thing.json", list)


def _atomically(path: Path) -> None:
    with atomic_write(path) as part:
        part.touch()


def _lock(path: Path) -> None:
    with exclusive(path.parent):
        pass


WRITERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "atomic_write": ("f", _atomically),
    "its part": ("f.part", lambda path: _atomically(path.with_suffix(""))),
    "write_json": ("f.json", lambda path: write_json(path, {})),
    "write_text": ("report.html", lambda path: write_text(path, "page")),
    "drawn": ("f.png", lambda path: drawn(path, lambda axes: None)),
    "save_figure": ("f.png", lambda path: save_figure(Figure(), path)),
    "append_rows": ("f.jsonl", lambda path: append_rows(path, [[1]])),
    "lock": ("lock", _lock),
    "subdirectory": ("trials", subdirectory),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("exists", [True, False])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str, exists: bool) -> None:
    file, write = WRITERS[name]
    (tmp_path / "run").mkdir()
    precious = tmp_path / "precious"
    if exists:
        precious.write_text("precious", encoding="utf-8")
    (tmp_path / "run" / file).symlink_to(precious)
    with pytest.raises(ConfigurationError, match="is a symbolic link"):
        write(tmp_path / "run" / file)
    assert precious.exists() == exists
    assert not exists or precious.read_text(encoding="utf-8") == "precious"


def test_removing_leaves_what_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data").touch()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "parts").symlink_to(tmp_path / "precious")
    remove(tmp_path / "run", ("done.json", "parts"))
    assert not (tmp_path / "run" / "parts").exists()
    assert (tmp_path / "precious" / "data").exists()

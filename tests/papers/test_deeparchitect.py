"""The small reproduction runs, its store spares every training, its words follow the numbers."""

import logging
from pathlib import Path

import numpy as np
import pytest

from simhelm.papers import deeparchitect
from simhelm.papers.deeparchitect import TEST, VALIDATION, interval, recompute, verdict
from simhelm.papers.deeparchitect_search import Trained, append_store, read_store

pytest.importorskip("torch")


def test_quick_run_and_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = list(recompute(quick=True))
    assert [part.title for part in parts[:2]] == ["3 networks a search", "6 networks a search"]
    assert [part.title.partition(":")[2].strip() for part in parts[2:]] == [VALIDATION, TEST]
    assert all("too few seeds" in row.measured for part in parts[2:] for row in part.rows)
    assert (tmp_path / deeparchitect.FOLDER / "curves.png").stat().st_size > 10_000
    store = tmp_path / deeparchitect.FOLDER / "evaluations.jsonl"
    before = store.read_bytes()
    caplog.set_level(logging.INFO)
    assert list(recompute(quick=True)) == parts
    assert store.read_bytes() == before
    assert f"{len(read_store(store))} trainings known" in caplog.text


def test_a_torn_store_loses_one_line_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.jsonl"
    append_store(path, {"a": Trained(0.1, 0.2), "b": Trained(0.3, 0.4)})
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    append_store(path, {"c": Trained(0.5, 0.6)})
    assert read_store(path) == {"a": Trained(0.1, 0.2), "c": Trained(0.5, 0.6)}
    assert read_store(tmp_path / "none.jsonl") == {}


@pytest.mark.parametrize(
    ("values", "word"),
    [([-3, -2, -4] * 4, "better"), ([3, 2, 4] * 4, "worse"), ([-3, 3] * 6, "no difference shown")],
)
def test_words_follow_the_numbers(values: list[float], word: str) -> None:
    assert verdict(np.array(values, dtype=float)).startswith(word)
    assert verdict(np.array(values[:7], dtype=float)).startswith("too few seeds")


def test_intervals_cover_the_mean() -> None:
    """Of 200 samples of 12 normal numbers, about 92 % of the percentile intervals hold 0."""
    rng = np.random.default_rng(4)
    covers = [
        low <= 0.0 <= high for low, high in (interval(rng.normal(size=12)) for _ in range(200))
    ]
    assert 0.85 <= np.mean(covers) <= 0.98

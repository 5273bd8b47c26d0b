"""The example on SUMO as a study of the command line: a problem that is not pure, in workers."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from simhelm.calibration import StudyView
from tests.subprocesses import run_simhelm

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "sumo" / "mode_choice.toml"
SMALL = {
    "persons = 10000": "persons = 100", "days = 6": "days = 1", "trials = 8": "trials = 3",
    "batch = 1": "batch = 2",
}  # fmt: skip


@pytest.mark.skipif(
    importlib.util.find_spec("sumo") is None, reason="needs pip install 'simhelm[sumo]'"
)
def test_the_example_runs_in_two_workers_and_goes_on(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in SMALL.items():
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    for trials in ("2", "3"):
        done = run_simhelm(
            "run", tmp_path / "study.toml", "--out", tmp_path / "study", "--workers", "2",
            "--n-trials", trials,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    rows = StudyView(tmp_path / "study").reproducible()
    assert [row["end_reason"] for row in rows] == ["completed"] * 3
    assert all(0.0 < row["values"]["l1"] <= 200.0 for row in rows)
    # A batch repeats the constants with other seeds; the next one moves them.
    assert rows[0]["config"] == rows[1]["config"] != rows[2]["config"]

"""The examples for BEAM and MATSim as studies of the command line, on stand-ins for both."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

from simhelm.calibration import StudyView
from tests.calibration.study.beam import install
from tests.subprocesses import run_simhelm

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def example(name: str, folder: Path, changes: dict[str, str]) -> Path:
    """A copy of the example whose simulator is the stand-in."""
    shutil.copytree(EXAMPLES / name, folder / name)
    home = folder / "home"
    if not home.exists():
        install(home)
    path = folder / name / "constants.toml"
    text = path.read_text(encoding="utf-8").replace("poll = 5.0", "poll = 0.02")
    text = re.sub(r'"/opt/(?:beam|matsim)(?:/\S*?)?(/[^/"]+\.\w+)?"', rf'"{home}\1"', text)
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
    return path


def run(path: Path, directory: Path, *words: str) -> list[dict[str, Any]]:
    home = path.parents[1] / "home"
    environment = {**os.environ, "PATH": f"{home}:{os.environ['PATH']}", "STAND_IN_PAUSE": "0.04"}
    done = run_simhelm("run", path, "--out", directory, *words, env=environment)
    assert done.returncode == 0, done.stderr
    return StudyView(directory).reproducible()


def test_a_search_in_beam_stops_early_and_resumes(tmp_path: Path) -> None:
    """In parallel, and in two parts; some runs are killed at a part of their cost."""
    path = example("beam", tmp_path, {"trials = 40": "trials = 12", "after = 6": "after = 4"})
    early = run(path, tmp_path / "study", "--n-trials", "4", "--workers", "2")
    rows = run(path, tmp_path / "study", "--workers", "2")
    assert all(row in rows for row in early)
    search = [row for row in rows if row["series"] == "search"]
    assert len(search) == 12
    stopped = [row for row in search if row["end_reason"] == "stopped_early"]
    complete = [row for row in search if row["end_reason"] == "completed"]
    assert stopped
    assert len(stopped) + len(complete) == len(search), search
    # What was simulated until the kill counts, on a slow machine perhaps all of it.
    assert all(0.0 < row["cost"] <= 12.0 for row in stopped)
    assert any(row["cost"] < 12.0 for row in stopped)
    assert all(row["cost"] == 12.0 for row in complete)
    assert all(0.0 < row["values"]["share_error"] <= 200.0 for row in complete)
    every_trial_has_its_own_configuration_and_output(tmp_path / "study", len(rows))


def every_trial_has_its_own_configuration_and_output(study: Path, trials: int) -> None:
    confs = sorted(study.rglob("beam.conf"))
    outputs = sorted(study.rglob("realizedModeChoice.csv"))
    assert len(confs) == len(outputs) == trials
    for conf, output in zip(confs, outputs, strict=True):
        assert f'"{conf.parent}/output"' in conf.read_text()
        assert output.is_relative_to(conf.parent)


def test_constants_of_matsim_by_log_share_steps(tmp_path: Path) -> None:
    """Whole runs, one after the other: the error falls to the noise of 2000 trips."""
    changes = {"trials = 12": "trials = 5", "full_budget = 100": "full_budget = 8"}
    path = example("matsim", tmp_path, changes)
    rows = run(path, tmp_path / "study")
    errors = [row["values"]["share_error"] for row in rows]
    assert errors[0] > 20.0
    assert min(errors) < 6.0
    assert all(row["cost"] == 8.0 for row in rows)

"""A steering run, from its file to its directory."""

from pathlib import Path
from typing import Any

import pytest

import simhelm  # noqa: F401 - registers the environments
from simhelm.agents.bandits import UCB
from simhelm.control.steering.definition import parse_steering
from simhelm.control.steering.report import report_page
from simhelm.control.steering.result import read_run
from simhelm.control.steering.run import run_steering
from simhelm.core.errors import DirectoryError
from tests.cli.dashboard.server import fingerprints

TABLE: dict[str, Any] = {
    "environment": {"id": "simhelm/Heat2D-v0", "nx": 5, "steps": 12},
    "baselines": ["omega=1", "oracle (best factor a step)"],
    "repeats": 2,
}


class Counted(UCB):
    built = 0

    def __init__(self, arm_values: Any, *, seed: Any = 0) -> None:
        super().__init__(arm_values, seed=seed)
        Counted.built += 1


def test_a_bandit_is_built_once_per_repeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And once more, to be thrown away by the warm-up."""
    learner = {"name": f"{__name__}:Counted", "label": "Counted"}
    config = parse_steering({**TABLE, "learner": [learner]})
    assert Counted.built == 0
    run = run_steering(config, tmp_path / "run")
    assert Counted.built == 2 + 1
    rows = {row.policy: row for row in run.summary}
    assert rows["Counted"].repeats == 2
    assert rows["omega=1"].repeats == 1, "nothing is random for a baseline"


def test_a_report_page_writes_nothing(tmp_path: Path) -> None:
    run = run_steering(parse_steering(TABLE), tmp_path / "run")
    before = fingerprints(tmp_path / "run")
    assert report_page(run) == (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert fingerprints(tmp_path / "run") == before
    (tmp_path / "run" / "summary.json").write_text("[{}]", encoding="utf-8")
    with pytest.raises(DirectoryError, match="corrupt"):
        read_run(tmp_path / "run")

"""Pages of studies, steering runs and trainings, over the wire and in a browser."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from simhelm.calibration import run_study
from simhelm.cli.dashboard.application import page_of
from simhelm.cli.dashboard.serving import serving
from simhelm.control.steering.definition import parse_steering
from simhelm.control.steering.run import run_steering
from simhelm.control.training.configuration import parse_training
from simhelm.control.training.train import train
from simhelm.core.errors import ConfigurationError, DirectoryError
from tests.browser import browser, complaints
from tests.calibration.study.harness import wait_until
from tests.calibration.study.problems import Bowl
from tests.cli.dashboard.server import answer, dashboard, fingerprints
from tests.subprocesses import PATIENCE

STEERING = {
    "title": "Small heat",
    "baselines": ["omega=1.5"],
    "environment": {"id": "simhelm/Heat2D-v0", "nx": 6, "steps": 20},
    "learner": [{"name": "TsallisINF"}],
}


def api(address: str) -> dict[str, Any]:
    """What the page of a study asks for."""
    status, text = answer(address.replace("/dashboard/", "/api/"))
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_browser_shows_the_best_value_of_the_store(tmp_path: Path) -> None:
    view = run_study(Bowl(), tmp_path / "s", trials=15, seed=3)
    best = view.best()[0]
    with dashboard(tmp_path / "s") as address, browser() as chromium:
        chromium.get(address)

        def text(_: object = None) -> str:
            return chromium.find_element(By.TAG_NAME, "body").text

        WebDriverWait(chromium, PATIENCE).until(lambda _: "Best Trial" in text())
        lines = text().splitlines()
        place = next(i for i, line in enumerate(lines) if line.startswith("Best Trial"))
        assert lines[place] == f"Best Trial (number={best.slot})"
        assert float(lines[place + 1]) == best.values["height"]
        assert complaints(chromium) == []


def test_a_browser_shows_the_report_of_a_run(tmp_path: Path) -> None:
    finished = run_steering(parse_steering(STEERING, where="here"), tmp_path / "run")
    before = fingerprints(tmp_path / "run")
    with dashboard(tmp_path / "run") as address, browser() as chromium:
        chromium.get(address)
        text = chromium.find_element(By.TAG_NAME, "body").text
        for row in finished.summary:
            assert row.policy in text
            assert f"{row.total:,.0f}" in text
        assert complaints(chromium) == []
    assert fingerprints(tmp_path / "run") == before


def test_the_page_of_a_study_follows_it_and_leaves_it_alone(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", trials=4, seed=3)
    with dashboard(tmp_path / "s", signal.SIGINT) as address:
        assert len(api(address)["trials"]) == 4
        view = run_study(Bowl(), tmp_path / "s", trials=30, seed=3)
        before = fingerprints(tmp_path / "s")
        wait_until(lambda: len(api(address)["trials"]) == 30, "the new trials")
        found = api(address)
        assert [t["values"] for t in found["trials"]] == [
            [t.values["height"]] for t in view.trials()
        ]
        assert found["best_trials"][0]["values"] == [view.best()[0].values["height"]]
        assert api(address + "/param_importances")["param_importances"]
        root = address.partition("/dashboard")[0]
        for method in ("POST", "PUT", "DELETE"):
            assert answer(f"{root}/api/studies/0", method)[0] == 405
        assert answer(address, host="elsewhere.example")[0] == 403
    assert fingerprints(tmp_path / "s") == before


def test_trials_of_small_budgets_are_not_the_best(tmp_path: Path) -> None:
    from simhelm.cli.dashboard.live_study import LiveStudy

    view = run_study(
        Bowl(), tmp_path / "s", trials=20, seed=1,
        hyperband={"min_budget": 1, "eta": 3},
    )  # fmt: skip
    live = LiveStudy(view)
    cheap = [t for t in view.trials() if t.budget is not None and t.budget < 9]
    assert cheap
    states = {t.user_attrs["slot"]: t.state.name for t in live.get_all_trials(0)}
    assert {states[t.slot] for t in cheap} == {"PRUNED"}
    assert live.get_best_trial(0).value == view.best()[0].values["height"]
    for write in (lambda: live.create_new_trial(0), lambda: live.delete_study(0)):
        with pytest.raises(PermissionError):
            write()


def test_a_training_has_a_report_before_its_end_and_after(tmp_path: Path) -> None:
    settings = {
        "environment": {"id": "simhelm/SolverSequence-v0", "length": 5, "grid": 3},
        "algorithm": "dqn", "steps": 40, "evaluate_every": 20, "validation_episodes": 1,
        "hidden": [4],
    }  # fmt: skip
    validations = train(parse_training(settings), tmp_path / "t").validations
    page = page_of(tmp_path / "t")
    with serving(page.application, "127.0.0.1", 0) as address:
        status, text = answer(address + page.start)
        assert status == 200
        assert f"{validations[-1]['mean_reward']:.6g}" in text
        (tmp_path / "t" / "training.json").unlink()
        assert "40 of 40 steps are saved" in answer(address)[1]
        assert answer(address + "/etc/passwd")[0] == 404
        assert answer(address + "/favicon.ico")[0] == 204


def test_a_run_that_did_not_finish_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    page = page_of(tmp_path)
    with serving(page.application, "localhost", 0) as address:
        assert "did not finish" in answer(address)[1]


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DirectoryError, match="holds no study, no Monte Carlo"):
        page_of(tmp_path)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    page = page_of(tmp_path)
    with serving(page.application, "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
        with (
            pytest.raises(ConfigurationError, match="--port 0 finds a free one"),
            serving(page.application, "127.0.0.1", port),
        ):
            pass
    run_study(Bowl(), tmp_path / "s", trials=2)
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    with pytest.raises(ImportError, match=r"simhelm\[dashboard\]"):
        page_of(tmp_path / "s")

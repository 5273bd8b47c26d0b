"""Studies and a real PostgreSQL: exported, continued by plain Optuna, taken back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from simhelm.calibration import StudyView, run_study
from tests.calibration.study.faulty_executable import executable
from tests.calibration.study.postgresql import server
from tests.calibration.study.problems import Bowl
from tests.subprocesses import run_simhelm


@contextlib.contextmanager
def opened(url: str, name: str) -> Iterator[optuna.Study]:
    """An Optuna study whose connections are closed before the server is."""
    storage = optuna.storages.RDBStorage(url)
    try:
        yield optuna.load_study(study_name=name, storage=storage)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def test_there_and_back_through_postgresql(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    file, out = executable(tmp_path, "[ $2 = 3 ] && exit 4; echo cost = $1"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", out).returncode == 0
    ours = StudyView(out).trials()
    with server() as url:
        done = run_simhelm("export", out, "--optuna", url, "--study-name", "shell")
        assert done.returncode == 0, done.stderr
        assert "9 trials" in done.stdout
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with opened(url, "shell") as study:
            assert [t.params for t in study.trials] == [t.config for t in ours]
            assert [t.value for t in study.trials] == [t.values.get("cost") for t in ours]
            assert study.trials[3].state.name == "FAIL"
            assert study.trials[3].user_attrs["end_reason"] == "exit"
            study.optimize(lambda trial: trial.suggest_float("x", 0.0, 2.0), n_trials=3)
            complete = [t for t in study.trials if t.state.name == "COMPLETE"]
        done = run_simhelm("run", file, "--out", tmp_path / "warm", "--from-optuna", url)
        assert done.returncode == 0, done.stderr
    taken = StudyView(tmp_path / "warm").trials("earlier")
    assert [t.config for t in taken] == [t.params for t in complete]
    assert [t.told_values for t in taken] == [[t.value] for t in complete]
    assert len(taken) == 8 + 3


def test_conditional_integer_and_categorical_parameters_survive(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    view = run_study(Bowl(), tmp_path / "s", trials=12)
    with server() as url:
        done = run_simhelm("export", view.directory, "--optuna", url)
        assert done.returncode == 0, done.stderr
        with opened(url, "s") as study:
            assert [t.params for t in study.trials] == [t.config for t in view.trials()]

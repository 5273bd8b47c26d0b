"""Samplers that simhelm does not know: Optuna's, OptunaHub's, a user's own."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.samplers import CmaEsSampler, NSGAIISampler, RandomSampler, TPESampler

from simhelm.calibration import Execution, run_study
from simhelm.calibration.study.executors import Serial
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError
from simhelm.testing.studies import Mixed

SETTINGS: dict[str, Any] = {"trials": 10, "batch": 2, "baselines": []}


class Unseeded(RandomSampler):
    """Not a function of its seed."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()


class Stateful(TPESampler):
    """Keeps in the instance what a study's attributes do not know."""

    asked = 0

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        self.asked += 1
        return {"units": 1 + self.asked % 7}

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        return {"units": optuna.distributions.IntDistribution(1, 40)}


def options_by_partial() -> Any:
    return functools.partial(TPESampler, n_startup_trials=3)


def stopped_after(count: int) -> Execution:
    stop, seen = Cancellation(), []

    def look(trial: Any) -> None:
        seen.append(trial)
        if len(seen) == count:
            stop.set()

    return Execution(executor=Serial(), finished=look, stop=stop)


@pytest.mark.parametrize(
    "factory",
    [
        options_by_partial(),
        lambda seed: CmaEsSampler(seed=seed, n_startup_trials=2, warn_independent_sampling=False),
        lambda seed: NSGAIISampler(seed=seed, population_size=4),
        Stateful,
    ],
)
def test_they_resume_bit_for_bit(factory: Any, tmp_path: Path) -> None:
    whole = run_study(Mixed(), tmp_path / "whole", sampler=factory, **SETTINGS)
    for count in (3, 2):
        run_study(
            Mixed(), tmp_path / "s", sampler=factory, execution=stopped_after(count), **SETTINGS
        )
    resumed = run_study(Mixed(), tmp_path / "s", sampler=factory, **SETTINGS)
    assert resumed.reproducible() == whole.reproducible()
    assert "resumes by repeating every question" in resumed.sampler


def test_a_class_of_the_list_is_the_sampler_of_that_name(tmp_path: Path) -> None:
    by_name = run_study(Mixed(), tmp_path / "s", sampler="TPESampler", **SETTINGS)
    by_class = run_study(Mixed(), tmp_path / "s", sampler=TPESampler, **SETTINGS)
    assert by_class.reproducible() == by_name.reproducible()
    assert by_class.sampler == "TPESampler, resumes bit for bit from its trials"


def test_the_study_says_where_a_sampler_does_not_repeat(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Its draws differ from run to run, and so does how many of them are infeasible.
    patient = SETTINGS | {"failures": {"in_a_row": 100, "at_least": 100}}
    stopped = run_study(
        Mixed(), tmp_path / "s", sampler=Unseeded, execution=stopped_after(5), **patient
    )
    before = [trial.config for trial in stopped.trials()][:5]
    with caplog.at_level("WARNING"):
        view = run_study(Mixed(), tmp_path / "s", sampler=Unseeded, **patient)
    assert "is not a function of its seed" in caplog.text
    assert [trial.config for trial in view.trials()][:5] == before
    assert len(view.trials()) == 10
    assert "not a function of its seed and the trials" in view.sampler
    assert [event["kind"] for event in view.events()].count("sampler") == 1


def test_another_sampler_is_another_study(tmp_path: Path) -> None:
    run_study(Mixed(), tmp_path / "s", sampler=options_by_partial(), **SETTINGS)
    for other in (functools.partial(TPESampler, n_startup_trials=4), Stateful, "TPESampler"):
        with pytest.raises(ConfigurationError, match="holds another study"):
            run_study(Mixed(), tmp_path / "s", sampler=other, **SETTINGS)


@pytest.mark.parametrize(
    ("sampler", "options", "words"),
    [
        (TPESampler(seed=1), {}, r"sampler=lambda seed: TPESampler\(seed=seed, ...\)"),
        (7, {}, "expected a name or a factory seed -> sampler, got 7"),
        (lambda seed: 7, {}, "expected an Optuna sampler, got 7"),
        (optuna.samplers.PartialFixedSampler, {}, "takes no seed"),
        ("nowhere.at.all:Sampler", {}, "No module named 'nowhere'"),
        ("optuna.samplers:TPESample", {}, "no attribute 'TPESample'"),
        ("optuna.samplers:TPESampler", {"n_startup_trails": 3}, "'n_startup_trials'?"),
        (Unseeded, {"width": 3}, "'width' is unknown"),
    ],
)
def test_refusals(sampler: Any, options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises((ConfigurationError, ImportError), match=words):
        run_study(Mixed(), tmp_path / "s", sampler=sampler, sampler_options=options, **SETTINGS)
    assert not (tmp_path / "s").exists()


def test_a_sampler_is_made_once_for_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for kind in (TPESampler, RandomSampler, optuna.samplers.QMCSampler):
        construct = kind.__init__

        def count(self: Any, *args: Any, _construct: Any = construct, **more: Any) -> None:
            made.append(type(self).__name__)
            _construct(self, *args, **more)

        monkeypatch.setattr(kind, "__init__", functools.wraps(construct)(count))
    run_study(Mixed(), tmp_path / "s", sampler="TPESampler", trials=6, batch=6)
    # Those that Optuna's TPESampler makes for itself are RandomSamplers.
    assert made.count("TPESampler") == 1
    made.clear()
    run_study(Mixed(), tmp_path / "q", sampler="QMCSampler", trials=6, batch=2, baselines=[])
    assert made.count("QMCSampler") == 1

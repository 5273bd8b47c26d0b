"""What every sampler of a study must pass."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.agents.samplers.registry import SamplerFactory
from simhelm.calibration.study.trial import Trial
from simhelm.core.cancellation import Cancellation
from simhelm.core.problem import Problem
from simhelm.testing.equality import assert_same
from simhelm.testing.studies import Mixed, run_small


def check_sampler(
    sampler: str | SamplerFactory,
    *,
    options: Mapping[str, Any] | None = None,
    problem: Problem | None = None,
    trials: int = 18,
    resumes: bool = True,
) -> None:
    """Legal proposals whatever fails or is pruned; a killed study ends as one that was not.

    Args:
        sampler: a factory, seed -> Optuna sampler, such as a class; or a name.
        options: of the sampler.
        problem: what to tune, if the sampler cannot search a mixed space with a condition.
        trials: of each study; more than the sampler's start-up, so that it is seen at work.
        resumes: whether its proposals are a function of the seed and the trials.
    """
    problem = problem or Mixed()
    given: dict[str, Any] = {"sampler": sampler, "sampler_options": options, "trials": trials}
    for more in ({}, {"hyperband": {"min_budget": 1}}):
        with tempfile.TemporaryDirectory() as folder:
            given |= more
            whole = run_small(Path(folder, "whole"), problem, **given)
            for trial in whole.trials():
                problem.check_config(trial.config)
            if resumes:
                again = Path(folder, "stopped")
                run_small(again, problem, **given, **_stopping_after(trials // 2 + 1))
                resumed = run_small(again, problem, **given)
                for event in resumed.events():
                    assert event["kind"] != "sampler", event["text"]
                assert_same(resumed.reproducible(), whole.reproducible(), "a resumed study")


def _stopping_after(count: int) -> dict[str, Any]:
    stop, seen = Cancellation(), []

    def look(trial: Trial) -> None:
        seen.append(trial)
        if len(seen) == count:
            stop.set()

    return {"finished": look, "stop": stop}

"""Studies of the transport simulation's calibration: contenders, budgets, outcomes."""

from __future__ import annotations

import dataclasses
import logging
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simhelm.calibration.study import run_study
from simhelm.calibration.study.identity import describe
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.problem import Value, WatchedProblem
from simhelm.evidence.identifiability import sample_outputs
from simhelm.experiments.provenance import digest
from simhelm.simulators.transport.modes import MODES
from simhelm.simulators.transport.problem import ModeChoice

log = logging.getLogger(__name__)

FOLDER = Path("runs") / "parallel-bo-transport"
STUDIES = FOLDER / "studies"
# Verification uses seeds that no study has: theirs are below 2^31.
FRESH = 3_000_000_000


@dataclasses.dataclass(frozen=True)
class Contender:
    """A sampler with its budget of full runs.

    Attributes:
        sequential: each run needs the outcome of the one before, so workers do not help.
        needs: a library it cannot do without.
        settings: further keys of its study.
    """

    name: str
    sampler: str
    runs: int
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    sequential: bool = False
    needs: str = ""
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    takes_targets: bool = False


BOHB = {"min_budget": 4, "max_budget": 12, "eta": 3}
CONTENDERS = (
    Contender("random search", "RandomSampler", 150),
    Contender("TPE", "TPESampler", 150, {"multivariate": True}),
    Contender("CMA-ES", "CmaEsSampler", 150),
    Contender("BOHB (4 and 12 days)", "HpBandSterSampler", 150, needs="hpbandster",
              settings={"hyperband": BOHB}),
    Contender("GP of the L1", "GPSampler", 60, needs="torch"),
    Contender("GP of every share", "CompositeGPSampler", 40, needs="botorch", takes_targets=True),
    Contender("log-share steps", "LogShareSampler", 30, sequential=True, takes_targets=True),
    Contender("log-share, Broyden", "LogShareSampler", 30, {"method": "broyden"},
              sequential=True, takes_targets=True),
)  # fmt: skip


STRUCTURE_CONTENDERS = (
    Contender("random search", "RandomSampler", 150),
    Contender("TPE", "TPESampler", 150, {"multivariate": True}),
    Contender(
        "log-share steps, structure at mid-range", "LogShareSampler", 150, takes_targets=True
    ),
    Contender("hybrid", "HybridSampler", 150, takes_targets=True),
)
EARLY_STOP = {"rule": "extrapolate", "keep": 0.34, "after": 4, "least_points": 3}


@dataclasses.dataclass(frozen=True)
class Scale:
    """How large everything is."""

    persons: int
    days: int
    seeds: int
    share_of_runs: float
    noise_seeds: int


FULL = Scale(10_000, 12, 5, 1.0, 8)
QUICK = Scale(300, 4, 2, 0.1, 4)


@dataclasses.dataclass(frozen=True)
class StudyResult:
    """One study: errors with the cost so far in full runs, the verified error, seconds."""

    curve: tuple[tuple[float, float], ...]
    verified: float
    seconds: float

    def runs_to(self, level: float) -> float:
        """Cost until the first error at or below a level; infinity if there is none."""
        return next((cost for cost, error in self.curve if error <= level), math.inf)


def runs_of(contender: Contender, scale: Scale) -> int:
    """Full runs that a contender may spend at a scale."""
    return max(9, round(contender.runs * scale.share_of_runs))


def one_study(
    name: str, problem: ModeChoice, contender: Contender, scale: Scale, noise: float, seed: int
) -> StudyResult:
    """Search with one contender's own budget, and verify its best configuration."""
    settings = settings_of(problem, contender, scale, noise)
    view = study(
        problem, f"{name} {contender.name}", seed=seed, **settings,
        **budget_of(runs_of(contender, scale), scale.days, settings),
    )  # fmt: skip
    finished = view.trials()
    complete = [t for t in finished if t.succeeded and t.budget in (None, scale.days)]
    best = min(complete, key=lambda trial: trial.values["l1"])
    return StudyResult(
        _curve(finished, scale.days),
        verified(problem, best.config, "l1"),
        simulated_seconds(finished),
    )


def settings_of(
    problem: ModeChoice, contender: Contender, scale: Scale, noise: float
) -> dict[str, Any]:
    """What a contender's study is told, but for its seed and its budget."""
    options = dict(contender.options)
    if contender.takes_targets:
        options["targets"] = dict(zip(MODES, problem.targets.tolist(), strict=True))
    if contender.sequential:
        options["noise"] = noise
    settings = dict(contender.settings)
    if "hyperband" in settings and scale.days != FULL.days:
        settings["hyperband"] = {"min_budget": 1, "max_budget": scale.days, "eta": 2}
    return {"sampler": contender.sampler, "sampler_options": options, "batch": 1, **settings}


def budget_of(runs: int, days: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a study that may cost so many full runs.

    Trials at small budgets are cheaper: the cost is what is equal.
    """
    trials = runs * (days if "hyperband" in settings else 1)
    return {"trials": trials, "max_cost": float(runs * days)}


def study(problem: WatchedProblem, name: str, **settings: Any) -> StudyView:
    """A study below ``STUDIES``; one that is there is gone on with, or only read when finished.

    Studies of other settings lie in other directories. A directory does not know the source code
    that made it: whoever changes that removes them.
    """
    log.info("%s, seed %d ...", name, settings["seed"])
    what = digest([describe(problem), settings])
    folder = STUDIES / _slug(name) / f"seed-{settings['seed']}-{what[:12]}"
    return run_study(problem, folder, baselines=[], **settings)


def _slug(name: str) -> str:
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def _curve(trials: Sequence[Trial], days: int) -> tuple[tuple[float, float], ...]:
    cost = 0.0
    points = []
    for trial in trials:
        cost += trial.cost / days
        if trial.succeeded and trial.budget in (None, days):
            points.append((cost, trial.values["l1"]))
    return tuple(points)


def simulated_seconds(trials: Sequence[Trial]) -> float:
    """Wall-clock of all evaluations, one after the other."""
    return sum(trial.seconds for trial in trials)


def verified(problem: WatchedProblem, config: Mapping[str, Value], output: str) -> float:
    """Mean of an output over four seeds that no study has."""
    return float(sample_outputs(problem, config, [output], range(FRESH + 100, FRESH + 104)).mean())

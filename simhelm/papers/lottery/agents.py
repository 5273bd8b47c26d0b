"""The agents of the lottery, their hyperparameters, and one search of any of them."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from simhelm.calibration.study.configuration import SamplerTable
from simhelm.calibration.study.plan import Objective
from simhelm.calibration.study.sampler_session import SamplerSession, trial_seed
from simhelm.calibration.study.trial import Outcome, Trial
from simhelm.core.problem import Metrics, Problem, Value
from simhelm.papers.lottery import policy_gradient
from simhelm.papers.lottery.views import View

RANDOM, GAUSSIAN_PROCESS = "RandomSampler", "GPSampler"
# Agent -> option -> values; the sweep is their product.
SWEEPS: dict[str, dict[str, tuple[Any, ...]]] = {
    RANDOM: {},
    "AntColonySampler": {"ants": (2, 8, 32), "evaporation": (0.1, 0.5), "greediness": (0.0, 0.5)},
    "GeneticSampler": {"population": (4, 16, 64), "mutation_rate": (0.001, 0.05, 0.2)},
    "RegularisedEvolutionSampler": {"population": (4, 16, 64), "tournament": (2, 8)},
    "MCTSSampler": {"exploration": (0.1, 0.5, 2.0), "bisection": (False, True)},
    "RidgeSampler": {"startup": (10, 30), "exploration": (0.0, 0.3), "penalty": (0.1, 10.0)},
    "TPESampler": {"n_startup_trials": (10, 30), "multivariate": (False, True)},
    GAUSSIAN_PROCESS: {"n_startup_trials": (10, 30), "deterministic_objective": (False, True)},
    policy_gradient.NAME: {
        "n_steps": (8, 32),
        "learning_rate": (3e-4, 3e-3, 3e-2),
        "ent_coef": (0.0, 0.01),
    },
}
QUICK_AGENTS = (RANDOM, "AntColonySampler", "GeneticSampler", "RegularisedEvolutionSampler")
# One setting only: random search gets the runs of a sweep of this size instead.
RANDOM_RUNS = 12

Evaluations = list[tuple[dict[str, Value], Metrics]]


def settings_of(agent: str) -> list[dict[str, Any]]:
    """All settings of an agent's sweep."""
    options = SWEEPS[agent]
    return [
        dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())
    ]


def check_installed(agents: Iterable[str]) -> None:
    """Raise ImportError, naming the extra, where an agent's library is missing."""
    needs = {GAUSSIAN_PROCESS: ("torch", "gp"), policy_gradient.NAME: ("stable_baselines3", "rl")}
    for agent in agents:
        module, extra = needs.get(agent, ("numpy", ""))
        if importlib.util.find_spec(module) is None:
            raise ImportError(
                f"{agent} needs {module}: pip install -c constraints.txt 'simhelm[{extra}]'"
            )


def search(
    problem: Problem, agent: str, setting: Mapping[str, Any], *, budget: int, seed: int
) -> Evaluations:
    """What an agent evaluates, in order: ``budget`` designs, those seen before counted again.

    The problem's objective must not depend on the seed of an evaluation. Failures are told as in
    studies, a tenth of the range so far beyond the worst so far.
    """
    if agent == policy_gradient.NAME:
        return policy_gradient.search(problem, setting, budget=budget, seed=seed)
    view = View(problem, flat=agent == GAUSSIAN_PROCESS)
    table = SamplerTable(name=agent, **setting)
    sampler = SamplerSession(view.parameters, [problem.direction], table, seed)
    objective = Objective([problem.objective], [problem.direction])
    found: Evaluations = []
    for slot in range(budget):
        sampler.begin(slot)
        config = view.config(sampler.ask(slot))
        metrics = problem.evaluate(config, seed=trial_seed(seed, slot))
        found.append((config, metrics))
        trial = Trial("search", slot, slot, slot, config, 0, None, slot)
        trial.settle(Outcome(metrics), "")
        sampler.tell(slot, objective.told(trial), failed=trial.failed)
    return found

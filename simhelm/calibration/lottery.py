"""The hyperparameter lottery: whole distributions over agents' settings and seeds.

Krishnan et al. (ArchGym, ISCA 2023) showed that agents rank as one likes, depending on their
hyperparameters. So here every agent has a sweep of its own, every setting the same budget and the
same seeds, evaluations of a design seen before count like any other, and random search stands
beside them. Settings are chosen on one problem and reported on another.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.calibration.study.configuration import SamplerTable
from simhelm.calibration.study.search import Search, trial_seed
from simhelm.simulators.problem import Problem

# Regret in the logarithm that counts as "within 1 % of the optimum".
WITHIN = math.log(1.01)

# Agent -> option -> values; the sweep is their product.
SWEEPS: dict[str, dict[str, tuple[Any, ...]]] = {
    "RandomSampler": {},
    "AntColonySampler": {"ants": (2, 8, 32), "evaporation": (0.1, 0.5), "greediness": (0.0, 0.5)},
    "GeneticSampler": {"population": (4, 16, 64), "mutation_rate": (0.001, 0.05, 0.2)},
    "RegularisedEvolutionSampler": {"population": (4, 16, 64), "tournament": (2, 8)},
    "MCTSSampler": {"exploration": (0.1, 0.5, 2.0), "bisection": (False, True)},
    "RidgeSampler": {"startup": (10, 30), "exploration": (0.0, 0.3), "penalty": (0.1, 10.0)},
    "TPESampler": {"n_startup_trials": (10, 30), "multivariate": (False, True)},
}
QUICK_AGENTS = (
    "RandomSampler",
    "AntColonySampler",
    "GeneticSampler",
    "RegularisedEvolutionSampler",
)


@dataclasses.dataclass(frozen=True)
class Sweep:
    """An agent's regrets.

    Attributes:
        agent: name of the sampler.
        settings: the option tables, one a setting.
        regrets: shape (settings, seeds), loss of the best design minus that of the optimum;
            infinite where every design was infeasible.
    """

    agent: str
    settings: list[dict[str, Any]]
    regrets: NDArray[np.float64]

    def best_of(self, k: int) -> float:
        """Expected median regret of the best among k settings drawn without replacement."""
        medians = np.sort(np.median(self.regrets, axis=1))
        n, k = len(medians), min(k, len(medians))
        # The i-th best is the best drawn if the other k - 1 come from the worse ones.
        chances = [math.comb(n - 1 - place, k - 1) / math.comb(n, k) for place in range(n)]
        # Medians may be infinite: what cannot be the best must not count as 0 times infinity.
        return math.fsum(c * float(m) for c, m in zip(chances, medians, strict=True) if c > 0.0)

    def chosen(self) -> int:
        """The setting of the smallest median regret, the first of equals."""
        return int(np.argmin(np.median(self.regrets, axis=1)))


def settings_of(agent: str) -> list[dict[str, Any]]:
    """All settings of an agent's sweep."""
    options = SWEEPS[agent]
    return [
        dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())
    ]


def best_loss(
    problem: Problem, agent: str, setting: Mapping[str, Any], *, budget: int, seed: int
) -> float:
    """The smallest loss that an agent finds in a budget of evaluations; infinite without any.

    The problem's objective must not depend on the seed of an evaluation.
    """
    table = SamplerTable(name=agent, **setting)
    search = Search(problem.parameters, [problem.direction], table, seed)
    best = math.inf
    for slot in range(budget):
        search.begin(slot)
        config = search.ask(slot)
        metrics = problem.evaluate(config, seed=trial_seed(seed, slot))
        if metrics.succeeded:
            best = min(best, -problem.score(metrics))
            search.tell(slot, [metrics.values[problem.objective]])
        else:
            search.tell(slot, None, failed=True)
    return best


def run_sweep(
    problem: Problem,
    agent: str,
    optimum: float,
    *,
    budget: int,
    seeds: Sequence[int],
    settings: Sequence[dict[str, Any]] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Sweep:
    """All settings of an agent (or those given) with all seeds."""
    chosen = list(settings_of(agent) if settings is None else settings)
    regrets = np.empty((len(chosen), len(seeds)))
    for row, setting in enumerate(chosen):
        progress(f"{agent} {setting}")
        for column, seed in enumerate(seeds):
            found = best_loss(problem, agent, setting, budget=budget, seed=seed)
            regrets[row, column] = found - optimum
    return Sweep(agent, chosen, regrets)


def bootstrap_median(
    values: NDArray[np.float64], rng: np.random.Generator, *, draws: int = 2000
) -> tuple[float, float]:
    """A 95 % percentile interval of the median, from resampling the rows (settings).

    Args:
        values: shape (settings, seeds).
    """
    rows = rng.integers(len(values), size=(draws, len(values)))
    columns = rng.integers(values.shape[1], size=(draws, len(values), values.shape[1]))
    medians = np.median(values[rows[:, :, None], columns].reshape(draws, -1), axis=1)
    # By counting, not by interpolation: regrets may be infinite.
    low, high = np.quantile(medians, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def summary(tuning: Sweep, held_out: Sweep, rng: np.random.Generator) -> dict[str, Any]:
    """One row of the leaderboard.

    Args:
        tuning: the whole sweep on the problem for tuning.
        held_out: the chosen setting alone on the other problem.
    """
    everything = tuning.regrets.ravel()
    quartiles = np.quantile(everything, [0.25, 0.5, 0.75], method="inverted_cdf")
    low, high = bootstrap_median(tuning.regrets, rng)
    return {
        "agent": tuning.agent,
        "settings": len(tuning.settings),
        "seeds": tuning.regrets.shape[1],
        "median regret": f"{quartiles[1]:.4f}",
        "95 % interval": f"{low:.4f} .. {high:.4f}",
        "quartiles": f"{quartiles[0]:.4f} .. {quartiles[2]:.4f}",
        "worst": f"{everything.max():.4f}",
        "within 1 %": f"{np.mean(everything <= WITHIN):.2f}",
        "best of 1/3/all": " / ".join(
            f"{tuning.best_of(k):.4f}" for k in (1, 3, len(tuning.settings))
        ),
        "chosen, held out": f"{np.median(held_out.regrets):.4f}",
    }

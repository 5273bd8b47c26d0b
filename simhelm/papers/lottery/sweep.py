"""Runs of an agent with all its settings and seeds, in parallel."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.calibration.jobs import Job, run_jobs
from simhelm.calibration.study.pool import local_executor
from simhelm.core.problem import Problem
from simhelm.papers.lottery import agents, store
from simhelm.papers.lottery.instances import Instance, opened

# Regret in the logarithm that counts as "within 1 % of the optimum".
WITHIN = math.log(1.01)


@dataclasses.dataclass(frozen=True)
class Sweep:
    """An agent's regrets, on the workload for choosing settings and on that of the report.

    Attributes:
        agent: its name.
        settings: the option tables, one a setting.
        tuning, report: shape (settings, seeds), loss of the best design minus that of the
            optimum; infinite where every design was infeasible. Their seeds differ.
    """

    agent: str
    settings: list[dict[str, Any]]
    tuning: NDArray[np.float64]
    report: NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Scale:
    """How large everything is: evaluations of a run, seeds of a setting, worker processes.

    ``workers`` 0 means this process alone. ``keep`` has every evaluation handed back.
    """

    budget: int
    seeds: int
    workers: int = 0
    keep: bool = False


@dataclasses.dataclass(frozen=True)
class Run:
    """One search: whose, on what, its regret, and its evaluations if they were to be kept."""

    instance: Instance
    agent: str
    setting: int
    seed: int
    regret: float
    evaluations: agents.Evaluations


def best_loss(problem: Problem, evaluations: agents.Evaluations) -> float:
    """The smallest loss among evaluations; infinite without a usable one."""
    return min((-problem.score(m) for _, m in evaluations if m.succeeded), default=math.inf)


def run_one(
    instance: Instance, agent: str, setting: int, seed: int, scale: Scale
) -> store.Searched:
    """The regret of one search of an agent with one of its settings; its evaluations if kept."""
    problem, optimum = opened(instance)
    options = agents.settings_of(agent)[setting]
    found = agents.search(problem, agent, options, budget=scale.budget, seed=seed)
    return best_loss(problem, found) - optimum, found if scale.keep else []


def run_all(
    names: Sequence[str],
    tuning: Instance,
    report: Instance,
    scale: Scale,
    known: Path | None = None,
) -> Iterator[Run]:
    """Every agent, setting and seed on both instances.

    Args:
        known: a file of the regrets of earlier runs, which are not repeated, and of these.
    """
    agents.check_installed(names)
    for instance in (tuning, report):
        instance.optimum()  # before the workers all look for it
    # The runs of an instance one after the other, so that a worker holds few tables.
    jobs = [
        (instance, agent, setting, seed)
        for instance, seeds in _seeds(tuning, report, scale)
        for agent in names
        for setting in range(len(agents.settings_of(agent)))
        for seed in seeds[agent == agents.RANDOM]
    ]
    by_key = {store.key(*job, scale.budget): job for job in jobs}
    calls = (Job(key, run_one, (*job, scale)) for key, job in by_key.items())
    kept = None if known is None else store.regrets(known)
    with local_executor(scale.workers, _one_thread) as executor:
        for key, (regret, evaluations) in run_jobs(calls, executor, kept, what="runs"):
            yield Run(*by_key[key], regret, evaluations)


def _seeds(
    tuning: Instance, report: Instance, scale: Scale
) -> Iterator[tuple[Instance, tuple[range, range]]]:
    """Of a sweep and of random search, for both instances; no seed serves both."""
    few, many = scale.seeds, scale.seeds * agents.RANDOM_RUNS
    yield tuning, (range(few), range(many))
    yield report, (range(many, many + few), range(many, 2 * many))


def collect(names: Sequence[str], tuning: Instance, runs: Sequence[Run]) -> list[Sweep]:
    """The regrets of runs by agent."""
    return [
        Sweep(
            agent,
            agents.settings_of(agent),
            _regrets([r for r in runs if r.agent == agent and r.instance == tuning]),
            _regrets([r for r in runs if r.agent == agent and r.instance != tuning]),
        )
        for agent in names
    ]


def _regrets(runs: Sequence[Run]) -> NDArray[np.float64]:
    by_setting: Mapping[int, list[float]] = {run.setting: [] for run in runs}
    for run in sorted(runs, key=lambda run: (run.setting, run.seed)):
        by_setting[run.setting].append(run.regret)
    return np.array([by_setting[setting] for setting in sorted(by_setting)])


def _one_thread() -> None:
    """Workers share the cores: each gets one thread."""
    import importlib.util

    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)

"""Whole runs of the three-body environment under one policy, and what they add up to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.envs.nbody.settings import ActionKind
from simhelm.evidence import mean_interval, middle, resamples
from simhelm.papers.three_body_training import make_vector
from simhelm.simulators.nbody import (
    YEAR,
    Scheme,
    System,
    check_system,
    three_body_initial_conditions,
)
from simhelm.simulators.nbody.system_batch import SystemBatch

Floats = NDArray[np.float64]

STEPS = 300
INTERVAL = 0.1 * YEAR
TOLERANCE = 1e-6


@dataclasses.dataclass(frozen=True, eq=False)
class Runs:
    """One run a seed.

    Attributes:
        errors: shape (seeds,), |final relative energy error|.
        costs: shape (seeds,), force evaluations.
    """

    errors: Floats
    costs: Floats

    @property
    def failure_rate(self) -> float:
        """Share of runs above the tolerance."""
        return float((self.errors > TOLERANCE).mean())

    @property
    def meets(self) -> bool:
        """Whether nine of ten runs meet the tolerance."""
        return self.failure_rate <= 0.1

    def cost_interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of the mean cost over seeds."""
        return mean_interval(self.costs)

    def text(self) -> str:
        """Error and cost for a table."""
        low, high = self.cost_interval()
        return (
            f"|dE| median {np.median(self.errors):.1e}, p90 {np.quantile(self.errors, 0.9):.1e}, "
            f"max {self.errors.max():.1e}; fails {100 * self.failure_rate:.1f} %; evaluations "
            f"median {np.median(self.costs):,.0f}, mean {self.costs.mean():,.0f} "
            f"[{low:,.0f}, {high:,.0f}]"
        )


def saving(reference: Runs, runs: Runs) -> tuple[float, float, float]:
    """How many times fewer evaluations in total, with its 95 % paired bootstrap interval."""
    drawn = resamples(runs.costs.size)
    ratios = reference.costs[drawn].mean(axis=1) / runs.costs[drawn].mean(axis=1)
    return (float(reference.costs.mean() / runs.costs.mean()), *middle(ratios))


def median_saving(reference: Runs, runs: Runs) -> float:
    """How many times fewer evaluations the median run needs."""
    return float(np.median(reference.costs) / np.median(runs.costs))


def fixed_runs(scheme: Scheme, seeds: Sequence[int], *, turned: bool = False) -> Runs:
    """The published protocol with one scheme: 300 calls of 0.1 years.

    ``turned`` out of the plane, the same systems are integrated by the code for any number of
    bodies in space, which rounds otherwise.
    """
    fleet = SystemBatch(len(seeds), 3, threads=2)
    for place, seed in enumerate(seeds):
        system = three_body_initial_conditions(seed)
        fleet.place(place, _turned(system) if turned else system)
    which = np.arange(len(seeds))
    codes = np.tile(np.array([scheme.codes]), (len(seeds), 1))
    parameters = np.full(len(seeds), float(scheme.step_parameter))
    costs = np.zeros(len(seeds))
    for _ in range(STEPS):
        costs += fleet.advance(which, codes, parameters, INTERVAL)[1]
    return Runs(np.abs(fleet.errors), costs)


def _turned(system: System) -> System:
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.8, -0.6], [0.0, 0.6, 0.8]])
    return check_system(system.masses, system.positions @ turn.T, system.velocities @ turn.T)


def policy_runs(
    act: Callable[[NDArray[np.float32]], NDArray[np.int64]],
    action: ActionKind,
    seeds: Sequence[int],
    *,
    guard: bool = False,
) -> Runs:
    """Runs of ThreeBody-v0 under a policy of whole batches of observations."""
    env = make_vector(len(seeds), action, guard=guard, threads=2)
    observations, _ = env.reset(seed=list(seeds))
    costs, errors = np.zeros(len(seeds)), np.zeros(len(seeds))
    running = np.ones(len(seeds), dtype=np.bool_)
    while running.any():
        observations, _, ended, _, info = env.step(act(observations))
        costs[running] += info["cost"][running]
        errors[running] = info["error"][running]
        if "failure" in info:
            # An interval that cannot be completed is a failed run, whatever its energy.
            failed = running & info["_failure"]
            errors[failed] = np.maximum(errors[failed], 1.0)
        running &= ~ended
    return Runs(errors, costs)

"""Small problems evaluated in full: the optimum, the Pareto front, a table for later."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simhelm.calibration.evaluations import (
    Evaluation,
    read_evaluations,
    write_evaluations,
)
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Metrics, Problem, Value
from simhelm.core.space import of_parameters, space_identity

log = logging.getLogger(__name__)

LARGEST = 2_000_000


@dataclasses.dataclass(frozen=True)
class ExhaustiveTable:
    """Every design of a problem.

    Attributes:
        problem: what was evaluated, with seed 0.
        configs: the designs, infeasible ones included.
        values: output name -> shape (designs,), NaN for failures.
        end_reasons, costs: of the designs.
    """

    problem: Problem
    configs: list[dict[str, Value]]
    values: dict[str, NDArray[np.float64]]
    end_reasons: list[EndReason]
    costs: list[float]

    @property
    def losses(self) -> NDArray[np.float64]:
        """The objective as a quantity to minimise, shape (designs,), infinite for failures."""
        values = self.values[self.problem.objective]
        sign = 1.0 if self.problem.direction == "minimize" else -1.0
        return np.where(np.isnan(values), np.inf, sign * values)

    @property
    def optimum(self) -> float:
        """The smallest loss."""
        return float(self.losses.min())

    def front(self, names: Sequence[str]) -> NDArray[np.float64]:
        """The Pareto front of outputs to be minimised, shape (points, names); one point warns."""
        points = np.column_stack([self.values[name] for name in names])
        points = np.unique(points[~np.isnan(points).any(axis=1)], axis=0)
        front = pareto_front(points)
        if len(front) == 1:
            log.warning("the front of %s has one point: these do not conflict", ", ".join(names))
        return front

    def metrics(self, place: int) -> Metrics:
        """The result of a design."""
        reason, cost = self.end_reasons[place], self.costs[place]
        if not reason.succeeded:
            return Metrics.failure(reason, cost=cost)
        values = {name: float(column[place]) for name, column in self.values.items()}
        return Metrics(values, reason, cost)

    def write(self, path: Path) -> None:
        """Store as Parquet, with space, units and versions."""
        rows = (
            Evaluation(config, 0, None, self.metrics(place))
            for place, config in enumerate(self.configs)
        )
        write_evaluations(path, self.problem, rows)


def read_table(problem: Problem, path: Path) -> ExhaustiveTable:
    """What :meth:`ExhaustiveTable.write` wrote of this problem.

    Raises:
        ConfigurationError: not such a file, or one of another space.
    """
    found = read_evaluations(path)
    expected = space_identity(problem.parameters)
    if found.space_hash != expected:
        raise ConfigurationError(
            f"{path}: expected designs of space {expected[:12]}, got {found.space_hash[:12]}"
        )
    names = [parameter.name for parameter in problem.parameters]
    configs = [{n: row[n] for n in names if row[n] is not None} for row in found.rows]
    values = {
        o.name: np.array([math.nan if r[o.name] is None else r[o.name] for r in found.rows])
        for o in problem.outputs
    }
    reasons = [EndReason[row["end_reason"].upper()] for row in found.rows]
    return ExhaustiveTable(problem, configs, values, reasons, [r["cost"] for r in found.rows])


def read_optimum(problem: Problem, path: Path) -> float:
    """The smallest loss in what :meth:`ExhaustiveTable.write` wrote of this problem."""
    import pyarrow.parquet

    column = pyarrow.parquet.read_table(path, columns=[problem.objective]).column(0)
    values = column.drop_null().to_numpy()
    return float(values.min() if problem.direction == "minimize" else -values.max())


def evaluate_everything(problem: Problem) -> ExhaustiveTable:
    """Evaluate every design of a problem.

    Raises:
        ConfigurationError: the space is not finite, or too large.
    """
    try:
        space = of_parameters(problem.parameters)
    except ValueError as error:
        raise ConfigurationError(f"{problem.name}: no finite space: {error}") from error
    size = space.count()
    if size > LARGEST:
        raise ConfigurationError(f"{problem.name}: {size} designs, at most {LARGEST} are evaluated")
    configs = list(space.enumerate())
    values = {o.name: np.full(size, math.nan) for o in problem.outputs}
    reasons, costs = [], []
    for place, config in enumerate(configs):
        metrics = problem.evaluate(config, seed=0)
        reasons.append(metrics.end_reason)
        costs.append(metrics.cost)
        for name, value in metrics.values.items():
            values[name][place] = value
    return ExhaustiveTable(problem, configs, values, reasons, costs)


def pareto_front(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points that no other beats in every column, smaller being better, sorted.

    Args:
        points: shape (n, columns), finite.
    """
    kept = np.unique(points, axis=0)
    place = 0
    while place < len(kept):
        # Those that are beaten by this one go; equal rows are gone already.
        stays = (kept < kept[place]).any(axis=1)
        stays[place] = True
        before = int(stays[:place].sum())
        kept = kept[stays]
        place = before + 1
    return kept


def hypervolume(points: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Volume that the points dominate below a reference point, all columns to be minimised.

    By slicing along the last column, exact, for a few hundred points in up to four columns.

    Args:
        points: shape (n, columns).
        reference: shape (columns,).
    """
    inside = points[(points < reference).all(axis=1)]
    if len(inside) == 0:
        return 0.0
    front = pareto_front(inside)
    if front.shape[1] == 1:
        return float(reference[0] - front[:, 0].min())
    levels = np.append(np.unique(front[:, -1]), reference[-1])
    return math.fsum(
        (high - low) * hypervolume(front[front[:, -1] <= low][:, :-1], reference[:-1])
        for low, high in itertools.pairwise(levels.tolist())
    )

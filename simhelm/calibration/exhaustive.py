"""Small problems evaluated in full: the optimum, the Pareto front, a table for later."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import simhelm
from simhelm.calibration.errors import ConfigurationError
from simhelm.simulators.problem import Problem, Value
from simhelm.simulators.space import of_parameters, space_hash, to_json

log = logging.getLogger(__name__)

LARGEST = 2_000_000


@dataclasses.dataclass(frozen=True)
class ExhaustiveTable:
    """Every design of a problem.

    Attributes:
        problem: what was evaluated, with seed 0.
        configs: the designs, infeasible ones included.
        values: output name -> shape (designs,), NaN for failures.
    """

    problem: Problem
    configs: list[dict[str, Value]]
    values: dict[str, NDArray[np.float64]]

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

    def write(self, path: Path) -> None:
        """Store as Parquet, with space, units and versions in the metadata."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        space = of_parameters(self.problem.parameters)
        columns: dict[str, list[object]] = {
            parameter.name: [_as_text(config.get(parameter.name)) for config in self.configs]
            for parameter in self.problem.parameters
        }
        outputs = {o.name: self.values[o.name] for o in self.problem.outputs}
        table = pa.table({**columns, **outputs})
        metadata = {
            "problem": self.problem.name,
            "space": to_json(space),
            "space_hash": space_hash(space),
            "units": json.dumps({o.name: o.unit for o in self.problem.outputs}),
            "objective": self.problem.objective,
            "simhelm": simhelm.__version__,
            "seed": "0",
        }
        pq.write_table(table.replace_schema_metadata(metadata), path)


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
    for place, config in enumerate(configs):
        for name, value in problem.evaluate(config, seed=0).values.items():
            values[name][place] = value
    return ExhaustiveTable(problem, configs, values)


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


def _as_text(value: Value | None) -> str | None:
    return None if value is None else str(value)

"""Evaluations as training data of a proxy."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.calibration.errors import ConfigurationError
from simhelm.calibration.evaluations import read_evaluations
from simhelm.simulators.end_reason import EndReason
from simhelm.simulators.problem import Parameter, Value
from simhelm.simulators.proxy.features import features
from simhelm.simulators.space import space_identity

_SUCCEEDED = {reason.label for reason in EndReason if reason.succeeded}
# A design that ran out of time, or whose worker was lost, says nothing about the design.
_NO_VERDICT = {
    reason.label
    for reason in (
        EndReason.STOPPED_EARLY, EndReason.TIMEOUT, EndReason.MEMORY, EndReason.WORKER_LOST,
        EndReason.INTERRUPTED,
    )
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Complete evaluations.

    Attributes:
        problem: its name.
        parameters: its parameters.
        outputs: names.
        rows: shape (n, columns), see :func:`features`.
        values: shape (n, outputs), NaN in the rows of failures.
        design: shape (n,), equal numbers for evaluations of the same design.
    """

    problem: str
    parameters: Sequence[Parameter]
    outputs: Sequence[str]
    rows: NDArray[np.float32]
    values: NDArray[np.float64]
    design: NDArray[np.int64]

    @property
    def space(self) -> str:
        """The identity of the space."""
        return space_identity(self.parameters)

    @property
    def succeeded(self) -> NDArray[np.bool_]:
        """Which rows have values, shape (n,)."""
        return np.asarray(np.isfinite(self.values).all(axis=1), dtype=np.bool_)

    def part(self, chosen: NDArray[Any]) -> TrainingData:
        """Some of the rows, by number or by mask."""
        return dataclasses.replace(
            self, rows=self.rows[chosen], values=self.values[chosen], design=self.design[chosen]
        )


def from_file(path: Path) -> TrainingData:
    """Training data in a file of evaluations; partial and interrupted evaluations are left out.

    Raises:
        ConfigurationError: no file of evaluations, or nothing usable in it.
    """
    found = read_evaluations(path)
    document, full = found.document, found.document["full_budget"]
    kept = [row for row in found.rows if _is_complete(row, full)]
    if not any(row["end_reason"] in _SUCCEEDED for row in kept):
        raise ConfigurationError(f"{path}: holds no complete evaluation that succeeded")
    names = [parameter.name for parameter in found.parameters]
    configs = [{n: row[n] for n in names if row[n] is not None} for row in kept]
    outputs = list(document["outputs"])
    values = [[_number(row, name) for name in outputs] for row in kept]
    return from_configs(document["name"], found.parameters, configs, outputs, np.array(values))


def from_configs(
    problem: str,
    parameters: Sequence[Parameter],
    configs: Sequence[Mapping[str, Value]],
    outputs: Sequence[str],
    values: NDArray[np.float64],
) -> TrainingData:
    """Training data from designs and their outputs, shape (designs, outputs)."""
    rows = np.array([features(parameters, config) for config in configs])
    seen: dict[str, int] = {}
    keys = (json.dumps(config, sort_keys=True) for config in configs)
    design = np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
    return TrainingData(problem, tuple(parameters), tuple(outputs), rows, values, design)


def _is_complete(row: Mapping[str, Any], full_budget: int) -> bool:
    reason, budget = row["end_reason"], row["budget"]
    if reason is None or reason in _NO_VERDICT:
        return False
    return budget is None or budget >= full_budget


def _number(row: Mapping[str, Any], name: str) -> float:
    good = row["end_reason"] in _SUCCEEDED and row[name] is not None
    return float(row[name]) if good else math.nan

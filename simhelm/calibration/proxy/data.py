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

from simhelm.calibration.evaluations import EvaluationFile, read_evaluations
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Parameter, Value
from simhelm.core.space import space_identity
from simhelm.simulators.proxy.features import features

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
        arguments: what the problem was made with, where that is known.
    """

    problem: str
    parameters: Sequence[Parameter]
    outputs: Sequence[str]
    rows: NDArray[np.float32]
    values: NDArray[np.float64]
    design: NDArray[np.int64]
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def space(self) -> str:
        """The identity of the space."""
        return space_identity(self.parameters)

    @property
    def succeeded(self) -> NDArray[np.bool_]:
        """Which rows have values, shape (n,)."""
        return np.asarray(np.isfinite(self.values).all(axis=1), dtype=np.bool_)

    @property
    def once(self) -> NDArray[np.int64]:
        """The first row of each design: a search that returned to a design did not see more."""
        first: NDArray[np.int64] = np.unique(self.design, return_index=True)[1]
        return first

    def part(self, chosen: NDArray[Any]) -> TrainingData:
        """Some of the rows, by number or by mask."""
        return dataclasses.replace(
            self, rows=self.rows[chosen], values=self.values[chosen], design=self.design[chosen]
        )


def from_file(path: Path) -> TrainingData:
    """Training data in a file of evaluations; partial and interrupted evaluations are left out.

    Raises:
        ConfigurationError: no file of evaluations, nothing usable in it, a column missing, a
            design outside of the space, or no finite number where an evaluation succeeded.
    """
    found = read_evaluations(path)
    document, full = found.document, found.document["full_budget"]
    outputs = list(document["outputs"])
    _check_columns(path, found, outputs)
    kept = [(n, row) for n, row in enumerate(found.rows) if _is_complete(row, full)]
    if not any(row["end_reason"] in _SUCCEEDED for _, row in kept):
        raise ConfigurationError(f"{path}: holds no complete evaluation that succeeded")
    try:
        configs = [_config(found.parameters, row, number) for number, row in kept]
        values = [[_number(row, name, number) for name in outputs] for number, row in kept]
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    data = from_configs(document["name"], found.parameters, configs, outputs, np.array(values))
    return dataclasses.replace(data, arguments=document.get("arguments", {}))


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


def _check_columns(path: Path, found: EvaluationFile, outputs: Sequence[str]) -> None:
    expected = [*(p.name for p in found.parameters), *outputs, "budget", "end_reason"]
    missing = [name for name in expected if found.rows and name not in found.rows[0]]
    if missing:
        raise ConfigurationError(
            f"{path}: columns {missing} are missing; write the file again (`simhelm export` or "
            "`simhelm bench`)"
        )


def _config(
    parameters: Sequence[Parameter], row: Mapping[str, Any], number: int
) -> dict[str, Value]:
    """The design of a row, which must be one of the space."""
    config: dict[str, Value] = {}
    for parameter in parameters:
        value = row[parameter.name]
        if (value is not None) != parameter.is_active(config):
            said = "is missing" if value is None else "is set, but its condition is not met"
            raise ValueError(f"row {number}: {parameter.name!r} {said}")
        if value is not None:
            _check_value(parameter, value, number)
            config[parameter.name] = value
    return config


def _check_value(parameter: Parameter, value: Value, number: int) -> None:
    try:
        parameter.check(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"row {number}: {error}") from error


def _number(row: Mapping[str, Any], name: str, number: int) -> float:
    """An output; NaN where the evaluation failed."""
    if row["end_reason"] not in _SUCCEEDED:
        return math.nan
    value = row[name]
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(
            f"row {number}: {name}: expected a finite number, as the row says "
            f"{row['end_reason']!r}; got {value!r}"
        )
    return float(value)

"""Evaluations as Parquet: one row each, and with the file all that is needed to use them.

A row has the parameters (null where inactive), the outputs (null where the evaluation failed),
``seed``, ``budget``, ``cost`` and ``end_reason``, and says of what it is: ``space_hash`` and
``simulator`` (name and versions). Columns of outputs and parameters carry their unit; the file's
metadata describe the problem.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from simhelm.calibration.study.identity import describe
from simhelm.calibration.study.view import parameters_of
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Metrics, Parameter, Problem, Value
from simhelm.core.space import space_identity
from simhelm.version import __version__

FORMAT = 1
_KEY = b"simhelm"


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """One evaluation: what went in, what came out."""

    config: Mapping[str, Value]
    seed: int
    budget: int | None
    metrics: Metrics


@dataclasses.dataclass(frozen=True)
class EvaluationFile:
    """What a file holds.

    Attributes:
        document: the description of the problem, as in a study's identity.
        space_hash: of its parameters.
        rows: as :func:`write_rows` took them.
    """

    document: dict[str, Any]
    space_hash: str
    rows: list[dict[str, Any]]

    @property
    def parameters(self) -> list[Parameter]:
        """The problem's parameters."""
        return parameters_of(self.document)


def write_evaluations(path: Path, problem: Problem, evaluations: Iterable[Evaluation]) -> int:
    """Write evaluations of a problem; returns how many."""
    rows = [_row(problem, one) for one in evaluations]
    write_rows(path, describe(problem), rows)
    return len(rows)


def _row(problem: Problem, one: Evaluation) -> dict[str, Any]:
    metrics = one.metrics
    return {
        **{p.name: one.config.get(p.name) for p in problem.parameters},
        **{output.name: metrics.values.get(output.name) for output in problem.outputs},
        "seed": one.seed,
        "budget": one.budget,
        "cost": metrics.cost,
        "end_reason": metrics.end_reason.label,
    }


def write_rows(path: Path, document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of equal keys, with what they are of.

    Args:
        document: the problem's description, see :func:`describe`.
        rows: parameters, outputs, and further columns.
    """
    import pyarrow
    import pyarrow.parquet

    parameters = parameters_of(document)
    mixed = {parameter.name for parameter in parameters if _is_mixed(parameter)}
    columns: dict[str, list[Any]] = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        # A categorical whose choices are numbers and words has no column type: as JSON text.
        texts = [None if v is None else json.dumps(v) for v in values] if name in mixed else values
        columns[name] = texts
    identity = space_identity(parameters)
    columns["space_hash"] = [identity] * len(rows)
    columns["simulator"] = [_simulator(document)] * len(rows)
    table = pyarrow.table(columns)
    fields = [_with_unit(field, document) for field in table.schema]
    about = {
        "format": FORMAT,
        "problem": document,
        "space_hash": identity,
        "units": _units(document),
    }
    schema = pyarrow.schema(fields, metadata={_KEY: json.dumps(about).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table.cast(schema), path)


def read_evaluations(path: Path) -> EvaluationFile:
    """Read what :func:`write_rows` wrote.

    Raises:
        ConfigurationError: no such file, not Parquet, or without our metadata.
    """
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file")
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise ConfigurationError(f"{path}: not a Parquet file: {error}") from error
    try:
        about = json.loads((table.schema.metadata or {})[_KEY])
        document, found = about["problem"], about["format"]
        parameters = parameters_of(document) if found == FORMAT else []
    except (KeyError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{path}: expected evaluations that simhelm wrote (`simhelm export` or `simhelm "
            "bench`): the description of the problem is missing"
        ) from error
    if found != FORMAT:
        raise ConfigurationError(f"{path}: expected evaluations of format {FORMAT}, got {found!r}")
    rows = table.to_pylist()
    for name in (p.name for p in parameters if _is_mixed(p)):
        for row in rows:
            row[name] = None if row[name] is None else json.loads(row[name])
    return EvaluationFile(document, about["space_hash"], rows)


def _is_mixed(parameter: Parameter) -> bool:
    return parameter.kind == "categorical" and len({type(c) for c in parameter.choices}) > 1


def _simulator(document: Mapping[str, Any]) -> str:
    version = document.get("version")
    return f"{document['name']}{f' {version}' if version else ''}, simhelm {__version__}"


def _units(document: Mapping[str, Any]) -> dict[str, str]:
    found = {**document["parameters"], **document["outputs"]}
    return {name: fields["unit"] for name, fields in found.items()}


def _with_unit(field: Any, document: Mapping[str, Any]) -> Any:
    unit = _units(document).get(field.name)
    return field if unit is None else field.with_metadata({"unit": unit})

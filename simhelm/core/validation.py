"""What was wrong with a table, told to a person."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable
from typing import Any

import pydantic

from simhelm.core.did_you_mean import did_you_mean


def explained(model: type[pydantic.BaseModel], error: pydantic.ValidationError, where: str) -> str:
    """Every mistake on a line: what was expected, what was found, the nearest valid name."""
    lines = [_explain(model, dict(problem)) for problem in error.errors()]
    return "\n".join(f"{where}: {line}" for line in lines)


def _explain(model: type[pydantic.BaseModel], problem: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    got = problem.get("input")
    if problem["type"] == "extra_forbidden":
        known = _keys_at(model, problem["loc"][:-1])
        hint = did_you_mean(str(problem["loc"][-1]), known)
        return f"unknown key {path!r}; expected one of {sorted(known)}{hint}"
    if problem["type"] == "missing":
        return f"key {path!r} is missing"
    message = str(problem["msg"]).removeprefix("Value error, ")
    hint = ""
    if problem["type"] == "literal_error":
        hint = did_you_mean(str(got), re.findall("'([^']*)'", str(problem["ctx"]["expected"])))
    return f"{path}: {message}, got {got!r}{hint}" if path else message


def _keys_at(model: type[pydantic.BaseModel], path: Iterable[Any]) -> list[str]:
    """The keys that the table at a path may have."""
    for part in path:
        if part in model.model_fields:
            model = _table(model.model_fields[part].annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _table(annotation: Any) -> type[pydantic.BaseModel] | None:
    """The model in an annotation such as ``Table``, ``Table | None`` or ``list[Table]``."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    found = (_table(inner) for inner in typing.get_args(annotation))
    return next((model for model in found if model is not None), None)

"""What the results of a problem depend on, as far as it can be told."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simhelm.core.description import constructor_names
from simhelm.core.fingerprint import fingerprint
from simhelm.core.problem import HasIdentity, Output, Parameter, Problem
from simhelm.experiments.provenance import installed
from simhelm.moved import first_name

log = logging.getLogger(__name__)


def describe(problem: Problem) -> dict[str, Any]:
    """A JSON-like description; two problems are the same where it is equal."""
    said = problem.description
    return {
        "name": said.name,
        "parameters": {parameter.name: _fields(parameter) for parameter in said.parameters},
        "outputs": {output.name: _fields(output) for output in said.outputs},
        "objective": [said.objective, said.direction],
        "full_budget": said.full_budget,
        "work_unit": said.work_unit,
        **_made_of(problem),
    }


def warn_of_untold_arguments(problem: Problem) -> None:
    """Say so where a study cannot tell a problem from one that was made with other arguments."""
    untold = [name for name in constructor_names(problem) if name not in problem.arguments]
    if untold and not isinstance(problem, HasIdentity):
        log.warning(
            "%s: a study with another %s is not told from this one; set self.%s, or arguments in "
            "its description",
            problem.name,
            ", ".join(untold),
            untold[0],
        )


def _made_of(problem: Problem) -> dict[str, Any]:
    """What the problem says of its making, or else its class, release and arguments."""
    if isinstance(problem, HasIdentity):
        document: dict[str, Any] = _plain(problem.identity_document(_made_of))
        return document
    kind = type(problem)
    return {
        "class": _name(kind),
        "version": _release(kind.__module__.partition(".")[0]),
        "arguments": {name: _argument(value) for name, value in problem.arguments.items()},
    }


def _fields(thing: Parameter | Output) -> Any:
    fields = dataclasses.asdict(thing)
    del fields["name"], fields["description"]
    return _plain(fields)


def _argument(value: Any) -> Any:
    """A file or an array counts by its content, an object only by its class."""
    return _plain(value, _content)


def _content(value: Any) -> Any:
    if isinstance(value, (str, Path)):
        return {"sha256": fingerprint(Path(value))} if Path(value).is_file() else str(value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        content = hashlib.sha256(value.tobytes()).hexdigest()
        return {"sha256": content, "dtype": str(value.dtype), "shape": list(value.shape)}
    if isinstance(value, np.generic):
        return _plain(value.item())
    return _name(type(value))


def _name(kind: type) -> str:
    return f"{first_name(kind.__module__)}:{kind.__qualname__}"


@functools.cache
def _release(package: str) -> str | None:
    """The release that a package comes from; None for a script."""
    if found := installed(package):
        return found
    # Released under another name: every file of every distribution is looked at.
    distributions = importlib.metadata.packages_distributions().get(package, [])
    return installed(distributions[0]) if distributions else None


def _plain(value: Any, other: Callable[[Any], Any] = str) -> Any:
    """The value as JSON would give it back; NaN (an unused bound) becomes None.

    ``other`` is asked about text and about what JSON does not know.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(item, other) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, other) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, (int, float, bool, type(None))) else other(value)

"""What a problem says of itself."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any, Literal

from simhelm.core.metrics import Output
from simhelm.core.parameter import Parameter

Direction = Literal["minimize", "maximize"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
    """What a problem says of itself.

    Attributes:
        name: CamelCase, the name under which the problem is registered.
        parameters: the knobs, a condition's parent before its children.
        outputs: what an evaluation reports.
        objective: the output to improve, and ``direction`` says how.
        worst_objective: objective value charged to a failed evaluation; no success is worse.
        work_unit: what ``Metrics.cost`` counts.
        full_budget: work units, or simulated size, of a complete evaluation, at least 1.
        pure: an evaluation cannot crash and changes nothing in its process (no working
            directory, no signal handlers, no floating-point flags, no global generators), so a
            study may evaluate it in its own process; otherwise it uses a separate one.
        cites: the papers and software behind it, keys of ``references.toml``.
        arguments: what it was made with, defaults included. A study resumes only with a problem
            that was made with the same.
    """

    name: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    objective: str
    worst_objective: float
    direction: Direction = "minimize"
    work_unit: str = "simulator runs"
    full_budget: int = 1
    pure: bool = False
    cites: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.arguments, Mapping):
            raise TypeError(
                f"{self.name}.arguments: expected a mapping, by names of the constructor's "
                f"parameters, got {self.arguments!r}; give other things another name"
            )


FIELDS = tuple(field.name for field in dataclasses.fields(Description))


def declared_by(problem: object) -> dict[str, Any]:
    """The fields of a description that an object has as attributes, its own or its class's."""
    missing = object()
    return {
        name: getattr(problem, name)
        for name in FIELDS
        if inspect.getattr_static(problem, name, missing) is not missing
    }


def constructor_names(problem: object) -> list[str]:
    """The names of the parameters that the class of an object is called with.

    ``*args`` and ``**kwargs`` are left out where they only pass on what a description has names
    for already.
    """
    held = vars(problem)
    told = getattr(held.get("_description"), "arguments", None)
    passed_on = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD) if told else ()
    parameters = inspect.signature(type(problem)).parameters.values()
    return [one.name for one in parameters if one.kind not in passed_on or one.name in held]


def made_with(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor, from what ``locals()`` gives in its first line."""
    return {name: value for name, value in variables.items() if name not in ("self", "__class__")}

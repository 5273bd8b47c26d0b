"""Spaces and the parameters of problems: each made from the other."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.parameter import Condition, Parameter, Value
from simhelm.core.space.nodes import Chain, Node, When, choice
from simhelm.core.space.tree import Space, all_choices

# Indices of repeated parts within full names.
_INDEX = re.compile(r"\[\d+\]")


@dataclasses.dataclass(frozen=True)
class Knob:
    """What a parameter has beyond the choice behind it.

    Attributes:
        default: the rule of thumb, one of the options.
        unit, description: for tables.
        log: integers in an unbroken range are searched on a logarithmic scale.
    """

    default: Value
    unit: str = "1"
    description: str = ""
    log: bool = False


def to_parameters(space: Space, knobs: Mapping[str, Knob]) -> tuple[Parameter, ...]:
    """The space as parameters of a problem, one for every choice, named by its full name.

    Ordered integers without a gap become an integer range, all else a categorical.

    Args:
        knobs: by full name without indices: ``"layers/units"`` for ``"layers[0]/units"``.

    Raises:
        ValueError: a choice without a knob or a knob without a choice, a default that is no
            option, or a choice reached under several conditions, which a parameter cannot have.
    """
    choices = all_choices(space)
    names = {name: _INDEX.sub("", name) for name in choices}
    for wanted, given in ((set(names.values()), set(knobs)), (set(knobs), set(names.values()))):
        for name in sorted(wanted - given):
            raise ValueError(f"knobs and choices differ in {name!r}{did_you_mean(name, given)}")
    return tuple(
        _parameter(name, options, condition, knobs[names[name]])
        for name, (options, condition) in choices.items()
    )


def _parameter(
    name: str, options: tuple[Value, ...], condition: Condition | None, knob: Knob
) -> Parameter:
    make = functools.partial(
        Parameter, name, unit=knob.unit, condition=condition, description=knob.description
    )
    if _is_range(options):
        low, high = int(options[0]), int(options[-1])
        return make("integer", knob.default, low, high, log=knob.log)
    return make("categorical", knob.default, choices=options)


def _is_range(options: tuple[Value, ...]) -> bool:
    """Whether these are two or more integers, each one more than the one before."""
    if len(options) < 2 or any(type(option) is not int for option in options):
        return False
    return list(options) == list(range(int(options[0]), int(options[0]) + len(options)))


def of_parameters(parameters: Sequence[Parameter]) -> Space:
    """The space of a problem whose parameters are choices or integers.

    Raises:
        ValueError: a parameter is a float: such a space is no finite tree.
    """
    return Space(Chain(tuple(map(_node, parameters))))


def _node(parameter: Parameter) -> Node:
    values: tuple[Value, ...] = parameter.choices
    if parameter.kind == "float":
        raise ValueError(f"{parameter.name}: a float has no list of choices")
    if parameter.kind == "integer":
        values = tuple(range(int(parameter.low), int(parameter.high) + 1))
    node = choice(parameter.name, values, ordered=parameter.ordered)
    if parameter.condition is None:
        return node
    name, allowed = parameter.condition
    return When(name, allowed, node)

"""Parameters in the terms of ConfigSpace, and back again without loss.

ConfigSpace 1.2 rounds every float to 13 decimals (which ruins a logarithmic range such as
[1e-12, 1e-3]) and returns numpy's scalars and strings. So it is given unit intervals, counts and
indices of choices only, and what they stand for is kept here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from simhelm.core.parameter import Condition, Parameter, Value, configure, same_value

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

Code = float | int


class ConfigSpaceCodec:
    """Configurations as ConfigSpace sees them; it does not see parameters of a single value.

    Args:
        parameters: a condition's parent before its children.

    Attributes:
        axes: the parameters that ConfigSpace sees, by name, their conditions on one another.

    Raises:
        ValueError: a condition on a float, which ConfigSpace cannot express.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = tuple(parameters)
        self.axes = _without_constants(self.parameters)
        for name, axis in self.axes.items():
            if axis.condition is not None and self.axes[axis.condition[0]].kind == "float":
                raise ValueError(
                    f"parameter {name}: {axis.condition[0]!r} is continuous and cannot decide on "
                    "it; make it an integer or give it choices"
                )

    def configuration_space(self) -> ConfigurationSpace:
        """The axes and their conditions; its own order of parameters.

        Raises:
            ImportError: ConfigSpace is not installed.
        """
        try:
            from ConfigSpace import ConfigurationSpace, InCondition
        except ImportError as error:
            raise ImportError("this needs ConfigSpace: pip install 'simhelm[bohb]'") from error
        built = ConfigurationSpace()
        built.add([_hyperparameter(axis) for axis in self.axes.values()])
        for name, axis in self.axes.items():
            if axis.condition is not None:
                parent, values = axis.condition
                codes = [_encode(self.axes[parent], value) for value in values]
                built.add(InCondition(built[name], built[parent], codes))
        return built

    def encode(self, config: Mapping[str, Any]) -> dict[str, Code]:
        """The active parameters as ConfigSpace sees them; inactive ones are dropped.

        Raises:
            KeyError: an active parameter is missing.
            ValueError, TypeError: an illegal value.
        """
        active = configure(self.axes.values(), lambda axis: config[axis.name])
        return {name: _encode(self.axes[name], value) for name, value in active.items()}

    def decode(self, codes: Mapping[str, Any]) -> dict[str, Value]:
        """The active parameters in the order of the space."""
        return configure(
            self.parameters,
            lambda p: p.choices[0] if _is_constant(p) else _decode(p, codes[p.name]),
        )


def _is_constant(parameter: Parameter) -> bool:
    return len(parameter.choices) == 1


def _without_constants(parameters: Iterable[Parameter]) -> dict[str, Parameter]:
    """The others, each with the condition that remains; those that cannot be active go, too."""
    axes: dict[str, Parameter] = {}
    constants: dict[str, Parameter] = {}
    for parameter in parameters:
        condition = parameter.condition
        if condition is not None and condition[0] in constants:
            condition = _above(condition, constants[condition[0]])
        elif condition is not None and condition[0] not in axes:
            condition = _NEVER
        if condition != _NEVER:
            kept = constants if _is_constant(parameter) else axes
            kept[parameter.name] = dataclasses.replace(parameter, condition=condition)
    return axes


# The condition of what cannot be active.
_NEVER: Condition = ("", ())


def _above(condition: Condition, parent: Parameter) -> Condition | None:
    """The condition of a constant parent in place of one on it, which holds or never does."""
    holds = any(same_value(parent.choices[0], value) for value in condition[1])
    return parent.condition if holds else _NEVER


def _hyperparameter(axis: Parameter) -> Any:
    from ConfigSpace import (
        CategoricalHyperparameter,
        UniformFloatHyperparameter,
        UniformIntegerHyperparameter,
    )

    if axis.kind == "categorical":
        return CategoricalHyperparameter(axis.name, list(range(len(axis.choices))))
    if axis.kind == "float":
        return UniformFloatHyperparameter(axis.name, 0.0, 1.0)
    low, high = int(axis.low), int(axis.high)
    if axis.log:
        return UniformIntegerHyperparameter(axis.name, low, high, log=True)
    return UniformIntegerHyperparameter(axis.name, 0, high - low)


def _encode(axis: Parameter, value: Any) -> Code:
    if axis.kind == "categorical":
        return axis.index(value)
    axis.check(value)
    if axis.kind == "integer":
        return int(value) if axis.log else int(value) - int(axis.low)
    low, high, number = (_scaled(axis, x) for x in (axis.low, axis.high, value))
    return min(1.0, max(0.0, (number - low) / (high - low)))


def _decode(axis: Parameter, code: Any) -> Value:
    if axis.kind == "categorical":
        return axis.choices[int(code)]
    if axis.kind == "integer":
        whole = int(code) if axis.log else int(axis.low) + int(code)
        return min(int(axis.high), max(int(axis.low), whole))
    unit = float(code)
    # The ends are met exactly, which exp(log(low)) is not.
    if unit in {0.0, 1.0}:
        return float(axis.high if unit else axis.low)
    low, high = _scaled(axis, axis.low), _scaled(axis, axis.high)
    mixed = (1.0 - unit) * low + unit * high
    number = math.exp(min(mixed, high)) if axis.log else mixed
    return min(float(axis.high), max(float(axis.low), number))


def _scaled(axis: Parameter, value: float) -> float:
    return math.log(value) if axis.log else float(value)

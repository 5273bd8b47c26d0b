"""An Optuna search space in the terms of ConfigSpace, and back again without loss.

ConfigSpace 1.2 rounds every float to 13 decimals (which ruins a logarithmic range such as
[1e-12, 1e-3]) and returns numpy's scalars and strings. So it is given unit intervals, counts and
positions in the list of choices only, and what they stand for is kept here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace
    from ConfigSpace.hyperparameters import Hyperparameter

Space = Mapping[str, BaseDistribution]
# Child -> (parent, the values of the parent for which the child exists).
Conditions = Mapping[str, tuple[str, tuple[Any, ...]]]


class Axis(Protocol):
    """One parameter that can take more than one value.

    ``discrete`` tells whether its values can be told apart exactly.
    """

    discrete: ClassVar[bool]

    def encode(self, value: Any) -> float | int:
        """What ConfigSpace sees; ValueError for a value outside the parameter's range."""

    def decode(self, code: Any) -> Any:
        """The Python value that a code of ConfigSpace stands for."""

    def hyperparameter(self, name: str) -> Hyperparameter[Any, Any]:
        """The parameter in ConfigSpace."""


@dataclasses.dataclass(frozen=True)
class Continuous:
    """A float without a step, linear or logarithmic: the unit interval."""

    discrete: ClassVar[bool] = False

    low: float
    high: float
    log: bool

    def encode(self, value: Any) -> float:
        """The code of a value."""
        _check(self.low <= value <= self.high, value, self)
        unit = _fraction(*map(self._scaled, (value, self.low, self.high)))
        return min(1.0, max(0.0, unit))

    def decode(self, code: Any) -> float:
        """The value of a code."""
        unit = float(code)
        # The ends are met exactly, which exp(log(low)) is not.
        if unit in {0.0, 1.0}:
            return self.high if unit else self.low
        low, high = self._scaled(self.low), self._scaled(self.high)
        mixed = (1.0 - unit) * low + unit * high
        value = math.exp(min(mixed, high)) if self.log else mixed
        return min(self.high, max(self.low, value))

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.log else float(value)

    def hyperparameter(self, name: str) -> Hyperparameter[Any, Any]:
        """The parameter in ConfigSpace."""
        from ConfigSpace import UniformFloatHyperparameter

        return UniformFloatHyperparameter(name, 0.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Stepped:
    """A linear integer, or a float with a step: the number of steps above the low end."""

    discrete: ClassVar[bool] = True

    low: float
    high: float
    step: float

    @property
    def steps(self) -> int:
        """The largest number of steps above the low end."""
        return round((self.high - self.low) / self.step)

    def encode(self, value: Any) -> int:
        """The code of a value."""
        count: int = round((value - self.low) / self.step)
        _check(0 <= count <= self.steps, value, self)
        return count

    def decode(self, code: Any) -> float | int:
        """The value of a code."""
        # Integers stay integers, as low, step and high are.
        return min(self.high, self.low + int(code) * self.step)

    def hyperparameter(self, name: str) -> Hyperparameter[Any, Any]:
        """The parameter in ConfigSpace."""
        from ConfigSpace import UniformIntegerHyperparameter

        return UniformIntegerHyperparameter(name, 0, self.steps)


@dataclasses.dataclass(frozen=True)
class LogInteger:
    """An integer on a logarithmic scale, which ConfigSpace has too."""

    discrete: ClassVar[bool] = True

    low: int
    high: int

    def encode(self, value: Any) -> int:
        """The code of a value."""
        _check(self.low <= value <= self.high, value, self)
        return int(value)

    def decode(self, code: Any) -> int:
        """The value of a code."""
        return min(self.high, max(self.low, int(code)))

    def hyperparameter(self, name: str) -> Hyperparameter[Any, Any]:
        """The parameter in ConfigSpace."""
        from ConfigSpace import UniformIntegerHyperparameter

        return UniformIntegerHyperparameter(name, self.low, self.high, log=True)


@dataclasses.dataclass(frozen=True)
class Choice:
    """A choice of any type: its position."""

    discrete: ClassVar[bool] = True

    choices: tuple[Any, ...]

    def encode(self, value: Any) -> int:
        """The code of a value."""
        for index, choice in enumerate(self.choices):
            if same(choice, value):
                return index
        raise ValueError(f"expected one of {self.choices}, got {value!r}")

    def decode(self, code: Any) -> Any:
        """The value of a code."""
        return self.choices[int(code)]

    def hyperparameter(self, name: str) -> Hyperparameter[Any, Any]:
        """The parameter in ConfigSpace."""
        from ConfigSpace import CategoricalHyperparameter

        return CategoricalHyperparameter(name, list(range(len(self.choices))))


class ModelSpace:
    """A search space with conditions, for a model that is built on ConfigSpace.

    Parameters of a single value are constants: the model does not see them.

    Args:
        space: the distributions by name.
        conditions: child -> (parent, values of the parent for which the child is active). A
            parent may have a condition of its own.

    Raises:
        ValueError: a condition that names unknown parameters or values, a continuous parent,
            parents in a circle, or choices that Optuna cannot keep apart (True and 1).
    """

    def __init__(self, space: Space, conditions: Conditions) -> None:
        self.distributions = dict(space)
        self.conditions = dict(conditions)
        self.constants = {
            name: single_value(distribution)
            for name, distribution in space.items()
            if distribution.single()
        }
        axes = {
            name: _axis(name, distribution)
            for name, distribution in space.items()
            if name not in self.constants
        }
        for child in conditions:
            self._check_condition(child)
        self._all_axes = axes
        # By code, as a step of 0.1 reaches 0.30000000000000004 and not 0.3.
        self._allowed = {child: self._codes(child, *conditions[child]) for child in conditions}
        self.axes = {name: axis for name, axis in axes.items() if self._can_be_active(name)}

    def configuration_space(self) -> ConfigurationSpace:
        """The axes and their conditions; its own order of parameters."""
        from ConfigSpace import ConfigurationSpace, InCondition

        built = ConfigurationSpace()
        built.add([axis.hyperparameter(name) for name, axis in self.axes.items()])
        for name in self.axes:
            deciding = self._condition_on_axis(name)
            if deciding is not None:
                child, parent = deciding
                built.add(InCondition(built[name], built[parent], self._allowed[child]))
        return built

    def encode(self, params: Mapping[str, Any]) -> dict[str, float | int]:
        """The active parameters as ConfigSpace sees them; inactive ones are dropped.

        Raises:
            KeyError: an active parameter is missing.
            ValueError: a value outside its range.
        """
        values = {**self.constants, **params}
        return {
            name: axis.encode(values[name])
            for name, axis in self.axes.items()
            if self.is_active(name, values)
        }

    def decode(self, codes: Mapping[str, Any]) -> dict[str, Any]:
        """The active parameters, in the order of the space, as Python values."""
        values = {name: self.axes[name].decode(code) for name, code in codes.items()}
        values = {**self.constants, **values}
        return {
            name: values[name]
            for name in self.distributions
            if name in values and self.is_active(name, values)
        }

    def is_active(self, name: str, values: Mapping[str, Any]) -> bool:
        """Whether the parameter exists, given the values of its ancestors."""
        if name not in self.conditions:
            return True
        parent, _ = self.conditions[name]
        return self.is_active(parent, values) and self._holds(name, values[parent])

    def _holds(self, child: str, value: Any) -> bool:
        parent, allowed = self.conditions[child]
        if parent in self.constants:
            return any(same(value, one) for one in allowed)
        return self._all_axes[parent].encode(value) in self._allowed[child]

    def _condition_on_axis(self, name: str) -> tuple[str, str] | None:
        """The pair (child, parent) that decides on a parameter, name = child in the usual case."""
        # A constant parent holds (or the child would not be here): what matters is its parent.
        while name in self.conditions:
            parent, _ = self.conditions[name]
            if parent not in self.constants:
                return name, parent
            name = parent
        return None

    def _can_be_active(self, name: str) -> bool:
        if name not in self.conditions:
            return True
        parent, _ = self.conditions[name]
        possible = parent not in self.constants or self._holds(name, self.constants[parent])
        return possible and self._can_be_active(parent)

    def _codes(self, child: str, parent: str, allowed: tuple[Any, ...]) -> list[float | int]:
        if parent in self.constants:
            return []
        axis = self._all_axes[parent]
        if not axis.discrete:
            raise ValueError(
                f"conditions: {parent!r} is continuous and cannot decide on {child!r}; give it a "
                "step or choices"
            )
        return [_encode_condition(axis, child, parent, value) for value in allowed]

    def _check_condition(self, child: str) -> None:
        parent, allowed = self.conditions[child]
        for name in (child, parent):
            if name not in self.distributions:
                raise ValueError(
                    f"conditions: {name!r} is not a parameter; the parameters are "
                    f"{list(self.distributions)}"
                )
        if not allowed:
            raise ValueError(f"conditions: {child!r} has no value of {parent!r} to be active for")
        self._check_no_circle(child)

    def _check_no_circle(self, child: str) -> None:
        seen, name = {child}, child
        while name in self.conditions:
            name = self.conditions[name][0]
            if name in seen:
                raise ValueError(f"conditions: {child!r} depends on itself through {name!r}")
            seen.add(name)


def same(first: Any, second: Any) -> bool:
    """Equality that keeps True and 1 apart, and takes a value (such as nan) for itself."""
    if first is second:
        return True
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


def single_value(distribution: BaseDistribution) -> Any:
    """The only value of a distribution whose ``single()`` is true."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return distribution.low


def _axis(name: str, distribution: BaseDistribution) -> Axis:
    if isinstance(distribution, CategoricalDistribution):
        return Choice(_distinct(name, distribution.choices))
    if isinstance(distribution, IntDistribution):
        if distribution.log:
            return LogInteger(distribution.low, distribution.high)
        return Stepped(distribution.low, distribution.high, distribution.step)
    if isinstance(distribution, FloatDistribution):
        if distribution.step is None:
            return Continuous(distribution.low, distribution.high, distribution.log)
        return Stepped(distribution.low, distribution.high, distribution.step)
    raise ValueError(f"{name}: unknown distribution {distribution!r}")


def _distinct(name: str, choices: tuple[Any, ...]) -> tuple[Any, ...]:
    for index, choice in enumerate(choices):
        if choices.index(choice) != index:
            raise ValueError(
                f"{name}: Optuna cannot tell the choices {choices[choices.index(choice)]!r} and "
                f"{choice!r} apart; write them as strings"
            )
    return choices


def _encode_condition(axis: Axis, child: str, parent: str, value: Any) -> float | int:
    try:
        return axis.encode(value)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"conditions: {child!r} waits for {parent} = {value!r}, which {parent!r} cannot be: "
            f"{error}"
        ) from error


def _fraction(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low)


def _check(inside: bool, value: Any, axis: Any) -> None:
    if not inside:
        raise ValueError(f"expected a value of {axis}, got {value!r}")

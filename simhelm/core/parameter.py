"""A parameter of a search space: its range or choices, and when it exists."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from simhelm.core.did_you_mean import did_you_mean

Value = float | int | str | bool
# A parent's name and the values of it for which a parameter exists.
Condition = tuple[str, tuple[Value, ...]]


def same_value(one: Any, two: Any) -> bool:
    """Equality that keeps True and 1 apart, and takes a value (such as nan) for itself."""
    return one is two or (isinstance(one, bool) == isinstance(two, bool) and bool(one == two))


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One knob.

    Attributes:
        name: unique within a problem: an identifier, or a choice's full name in a search space
            (``layers[0]/units``).
        kind: ``"float"``, ``"integer"`` or ``"categorical"``.
        default: the rule of thumb, a legal value.
        low, high: inclusive range of a number.
        log: search on a logarithmic scale (low must be positive).
        choices: legal values of a categorical, at least one.
        unit: physical unit, ``"1"`` for a pure number.
        condition: (name, values): the parameter exists only while the parameter ``name``, which
            stands before it, has one of ``values``.
        description: one line for tables.
    """

    name: str
    kind: Literal["float", "integer", "categorical"]
    default: Value
    low: float = math.nan
    high: float = math.nan
    log: bool = False
    choices: tuple[Value, ...] = ()
    unit: str = "1"
    condition: Condition | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("float", "integer", "categorical"):
            raise ValueError(
                f"{self.name}: expected kind 'float', 'integer' or 'categorical', got {self.kind!r}"
            )
        if self.kind == "categorical":
            self._check_choices()
        elif self.kind == "integer" and not (
            float(self.low).is_integer() and float(self.high).is_integer()
        ):
            raise ValueError(f"{self.name}: expected whole bounds, got {self.low}, {self.high}")
        elif not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name}: expected low < high, got {self.low}, {self.high}")
        elif self.log and self.low <= 0.0:
            raise ValueError(f"{self.name}: a logarithmic scale needs low > 0, got {self.low}")
        self.check(self.default)

    def _check_choices(self) -> None:
        if not self.choices:
            raise ValueError(f"{self.name}: expected at least one choice")
        if len(set(self.choices)) == len(self.choices):
            return
        two = next(c for i, c in enumerate(self.choices) if self.choices.index(c) != i)
        one = self.choices[self.choices.index(two)]
        raise ValueError(
            f"{self.name}: expected choices that differ, got {one!r} and {two!r}, which Optuna "
            "cannot tell apart; leave one out, or write them as strings"
        )

    def check(self, value: Value) -> None:
        """Raise TypeError or ValueError unless the value is legal."""
        if self.kind == "categorical":
            self.index(value)
            return
        numbers = (int,) if self.kind == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, numbers):
            raise TypeError(f"{self.name}: expected {self.kind}, got {value!r}")
        if not self.low <= value <= self.high:
            raise ValueError(
                f"{self.name}: expected a value in [{self.low}, {self.high}] {self.unit}, "
                f"got {value!r}"
            )

    def index(self, value: Value) -> int:
        """The index of a choice; ValueError for a value that is none."""
        for index, choice in enumerate(self.choices):
            if same_value(choice, value):
                return index
        hint = did_you_mean(str(value), map(str, self.choices))
        if value in self.choices:
            hint = f"; write {self.choices[self.choices.index(value)]!r}"
        raise ValueError(f"{self.name}: expected one of {self.choices}, got {value!r}{hint}")

    def at(self, share: float) -> Value:
        """The value at ``share`` in [0, 1] of the range (of the choices for a categorical).

        Equal intervals of ``share`` belong to every integer and to every choice.
        """
        share = min(1.0, max(0.0, share))
        if self.kind == "categorical":
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        low, high = self._interval()
        number = low * math.pow(high / low, share) if self.log else low + (high - low) * share
        if self.kind == "integer":
            return int(min(self.high, math.floor(number + 0.5)))
        return min(self.high, max(self.low, number))

    def share_of(self, value: Value) -> float:
        """The inverse of :meth:`at` (the middle of its interval for a categorical)."""
        self.check(value)
        if self.kind == "categorical":
            return (self.index(value) + 0.5) / len(self.choices)
        number = float(value)
        low, high = self._interval()
        if self.log:
            return math.log(number / low) / math.log(high / low)
        return (number - low) / (high - low)

    def _interval(self) -> tuple[float, float]:
        """The range, half a step wider for integers: the end ones get equal room."""
        margin = 0.5 if self.kind == "integer" else 0.0
        return self.low - margin, self.high + margin

    @property
    def ordered(self) -> bool:
        """Whether neighbouring values resemble each other: a range, or numbers that increase."""
        numbers = [c for c in self.choices if isinstance(c, (int, float)) and type(c) is not bool]
        return self.kind != "categorical" or list(self.choices) == sorted(numbers)

    def restricted(self, values: Sequence[Value]) -> Parameter:
        """The parameter with a choice of some of its values; the default stays if it is one."""
        if not values:
            raise ValueError(f"{self.name}: expected at least one value to keep")
        for value in values:
            self.check(value)
        kept = [value for value in values if same_value(value, self.default)]
        return dataclasses.replace(
            self, kind="categorical", default=(kept or values)[-1], choices=tuple(values), log=False
        )

    def is_active(self, config: Mapping[str, Value]) -> bool:
        """Whether the parameter exists, given the values chosen so far."""
        if self.condition is None:
            return True
        name, values = self.condition
        return name in config and any(same_value(config[name], value) for value in values)


def configure(
    parameters: Iterable[Parameter], choose: Callable[[Parameter], Value]
) -> dict[str, Value]:
    """The configuration in which every active parameter has the value that is chosen for it."""
    config: dict[str, Value] = {}
    for parameter in parameters:
        if parameter.is_active(config):
            config[parameter.name] = choose(parameter)
    return config


def from_shares(parameters: Sequence[Parameter], shares: Iterable[float]) -> dict[str, Value]:
    """The configuration of one number in [0, 1] per parameter; those of inactive ones are unused.

    Raises:
        ValueError: more or fewer numbers than parameters.
    """
    by_name = {p.name: share for p, share in zip(parameters, shares, strict=True)}
    return configure(parameters, lambda parameter: parameter.at(by_name[parameter.name]))


def check_conditions(parameters: Iterable[Parameter]) -> None:
    """Raise ValueError unless names differ and conditions are on legal values of earlier ones."""
    earlier: dict[str, Parameter] = {}
    for parameter in parameters:
        if parameter.name in earlier:
            raise ValueError(f"parameter {parameter.name}: the name is used twice")
        if parameter.condition is not None:
            _check_condition(parameter.name, parameter.condition, earlier)
        earlier[parameter.name] = parameter


def _check_condition(child: str, condition: Condition, earlier: Mapping[str, Parameter]) -> None:
    parent, values = condition
    where = f"parameter {child}: condition"
    if parent not in earlier:
        raise ValueError(
            f"{where}: {parent!r} is no earlier parameter{did_you_mean(parent, earlier)}"
        )
    if not values:
        raise ValueError(f"{where}: expected at least one value of {parent!r}")
    for value in values:
        try:
            earlier[parent].check(value)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{where}: {error}") from error

"""One space as different agents see it: the designs are the same, whoever asks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import cast

from simhelm.core.parameter import Parameter, Value, configure
from simhelm.core.problem import Problem


class View:
    """The parameters of a problem with whole numbers for choices that have an order.

    Models of the kind of a Gaussian process or TPE would otherwise not know that 8 rows are
    nearer to 16 than to 128.

    Args:
        problem: whose parameters.
        flat: without conditions, for agents that cannot model a parameter that comes and goes;
            what is not active is dropped before the evaluation.
    """

    def __init__(self, problem: Problem, *, flat: bool = False) -> None:
        self._whole = problem.parameters
        self._indexed = {p.name: p for p in problem.parameters if _is_ordered(p)}
        self.parameters = tuple(self._seen(parameter, flat) for parameter in problem.parameters)

    def _seen(self, parameter: Parameter, flat: bool) -> Parameter:
        condition = None if flat else self._condition(parameter)
        if parameter.name not in self._indexed:
            return dataclasses.replace(parameter, condition=condition)
        default = parameter.choices.index(parameter.default)
        return Parameter(
            parameter.name, "integer", default, 0, len(parameter.choices) - 1, condition=condition
        )

    def _condition(self, parameter: Parameter) -> tuple[str, tuple[Value, ...]] | None:
        if parameter.condition is None or parameter.condition[0] not in self._indexed:
            return parameter.condition
        parent, values = parameter.condition
        choices = self._indexed[parent].choices
        return parent, tuple(choices.index(value) for value in values)

    def config(self, seen: Mapping[str, Value]) -> dict[str, Value]:
        """The problem's configuration behind a proposal."""

        def value(parameter: Parameter) -> Value:
            proposed = seen[parameter.name]
            indexed = parameter.name in self._indexed
            return parameter.choices[cast("int", proposed)] if indexed else proposed

        return configure(self._whole, value)


def _is_ordered(parameter: Parameter) -> bool:
    """Whether the choices are two or more numbers that rise."""
    return parameter.kind == "categorical" and len(parameter.choices) > 1 and parameter.ordered

"""Designs as rows of numbers, for trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.core.problem import Parameter, Value


def feature_names(parameters: Sequence[Parameter]) -> list[str]:
    """One name a column: a number's own, and one for every choice that is none."""
    names = []
    for parameter in parameters:
        if is_number(parameter):
            names.append(parameter.name)
        else:
            names += [f"{parameter.name} = {choice}" for choice in parameter.choices]
    return names


def is_number(parameter: Parameter) -> bool:
    """Whether all values are numbers (truth values are choices)."""
    if parameter.kind != "categorical":
        return True
    return all(isinstance(c, (int, float)) and not isinstance(c, bool) for c in parameter.choices)


def features(parameters: Sequence[Parameter], config: Mapping[str, Value]) -> NDArray[np.float32]:
    """A design as a row, shape (columns,).

    Numbers stand for themselves, a choice for a one among zeros. A parameter that is not active
    stands at its default: whether it is active follows from the parameters that it depends on, and
    a number of its own for "not active" would lie beside values that have nothing to do with it.
    """
    row: list[float] = []
    for parameter in parameters:
        value = config.get(parameter.name, parameter.default)
        if is_number(parameter):
            row.append(float(value))
        else:
            row += [float(type(c) is type(value) and c == value) for c in parameter.choices]
    return np.array(row, dtype=np.float32)

"""A fitted proxy: values with intervals for a design."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.core.problem import Parameter, Value
from simhelm.simulators.proxy.features import feature_names, features
from simhelm.simulators.proxy.forest import Forest

# Where the trees say less, a design is taken to fail.
_FEASIBLE = 0.5


@dataclasses.dataclass(frozen=True)
class ProxyOutput:
    """How an output is predicted.

    Attributes:
        name: of the output.
        logarithmic: the trees give its logarithm.
        margin: half the width of the interval, of the logarithm where that is predicted.
        low, high: the range in the data, which predictions do not leave.
    """

    name: str
    logarithmic: bool
    margin: float
    low: float
    high: float

    def __post_init__(self) -> None:
        numbers = (self.margin, self.low, self.high)
        if not all(map(math.isfinite, numbers)) or self.margin < 0.0 or self.low > self.high:
            raise ValueError(f"{self.name}: expected a margin >= 0 and low <= high, got {numbers}")
        if self.logarithmic and self.low <= 0.0:
            raise ValueError(f"{self.name}: a logarithm needs low > 0, got {self.low}")


@dataclasses.dataclass(frozen=True)
class Proxy:
    """A forest and what its numbers mean.

    Attributes:
        problem: name of the problem that the data are of.
        space: the identity of its space (see :func:`space_identity`).
        parameters: the problem's parameters.
        outputs: one for each of the forest's outputs; where designs may fail, the forest has one
            more, which is above one half for those that do not.
        coverage: nominal coverage of the intervals.
        forest: the trees.
        arguments: what the problem was made with, as in the description of a study; empty where
            that is not known.
        sha256: digest of the file that it was read from, "" where there is none.

    Raises:
        ValueError: parts that do not fit together.
    """

    problem: str
    space: str
    parameters: Sequence[Parameter]
    outputs: Sequence[ProxyOutput]
    coverage: float
    forest: Forest
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    sha256: str = dataclasses.field(default="", repr=False)

    def __post_init__(self) -> None:
        if len(self.forest.base) - len(self.outputs) not in (0, 1):
            raise ValueError(
                f"proxy: {len(self.forest.base)} values for {len(self.outputs)} outputs"
            )
        self.forest.check_columns(len(feature_names(self.parameters)))

    def rows(self, configs: Sequence[Mapping[str, Value]]) -> NDArray[np.float32]:
        """Designs as the forest wants them."""
        return np.array([features(self.parameters, config) for config in configs])

    def predict(self, config: Mapping[str, Value]) -> dict[str, float] | None:
        """The outputs of a design; None where it is taken to fail."""
        raw = self.forest.predict(self.rows([config]))[0]
        if len(raw) > len(self.outputs) and raw[-1] <= _FEASIBLE:
            return None
        return {
            output.name: _clipped(output, _from_trees(output, raw[place]))
            for place, output in enumerate(self.outputs)
        }

    def intervals(self, config: Mapping[str, Value]) -> dict[str, tuple[float, float]]:
        """Of every output, the interval that holds the truth with probability ``coverage``.

        That is on average over designs from where the data came from, not for every design: a
        search looks for designs that are too good, and finds those where the proxy errs.
        """
        raw = self.forest.predict(self.rows([config]))[0]
        return {
            output.name: (
                _from_trees(output, raw[place] - output.margin),
                _from_trees(output, raw[place] + output.margin),
            )
            for place, output in enumerate(self.outputs)
        }


def _from_trees(output: ProxyOutput, value: float) -> float:
    # No exponential of a number that no data had.
    return math.exp(min(value, 700.0)) if output.logarithmic else float(value)


def _clipped(output: ProxyOutput, value: float) -> float:
    return min(output.high, max(output.low, value))

"""What an evaluation reports: its outputs, and how it ended."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from simhelm.core.end_reason import EndReason


@dataclasses.dataclass(frozen=True)
class Output:
    """One number that a simulation reports.

    Attributes:
        low, high: finite range that observations of it are clipped to; the values themselves
            may lie outside.
    """

    name: str
    unit: str
    low: float
    high: float
    description: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"{self.name}: expected finite low < high, got {self.low}, {self.high}"
            )


@dataclasses.dataclass(frozen=True)
class Metrics:
    """What one evaluation gave.

    It can be pickled, so that workers can send it.

    Attributes:
        values: named outputs, finite (empty where the evaluation failed); not to be changed.
        end_reason: COMPLETED or CONVERGED for a usable result, else the failure.
        cost: simulator work units spent, at least 0.
        details: a sentence on what happened, for people.
    """

    values: Mapping[str, float]
    end_reason: EndReason
    cost: float
    details: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cost) and self.cost >= 0.0):
            raise ValueError(f"cost: expected a finite number >= 0, got {self.cost!r}")
        bad = [name for name, value in self.values.items() if not math.isfinite(value)]
        if bad:
            raise ValueError(
                f"outputs {bad} are not finite; report the failure with "
                "Metrics.failure(EndReason.NOT_FINITE, ...) instead"
            )
        object.__setattr__(self, "values", dict(self.values))

    @property
    def succeeded(self) -> bool:
        """Whether the values may be used."""
        return self.end_reason.succeeded

    @classmethod
    def failure(cls, end_reason: EndReason, *, cost: float, details: str = "") -> Metrics:
        """An evaluation without a usable result."""
        return cls({}, end_reason, cost, details)

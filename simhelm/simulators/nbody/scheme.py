"""How to integrate: a method, what its step parameter multiplies, and the parameter."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

from simhelm.core.checks import whole_number
from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.nbody import kernels

Method = Literal["hermite4", "hermite6", "leapfrog", "yoshida4", "yoshida6", "gauss_radau15"]
Criterion = Literal["collision_time", "aarseth", "constant", "own_error"]

METHOD_CODES: dict[str, int] = {
    "hermite4": kernels.HERMITE4,
    "hermite6": kernels.HERMITE6,
    "leapfrog": kernels.LEAPFROG,
    "yoshida4": kernels.YOSHIDA4,
    "yoshida6": kernels.YOSHIDA6,
    "gauss_radau15": kernels.GAUSS_RADAU15,
}
CRITERION_CODES: dict[str, int] = {
    "collision_time": kernels.COLLISION_TIME,
    "aarseth": kernels.AARSETH,
    "constant": kernels.CONSTANT,
    "own_error": kernels.CONSTANT,
}
# The first criterion of a method is its default. Compositions of leapfrogs lose their point
# with steps that vary; Aarseth's criterion needs the derivatives that Hermite has at hand.
CRITERIA: dict[str, tuple[Criterion, ...]] = {
    "hermite4": ("collision_time", "aarseth", "constant"),
    "hermite6": ("collision_time", "constant"),
    "leapfrog": ("collision_time", "constant"),
    "yoshida4": ("constant",),
    "yoshida6": ("constant",),
    "gauss_radau15": ("own_error",),
}


@dataclasses.dataclass(frozen=True)
class Scheme:
    """One way to integrate.

    Attributes:
        method: ``"hermite4"``, ``"hermite6"``, ``"leapfrog"`` (kick-drift-kick), ``"yoshida4"``,
            ``"yoshida6"`` or ``"gauss_radau15"``.
        step_parameter: a pure number that multiplies the criterion's time scale; the longest
            step, in time units, for ``"constant"``; the relative size of the last coefficient
            for ``"own_error"``. Positive.
        criterion: ``"collision_time"``: min over pairs of min(r/v, sqrt(r^3/M)), symmetrised
            over the step for leapfrog; ``"aarseth"``; ``"constant"``: equal steps;
            ``"own_error"``. None for the method's first one in ``CRITERIA``.
        passes: n of Hermite's P(EC)^n, force evaluations a step; 1 to 10.
    """

    method: Method
    step_parameter: float
    criterion: Criterion | None = None
    passes: int = 1

    def __post_init__(self) -> None:
        if self.method not in CRITERIA:
            raise ValueError(
                f"method: expected one of {sorted(CRITERIA)}, got {self.method!r}"
                + did_you_mean(str(self.method), CRITERIA)
            )
        legal = CRITERIA[self.method]
        if self.criterion is None:
            object.__setattr__(self, "criterion", legal[0])
        if self.criterion not in legal:
            raise ValueError(
                f"criterion: {self.method} works with {legal}, got {self.criterion!r}"
                + did_you_mean(str(self.criterion), legal)
            )
        if not (math.isfinite(self.step_parameter) and self.step_parameter > 0.0):
            raise ValueError(
                f"step_parameter: expected a positive finite number, got {self.step_parameter!r}"
            )
        if whole_number("passes", self.passes) > (10 if self.method == "hermite4" else 1):
            raise ValueError(
                f"passes: expected 1 to 10 for hermite4 and 1 elsewhere, got {self.passes}"
            )

    @property
    def codes(self) -> tuple[int, int, int]:
        """(method, criterion, passes) as the kernels take them."""
        return METHOD_CODES[self.method], CRITERION_CODES[str(self.criterion)], self.passes

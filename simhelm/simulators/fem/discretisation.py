"""What is numerical about a model."""

from __future__ import annotations

import dataclasses

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.simulators.fem.arrays import Floats
from simhelm.simulators.fem.material import Rayleigh
from simhelm.simulators.fem.nodes import Degree
from simhelm.simulators.fem.scheme import Scheme


@dataclasses.dataclass(frozen=True)
class Discretisation:
    """Everything numerical that a global model and its submodel share.

    Attributes:
        degree: of the elements, 1 or 2.
        scheme, steps: time integration; by default 96 steps of a microsecond.
        damping: Rayleigh's constants.
        backend: ``"scikit-fem"`` or ``"dolfinx"``.
    """

    degree: Degree = 1
    scheme: Scheme = Scheme(1e-6)
    steps: int = 96
    damping: Rayleigh = Rayleigh()
    backend: str = "scikit-fem"

    def __post_init__(self) -> None:
        whole_number("steps", self.steps)

    @property
    def times(self) -> Floats:
        """Shape (steps + 1,), s."""
        times: Floats = self.scheme.dt * np.arange(self.steps + 1.0)
        return times

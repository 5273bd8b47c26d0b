"""A cheaper simulation in place of a learned generator."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class CoarseModel:
    """Traces from a coarse global model with fresh random inputs: nothing is learned.

    Attributes:
        simulate: gives ``count`` traces, shape (count, ...), all randomness from the generator.
    """

    simulate: Callable[[int, np.random.Generator], Floats]

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """``count`` simulated traces."""
        return self.simulate(count, rng)

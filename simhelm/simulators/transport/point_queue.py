"""One link by itself."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from simhelm.simulators.transport.kernels.roads import exit_times
from simhelm.simulators.transport.network import Floats


@dataclasses.dataclass(frozen=True)
class PointQueue:
    """A link whose vehicles travel freely and queue, without extent, at its end (Vickrey 1969).

    The same rule moves the vehicles of simulated days.

    Attributes:
        free_time: seconds on the link without a queue, not negative.
        capacity: vehicles an hour that leave it at most, positive.
    """

    free_time: float
    capacity: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.free_time) and self.free_time >= 0.0):
            raise ValueError(f"free_time: expected at least 0 seconds, got {self.free_time!r}")
        if not (np.isfinite(self.capacity) and self.capacity > 0.0):
            raise ValueError(f"capacity: expected a positive number, got {self.capacity!r}")

    def exits(self, arrivals: ArrayLike) -> Floats:
        """Times at which vehicles leave.

        Args:
            arrivals: seconds at which they enter, shape (vehicles,), in order.
        """
        times = np.ascontiguousarray(arrivals, dtype=np.float64)
        if times.ndim != 1 or not np.isfinite(times).all() or (np.diff(times) < 0.0).any():
            raise ValueError("arrivals: expected finite times in order, shape (vehicles,)")
        exits = np.empty_like(times)
        exit_times(times, self.free_time, 3600.0 / self.capacity, exits)
        return exits

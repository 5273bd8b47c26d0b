"""What linearity gives exactly: traces at other amplitudes, and later."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class Excitation:
    """Amplitude and delay of every sample of a linear structure that is at rest at first.

    Its response is proportional to the amplitude and comes later by the delay, so no generator
    need learn either: fit it to :meth:`normalised` traces and :meth:`excite` what it gives.

    Attributes:
        amplitudes: factors, shape (samples,), not zero.
        delays: whole time steps, shape (samples,), at least 0.
    """

    amplitudes: Floats
    delays: Integers

    def __post_init__(self) -> None:
        amplitudes, delays = np.asarray(self.amplitudes), np.asarray(self.delays)
        if amplitudes.ndim != 1 or not np.isfinite(amplitudes).all() or not amplitudes.all():
            raise ValueError("amplitudes: expected finite numbers other than 0, one a sample")
        if delays.shape != amplitudes.shape or not np.issubdtype(delays.dtype, np.integer):
            raise ValueError("delays: expected whole time steps, one a sample")
        if (delays < 0).any():
            raise ValueError(f"delays: expected at least 0, got {delays.min()}")

    def excite(self, traces: Floats) -> Floats:
        """Normalised traces (samples, times, ...) scaled and delayed, in the same window."""
        places = np.arange(traces.shape[1]) - self.delays[:, None]
        excited = self._taken(traces, np.maximum(places, 0))
        excited[places < 0] = 0.0
        return excited * self._factors(traces)

    def normalised(self, traces: Floats) -> Floats:
        """Traces without amplitude and delay; the window is shorter by the greatest delay."""
        window = traces.shape[1] - int(self.delays.max())
        if window < 1:
            raise ValueError(f"delays: expected less than {traces.shape[1]} steps")
        return self._taken(traces, np.arange(window) + self.delays[:, None]) / self._factors(traces)

    def _taken(self, traces: Floats, places: Integers) -> Floats:
        if len(traces) != len(self.amplitudes):
            raise ValueError(f"traces: expected {len(self.amplitudes)} samples, got {len(traces)}")
        taken: Floats = traces[np.arange(len(traces))[:, None], places]
        return taken

    def _factors(self, traces: Floats) -> Floats:
        return self.amplitudes.reshape(-1, *(1,) * (traces.ndim - 1))

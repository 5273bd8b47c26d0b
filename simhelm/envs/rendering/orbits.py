"""The orbits of a few bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.nbody.system_batch import SystemBatch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Intervals that a trail goes back.
_TRAIL = 200


class Orbits:
    """The paths of the first system of a batch, as far as they were recorded.

    Args:
        batch: whose first system is drawn, in the plane of its first two coordinates.
        unit: of length, for the axes.
    """

    def __init__(self, batch: SystemBatch, unit: str) -> None:
        self._batch = batch
        self._unit = unit
        self._trail: list[NDArray[np.float64]] = []

    def restart(self) -> None:
        """Begin new paths where the bodies are."""
        self._trail = []
        self.record()

    def record(self) -> None:
        """Add where the bodies are."""
        self._trail = [*self._trail[-_TRAIL:], self._batch.positions[0, :, :2].copy()]

    def draw(self) -> Figure:
        """Paths as lines, the bodies at their ends, all in view."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.6, 5.2), layout="constrained")
        axes = figure.subplots()
        for body, path in enumerate(np.stack(self._trail, axis=1)):
            axes.plot(path[:, 0], path[:, 1], color=f"C{body}", linewidth=0.8, alpha=0.7)
            axes.plot(*path[-1], "o", color=f"C{body}", markersize=8)
        error = abs(float(self._batch.errors[0]))
        axes.set_aspect("equal", adjustable="datalim")
        axes.set(
            xlabel=f"x ({self._unit})",
            ylabel=f"y ({self._unit})",
            title=f"relative energy error {error:.1e}",
        )
        return figure

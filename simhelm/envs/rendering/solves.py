"""The factors that were chosen for a sequence of linear systems, and what they cost."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from simhelm.simulators.linear import ShiftedSystems
from simhelm.simulators.linear.theory import optimal_omegas_of_shifts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Solves that the picture goes back.
_SHOWN = 200


class Solves:
    """The last solves of a sequence, as far as they were recorded.

    Args:
        sequence: what is solved.
    """

    def __init__(self, sequence: ShiftedSystems) -> None:
        self._sequence = sequence
        self._shift = 0.0
        self._solves: deque[tuple[float, float, int]] = deque(maxlen=_SHOWN)

    def restart(self) -> None:
        """Forget all solves."""
        self._solves.clear()

    def look(self) -> None:
        """Remember the shift of the system that comes."""
        self._shift = self._sequence.current().context

    def record(self, omega: float, loss: int) -> None:
        """Add the solve of that system: the factor that was chosen, the iterations."""
        self._solves.append((self._shift, omega, loss))

    def draw(self) -> Figure:
        """Factors against shifts, coloured by iterations, above iterations solve by solve."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.6, 4.8), layout="constrained")
        above, below = figure.subplots(2, height_ratios=(3, 2))
        shift, omega, loss = np.array(self._solves, dtype=np.float64).reshape(-1, 3).T
        self._draw_theory(above)
        points = above.scatter(shift, omega, c=loss, cmap="viridis_r", s=18)
        figure.colorbar(points, ax=above, label="iterations")
        above.set(xlabel="shift", ylabel="relaxation factor", ylim=(0.9, 2.0))
        above.set_title(
            f"mean of the last {len(loss)} solves: {loss.mean():.1f} iterations"
            if len(loss)
            else "no system solved yet"
        )
        position = self._sequence.position
        numbers = np.arange(position - len(loss), position)
        below.plot(numbers, loss, ".-", color="0.3", linewidth=0.8, markersize=4)
        below.set(xlabel="solve", ylabel="iterations", ylim=(0.0, None))
        return figure

    def _draw_theory(self, axes: Axes) -> None:
        low, high = self._sequence.context_bounds
        axes.set_xlim(low, high if high > low else low + 1.0)
        if self._sequence.has_optimal_omega:
            shifts = np.linspace(low, high, 100)
            best = optimal_omegas_of_shifts(self._sequence.matrix, shifts)
            axes.plot(shifts, best, color="#D55E00", label="Young's factor")
            axes.legend(fontsize=8, loc="upper right")

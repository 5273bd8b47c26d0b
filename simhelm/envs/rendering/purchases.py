"""The solves that were bought, over the law that the quantile is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


def draw_purchases(
    inputs: Floats, stresses: Floats, is_full: NDArray[np.bool_], law: Floats, title: str
) -> Figure:
    """Solves as points, coloured by stress: discs of the full model, diamonds of the coarse one.

    Args:
        inputs: place and duration as shares of their ranges, shape (samples, 2).
        stresses: MPa, shape (samples,).
        is_full: by which model, shape (samples,).
        law: probabilities, shape (places, durations); where it is not 0 the ground is grey.
        title: of the picture.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.imshow(law.T, origin="lower", extent=(0.0, 1.0, 0.0, 1.0), cmap="Greys", vmax=1.0)
    ticks = np.linspace(0.0, 1.0, len(law) + 1)
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.grid(color="0.8", linewidth=0.5)
    for chosen, marker, size, name in (
        (~is_full, "D", 22, "coarse solve"), (is_full, "o", 46, "full solve")
    ):  # fmt: skip
        points = axes.scatter(
            inputs[chosen, 0], inputs[chosen, 1], c=stresses[chosen], s=size, marker=marker,
            vmin=stresses.min(), vmax=stresses.max(), edgecolors="white", linewidths=0.5,
        )  # fmt: skip
        axes.plot([], [], marker, color="0.3", label=name)
    axes.legend(fontsize=8, loc="upper left")
    figure.colorbar(points, ax=axes, label="greatest stress (MPa)")
    axes.set(xlabel="place of the impact (share of the range)", title=title)
    axes.set_ylabel("duration of the pulse (share of the range)")
    return figure

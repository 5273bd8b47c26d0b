"""A proposal of importance sampling, and what was drawn from it and its forerunners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simhelm.envs.submodel.tilt import LARGEST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_PIXELS = 40


def draw_proposal(tilt: Floats, drawn: Floats, events: Floats, title: str) -> Figure:
    """The ground is dark where the proposal draws most; points are solves.

    Args:
        tilt: by distance and duration, shape (2,).
        drawn: distance and duration of every solve, in [0, 1], shape (solves, 2).
        events: how probable the high stress was in each, in [0, 1], shape (solves,).
        title: of the picture.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 4.8), layout="constrained")
    axes = figure.subplots()
    side = (np.arange(_PIXELS) + 0.5) / _PIXELS
    exponents = tilt[0] * side[None, :] + tilt[1] * side[:, None]
    axes.imshow(
        exponents - np.log(np.mean(np.exp(exponents))), origin="lower",
        extent=(0.0, 1.0, 0.0, 1.0), cmap="Greys", vmin=-LARGEST, vmax=2.0 * LARGEST,
    )  # fmt: skip
    points = axes.scatter(
        drawn[:, 0], drawn[:, 1], c=events, s=30, cmap="plasma", vmin=0.0, edgecolors="white",
        linewidths=0.5,
    )  # fmt: skip
    figure.colorbar(points, ax=axes, label="probability of the high stress, given the solve")
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), title=title)
    axes.set(xlabel="distance of the impact from the middle (share)", ylabel="duration (share)")
    return figure

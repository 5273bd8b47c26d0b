"""The temperature of a heat equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.simulators.linear import Heat2D

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_heat_field(heat: Heat2D) -> Figure:
    """The field at the current time, its colours from cold (0) to the hottest point."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 4.8), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(
        heat.field().T, origin="lower", extent=(0.0, 1.0, 0.0, 1.0), cmap="inferno", vmin=0.0
    )
    figure.colorbar(image, ax=axes, label="temperature")
    kappa = heat.diffusion(heat.time)
    axes.set(xlabel="x", ylabel="y", title=f"t = {heat.time:.4f}, diffusion {kappa:.2f}")
    return figure

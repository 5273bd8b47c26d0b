"""Diagrams as all reports draw them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simhelm.experiments.atomic_write import atomic_write

# Colours of Okabe and Ito, which colour-blind readers can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# More points than a picture has pixels only make its file larger.
_POINTS = 1200


def drawn(path: Path, draw: Callable[[Axes], None]) -> Path:
    """Write a figure of one diagram, with a legend where something has a label."""
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    axes = figure.subplots()
    draw(axes)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    save_figure(figure, path)
    return path


def save_figure(figure: Figure, path: Path, dpi: int = 130) -> None:
    """Write a figure as a PNG file."""
    with atomic_write(path) as part:
        figure.savefig(part, format="png", dpi=dpi)


def plain(text: str) -> str:
    """The text without what matplotlib would read as mathematics."""
    return text.replace("$", r"\$")


def thin(count: int) -> NDArray[np.intp]:
    """Places of about as many points as a picture can show, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, _POINTS)).astype(np.intp))

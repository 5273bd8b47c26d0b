"""Running best of the searches over networks, as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from simhelm.papers.deeparchitect_search import Searched

# Colours of Okabe and Ito, which colour-blind readers can tell apart.
_COLOURS = ("black", "#0072B2", "#56B4E9", "#D55E00")


def draw_curves(path: Path, found: Mapping[str, Sequence[Searched]]) -> None:
    """Write a PNG: best validation error by evaluations, mean and standard error over seeds."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    for (name, searches), colour in zip(found.items(), _COLOURS, strict=False):
        curves = 100.0 * np.array([one.curve for one in searches])
        steps, mean = np.arange(1, curves.shape[1] + 1), curves.mean(axis=0)
        error = curves.std(axis=0, ddof=1) / np.sqrt(len(curves))
        axes.semilogy(steps, mean, color=colour, label=name)
        axes.fill_between(steps, mean - error, mean + error, color=colour, alpha=0.15, lw=0.0)
    axes.set(xlabel="networks trained", ylabel="smallest validation error so far, %")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)

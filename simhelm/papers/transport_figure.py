"""Errors of mode shares by runs, with the noise that no method can be below, as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simhelm.experiments.figures import COLOURS

# Costs in full runs with the errors met there, oldest first.
Curve = Sequence[tuple[float, float]]
# With as many colours, these tell twice as many lines apart.
_STROKES = ("-", "--")


def draw_errors(path: Path, found: Mapping[str, Sequence[Curve]], noise: float) -> None:
    """Write a PNG: median over seeds of the least L1 so far, quartiles, and the noise.

    Args:
        path: of the file; its folder is made if needed.
        found: curves of each method, one a seed.
        noise: percentage points of L1 between two seeds.
    """
    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axes = figure.subplots()
    for place, (name, curves) in enumerate(found.items()):
        runs, (low, median, high) = quartiles(curves)
        colour = COLOURS[place % len(COLOURS)]
        stroke = _STROKES[place // len(COLOURS) % len(_STROKES)]
        axes.loglog(runs, median, color=colour, ls=stroke, label=name)
        axes.fill_between(runs, low, high, color=colour, alpha=0.12, lw=0.0)
    axes.axhline(noise, color="0.3", lw=1.0, ls=":", label="noise between two seeds")
    axes.set(xlabel="full runs", ylabel="least L1 of shares so far, percentage points")
    axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def quartiles(curves: Sequence[Curve]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Whole runs that every curve has an error for, and quartiles there of the least so far.

    Returns:
        Runs, shape (n,), and lower quartile, median and upper quartile, shape (3, n).
    """
    first = int(np.ceil(max(curve[0][0] for curve in curves)))
    last = max(first, int(min(curve[-1][0] for curve in curves)))
    runs = np.arange(first, last + 1, dtype=np.float64)
    least = [_least_so_far(curve, runs) for curve in curves]
    return runs, np.quantile(least, [0.25, 0.5, 0.75], axis=0)


def _least_so_far(curve: Curve, runs: NDArray[np.float64]) -> NDArray[np.float64]:
    costs, errors = np.array(curve, dtype=np.float64).T
    least = np.minimum.accumulate(errors)
    # Costs are sums of days: a run is counted as over when it is, whatever the rounding.
    found: NDArray[np.float64] = least[np.searchsorted(costs, runs + 1e-9, side="right") - 1]
    return found

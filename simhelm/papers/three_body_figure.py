"""The fronts of error against work, as a figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simhelm.papers.three_body_runs import TOLERANCE, Runs

# Colours of Okabe and Ito, which colour-blind readers can tell apart.
_STYLES = {
    "fixed mu": ("#0072B2", "o-"),
    "fixed mu, order 6": ("#F0E442", "o-"),
    "Gauss-Radau": ("#009E73", "s-"),
    "Aarseth": ("#56B4E9", "^-"),
    "guard": ("#E69F00", "v"),
    "controller": ("#E69F00", "P"),
    "learned, method": ("#D55E00", "*"),
    "learned, parameter": ("#CC79A7", "*"),
    "oracle": ("black", "X"),
}


def draw_fronts(
    path: Path,
    fixed: dict[str, Runs],
    rules: dict[str, Runs],
    method: dict[str, Runs],
    parameter: dict[str, Runs],
    oracle: dict[str, Runs],
) -> None:
    """Write a PNG: mean force evaluations against median and 90th percentile of |dE|."""
    groups = {
        "fixed mu": _starting(fixed, "mu"),
        "fixed mu, order 6": _starting(fixed, "Hermite 6"),
        "Gauss-Radau": _starting(fixed, "Gauss"),
        "Aarseth": _starting(rules, "Aarseth"),
        "guard": _starting(rules, "guard"),
        "controller": _starting(rules, "energy"),
        "learned, method": method,
        "learned, parameter": parameter,
        "oracle": oracle,
    }
    figure = Figure(figsize=(10.0, 4.8), layout="constrained")
    for axes, quantile, name in zip(
        figure.subplots(1, 2), (0.5, 0.9), ("median", "90th percentile"), strict=True
    ):
        _panel(axes, groups, quantile)
        axes.set(xlabel="mean force evaluations a run", ylabel=f"final |dE|, {name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def _starting(runs: dict[str, Runs], prefix: str) -> dict[str, Runs]:
    return {name: found for name, found in runs.items() if name.startswith(prefix)}


def _panel(axes: Axes, groups: dict[str, dict[str, Runs]], quantile: float) -> None:
    for label, runs in groups.items():
        colour, style = _STYLES[label]
        points = [
            (found.costs.mean(), max(float(np.quantile(found.errors, quantile)), 1e-16))
            for found in runs.values()
        ]
        if points:
            axes.loglog(*zip(*sorted(points), strict=True), style, color=colour, label=label, ms=7)
    axes.axhline(TOLERANCE, color="0.6", lw=1.0, ls=":")
    axes.legend(fontsize=8)

"""The lottery as a figure: whole distributions, and what tuning buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simhelm.papers.lottery.statistics import best_of, bootstrap_best_of
from simhelm.papers.lottery.sweep import WITHIN, Sweep

# Colours of Okabe and Ito, which colour-blind readers can tell apart, and two greys.
_COLOURS = (
    "black", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999",
)  # fmt: skip
# Regrets below are drawn here: the axis is logarithmic, and many runs find the optimum.
_LEAST = 1e-4


def draw_lottery(path: Path, domains: Mapping[str, Sequence[Sweep]]) -> None:
    """Write a PNG.

    Left every run as a dot with the quartiles as a box; right the expected regret after choosing
    the best of k settings on another workload, with 95 % bootstrap bands.
    """
    figure = Figure(figsize=(11.0, 4.2 * len(domains)), layout="constrained")
    rows = figure.subplots(len(domains), 2, squeeze=False)
    for (title, sweeps), (left, right) in zip(domains.items(), rows, strict=True):
        worst = max(_finite(sweep.report).max() for sweep in sweeps) + 10 * _LEAST
        _draw_distributions(left, sweeps, 3.0 * worst)
        _draw_curves(right, sweeps, 3.0 * worst)
        left.set_title(title)
        for axes in (left, right):
            axes.axhline(WITHIN, color="grey", lw=0.8, ls=":")
            axes.set_ylabel("regret in the logarithm (dotted: 1 %)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def _finite(values: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    return np.append(values[np.isfinite(values)], 0.0)


def _draw_distributions(axes: Axes, sweeps: Sequence[Sweep], top: float) -> None:
    spread = np.random.default_rng(0)
    for place, (sweep, colour) in enumerate(zip(sweeps, _COLOURS, strict=False)):
        values = np.clip(sweep.report.ravel(), _LEAST, top)
        across = place + spread.uniform(-0.25, 0.25, len(values))
        axes.plot(across, values, ".", color=colour, ms=3, alpha=0.5)
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        axes.vlines(place, low, high, color=colour, lw=7, alpha=0.4)
        axes.plot(place, middle, "_", color=colour, ms=18, mew=2)
    names = [sweep.agent.removesuffix("Sampler") for sweep in sweeps]
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yscale("log")


def _draw_curves(axes: Axes, sweeps: Sequence[Sweep], top: float) -> None:
    rng = np.random.default_rng(0)
    longest = max(len(sweep.settings) for sweep in sweeps)
    for sweep, colour in zip(sweeps, _COLOURS, strict=False):
        steps = range(1, len(sweep.settings) + 1)
        curve = [best_of(sweep.tuning, sweep.report, k) for k in steps]
        bands = np.array([bootstrap_best_of(sweep, k, rng) for k in steps])
        name = sweep.agent.removesuffix("Sampler")
        if len(steps) == 1:
            # Nothing to be chosen: the same for every k.
            steps, curve, bands = range(1, longest + 1), curve * longest, bands.repeat(longest, 0)
        low, high = np.clip(bands.T, _LEAST, top)
        axes.plot(steps, np.clip(curve, _LEAST, top), color=colour, marker=".", label=name)
        axes.fill_between(steps, low, high, color=colour, alpha=0.1, lw=0.0)
    axes.set(xlabel="settings tried on the tuning workload", yscale="log")
    axes.legend(fontsize=7)

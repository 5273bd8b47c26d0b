"""The chip of a design, to scale, and where a network's time goes on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from simhelm.core.problem import Value
from simhelm.simulators.accelerator.model import Design, evaluate
from simhelm.simulators.accelerator.problem import Accelerator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_ARRAY, _BUFFERS, _WAITING = "#0072B2", ("#009E73", "#E69F00", "#CC79A7"), "#D55E00"
_DATAFLOWS = {"os": "outputs stay", "ws": "weights stay", "is": "inputs stay"}


def draw_chip(
    problem: Accelerator, config: Mapping[str, Value] | None, seed: int, budget: int | None
) -> Figure:
    """Floor plan beside the cycles of the first network's layers; the area allowed, without one.

    The cycles are those of the closed form, and left out for a problem on another back end.
    """
    from matplotlib.figure import Figure

    del seed, budget  # nothing is random, nothing can be had for less
    figure = Figure(figsize=(8.0, 4.4), layout="constrained")
    plan, time = figure.subplots(1, 2, width_ratios=(4, 5))
    side = math.sqrt(problem.area_budget_mm2)
    plan.add_patch(_rectangle(0.0, 0.0, side, side, fill=False, linestyle="--"))
    plan.set_title(f"no design; {problem.area_budget_mm2:g} mm2 allowed (dashed)", fontsize=9)
    if config is not None:
        design = problem.design(config)
        side = max(side, _draw_plan(plan, design, problem.area_budget_mm2))
        if problem.zigzag is None:
            _draw_time(time, design, problem)
    time.set_visible(time.has_data())
    plan.set(xlim=(-0.05 * side, 1.05 * side), ylim=(-0.05 * side, 1.05 * side))
    plan.set(aspect="equal", xlabel="mm", ylabel="mm")
    time.set(xlabel="layer of the network", ylabel="million cycles")
    return figure


def _draw_plan(axes: Axes, design: Design, allowed: float) -> float:
    """Draw a square chip, the array on its left, the buffers on its right; returns its side."""
    side = math.sqrt(design.area_mm2)
    width = side * design.array_mm2 / design.area_mm2
    axes.add_patch(_rectangle(0.0, 0.0, width, side, facecolor=_ARRAY, alpha=0.8))
    axes.vlines(np.linspace(0.0, width, design.cols + 1), 0.0, side, color="white", linewidth=0.3)
    axes.hlines(np.linspace(0.0, side, design.rows + 1), 0.0, width, color="white", linewidth=0.3)
    kibs = {
        "inputs": design.ifmap_kib,
        "weights": design.filter_kib,
        "outputs": design.ofmap_kib,
    }
    bottom = 0.0
    for (name, kib), colour in zip(kibs.items(), _BUFFERS, strict=True):
        height = side * kib / sum(kibs.values())
        axes.add_patch(_rectangle(width, bottom, side - width, height, facecolor=colour))
        axes.bar(0.0, 0.0, color=colour, label=f"{name}: {kib} KiB")
        bottom += height
    axes.legend(fontsize=7, loc="upper right")
    axes.set_title(
        f"{design.rows} x {design.cols}, {_DATAFLOWS[design.dataflow]}: "
        f"{design.area_mm2:.2f} of {allowed:g} mm2 (dashed)",
        fontsize=9,
    )
    return side


def _draw_time(axes: Axes, design: Design, problem: Accelerator) -> None:
    result = evaluate(design, problem.networks[0])
    computing = 1e-6 * result.layer_compute_cycles
    waiting = 1e-6 * result.layer_cycles - computing
    layers = np.arange(len(computing))
    axes.bar(layers, computing, color=_ARRAY, label="computing")
    axes.bar(layers, waiting, bottom=computing, color=_WAITING, label="waiting for the DRAM")
    axes.legend(fontsize=7)
    axes.set_title(
        f"{result.latency_us:,.0f} us, {result.energy_uj:,.0f} uJ, "
        f"{result.utilisation:.0%} of the multipliers' cycles",
        fontsize=9,
    )


def _rectangle(x: float, y: float, width: float, height: float, **style: object) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, **style)  # type: ignore[arg-type]

"""Which memory bank works for which request, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from simhelm.core.problem import Value
from simhelm.simulators.dram import Controller, simulate
from simhelm.simulators.dram.problem import DramController
from simhelm.simulators.dram.trace import FRONT_CYCLE_PS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Requests that a picture shows: the first of the trace.
_SHOWN = 80
# Lanes of a bank, so that requests that wait at the same time can be told apart.
_LANES = 4
_COLOURS = np.array(["#0072B2", "#D55E00"])


def draw_bank_timeline(
    problem: DramController, config: Mapping[str, Value] | None, seed: int, budget: int | None
) -> Figure:
    """The first requests: when each is wanted, and with a configuration until it is answered."""
    from matplotlib.figure import Figure

    count = problem.full_budget if budget is None else budget
    trace = problem.trace(0, seed).head(count)
    banks = problem.memory.bank_of(trace.address)[:_SHOWN]
    wanted = trace.cycle[:_SHOWN] * (FRONT_CYCLE_PS * 1e-3)
    colours = _COLOURS[trace.write[:_SHOWN].astype(np.int64)]
    lanes = np.arange(len(banks)) % _LANES
    figure = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.plot(wanted, banks + (lanes - 1.5) / 5.0, "|", color="black", markersize=4)
    title = "requests as they are wanted"
    if config is not None:
        result = simulate(Controller.from_config(config), trace, problem.memory.name)
        taken = result.latencies_ns[:_SHOWN]
        axes.barh(banks + (lanes - 1.5) / 5.0, taken, 0.18, left=wanted, color=colours, alpha=0.7)
        title = (
            f"mean latency {result.mean_latency_ns:.0f} ns, row hits {result.row_hit_rate:.0%} "
            f"(of {len(trace):,} requests)"
        )
    for colour, kind in zip(_COLOURS, ("read", "write"), strict=True):
        axes.bar(0.0, 0.0, color=colour, alpha=0.7, label=f"{kind}: waiting, then served")
    axes.legend(fontsize=8, loc="lower right")
    axes.set(xlabel="time (ns)", ylabel="bank", title=title)
    axes.set_yticks(range(problem.memory.banks))
    return figure

"""Pictures of a run: what each policy cost as it went on, and what it chose."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
from matplotlib.axes import Axes
from numpy.typing import NDArray

from simhelm.control.run_directory import FinishedRun
from simhelm.control.summary import SummaryRow, best_fixed
from simhelm.experiments.figures import COLOURS, drawn, plain, thin


def draw_figures(run: FinishedRun) -> dict[str, Path]:
    """Write the figures of a run as PNG files into its directory; caption -> file."""
    rounds = run.rounds()
    figures = {
        "Cumulative cost": ("cumulative_cost.png", _cumulative_cost),
        "Excess over the best fixed setting": ("excess.png", _excess),
        "Chosen settings by context": ("choices.png", _choices),
    }
    written = {}
    for caption, (name, draw) in figures.items():
        written[caption] = drawn(run.path / name, functools.partial(draw, run=run, rounds=rounds))
    return written


def _shown(summary: list[SummaryRow]) -> list[tuple[SummaryRow, str, str]]:
    """Learners, the rule of thumb, the best fixed setting and the oracles, with their strokes."""
    best = best_fixed(summary)
    shown = []
    colours = iter(COLOURS * (1 + len(summary) // len(COLOURS)))
    for row in summary:
        if row.kind == "learner":
            shown.append((row, next(colours), "-"))
        elif row is best:
            shown.append((row, "black", "--"))
        elif row.kind == "rule":
            shown.append((row, "0.55", ":"))
        elif row.kind == "oracle":
            shown.append((row, "black", "-."))
    return shown


def _series(rounds: pyarrow.Table, policy: str, column: str, repeat: int = 0) -> NDArray[Any]:
    chosen = pyarrow.compute.and_(
        pyarrow.compute.equal(rounds["policy"], policy),
        pyarrow.compute.equal(rounds["repeat"], repeat),
    )
    values: NDArray[Any] = rounds.filter(chosen)[column].to_numpy()
    return values


def _mean_cumulative(rounds: pyarrow.Table, row: SummaryRow) -> NDArray[np.float64]:
    runs = [_series(rounds, row.policy, "loss", repeat).cumsum() for repeat in range(row.repeats)]
    mean: NDArray[np.float64] = np.mean(runs, axis=0)
    return mean


def _cumulative_cost(axes: Axes, run: FinishedRun, rounds: pyarrow.Table) -> None:
    for row, colour, style in _shown(run.summary):
        total = _mean_cumulative(rounds, row)
        at = thin(total.size)
        label = plain(f"{row.policy} ({row.total:,.0f})")
        axes.plot(at + 1, total[at], style, color=colour, label=label)
    axes.set(xlabel="rounds", ylabel=f"cumulative {run.loss_name}", title="Cumulative cost")


def _excess(axes: Axes, run: FinishedRun, rounds: pyarrow.Table) -> None:
    best = best_fixed(run.summary)
    if best is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no fixed setting was run", ha="center")
        return
    reference = _mean_cumulative(rounds, best)
    for row, colour, style in _shown(run.summary):
        if row.kind == "rule" and row is not best:
            continue
        excess = _mean_cumulative(rounds, row) - reference
        at = thin(excess.size)
        axes.plot(at + 1, excess[at], style, color=colour, label=plain(row.policy))
    axes.set(
        xlabel="rounds",
        ylabel=run.loss_name,
        title=plain(f"{run.loss_name} beyond {best.policy}, the best fixed setting that was run"),
    )


def _choices(axes: Axes, run: FinishedRun, rounds: pyarrow.Table) -> None:
    for row, colour, _ in _shown(run.summary):
        if row.kind not in ("learner", "oracle"):
            continue
        context = _series(rounds, row.policy, "context")
        setting = _series(rounds, row.policy, "setting")
        tail = slice(len(context) // 2, None)
        centres, means = _binned_mean(context[tail], setting[tail])
        axes.plot(centres, means, "o-", ms=3, color=colour, label=plain(row.policy))
    axes.set(
        xlabel="context",
        ylabel="mean chosen setting",
        title="What was chosen in the second half of the run",
    )


def _binned_mean(
    x: NDArray[np.float64], y: NDArray[np.float64], bins: int = 24
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    edges = np.linspace(x.min(), np.nextafter(x.max(), np.inf), bins + 1)
    index = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    filled = counts > 0
    sums = np.bincount(index, weights=y, minlength=bins)
    return 0.5 * (edges[1:] + edges[:-1])[filled], sums[filled] / counts[filled]

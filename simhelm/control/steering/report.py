"""The report of a steering run: what each policy cost as it went, and what it chose."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
from matplotlib.axes import Axes
from numpy.typing import NDArray

from simhelm.control.steering.result import REPORT, FinishedRun, SummaryRow, best_fixed
from simhelm.experiments.atomic_write import write_text
from simhelm.experiments.figures import COLOURS, drawn, plain, thin
from simhelm.experiments.page import html_table, listing, page, paragraph, picture, verdict_line

_EXPLANATION = (
    'Totals are means over runs. "To best fixed" compares with the best single setting that was '
    'run, "to oracle" with the best setting of every solve; neither is known beforehand. Wall '
    "seconds include the learner and are those of the machine below."
)


def write_report(run: FinishedRun) -> Path:
    """Write the figures, and ``report.html``, which needs no other file; returns its path."""
    return write_text(run.path / REPORT, _page(run, run.path))


def report_page(run: FinishedRun) -> str:
    """The same page; nothing is written into the directory of the run."""
    with tempfile.TemporaryDirectory(prefix="simhelm-report-") as folder:
        return _page(run, Path(folder))


def _page(run: FinishedRun, folder: Path) -> str:
    rows = zip(run.summary, run.table(), strict=True)
    return page(
        run.config.title,
        [
            paragraph(_what_was_steered(run)),
            *(paragraph(f"{text}.") for text in run.remarks),
            verdict_line(run.verdict()),
            html_table([(row.kind, cells) for row, cells in rows]),
            paragraph(_EXPLANATION),
            *_pictures(run, folder),
            listing("Configuration", json.dumps(run.config.model_dump(mode="json"), indent=2)),
            listing("Versions", json.dumps(run.versions, indent=2)),
        ],
    )


def _what_was_steered(run: FinishedRun) -> str:
    environment = run.config.environment
    arguments = "".join(
        f", {key} = {value!r}" for key, value in environment.arguments.items() if value is not None
    )
    return (
        f"Steered: {environment.id}{arguments}; seed {run.config.seed}, "
        f"{run.config.repeats} run(s) of every learner."
    )


def _pictures(run: FinishedRun, folder: Path) -> list[str]:
    """The figures, which are written as PNG files into a folder."""
    rounds = run.rounds()
    figures = {
        "Cumulative cost": ("cumulative_cost.png", _cumulative_cost),
        "Excess over the best fixed setting": ("excess.png", _excess),
        "Chosen settings by context": ("choices.png", _choices),
    }
    return [
        picture(caption, drawn(folder / name, functools.partial(draw, run=run, rounds=rounds)))
        for caption, (name, draw) in figures.items()
    ]


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


def _column(rounds: pyarrow.Table, row: SummaryRow, name: str) -> NDArray[Any]:
    """What a policy did, shape (repeats, rounds)."""
    chosen = rounds.filter(pyarrow.compute.equal(rounds["policy"], row.policy))
    values: NDArray[Any] = chosen[name].to_numpy().reshape(row.repeats, -1)
    return values


def _mean_cumulative(rounds: pyarrow.Table, row: SummaryRow) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = _column(rounds, row, "loss").cumsum(axis=1).mean(axis=0)
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
        if row.kind != "rule" or row is best:
            excess = _mean_cumulative(rounds, row) - reference
            at = thin(excess.size)
            axes.plot(at + 1, excess[at], style, color=colour, label=plain(row.policy))
    title = plain(f"{run.loss_name} beyond {best.policy}, the best fixed setting that was run")
    axes.set(xlabel="rounds", ylabel=run.loss_name, title=title)


def _choices(axes: Axes, run: FinishedRun, rounds: pyarrow.Table) -> None:
    for row, colour, _ in _shown(run.summary):
        if row.kind in ("learner", "oracle"):
            context, setting = (_column(rounds, row, name)[0] for name in ("context", "setting"))
            half = len(context) // 2
            centres, means = _binned_mean(context[half:], setting[half:])
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

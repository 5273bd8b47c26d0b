"""Pictures of a study: its history, its parameters, its failures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from simhelm.calibration.study.importance import importances
from simhelm.calibration.study.outcome import TITLES
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.problem import Parameter
from simhelm.experiments.figures import COLOURS, drawn, plain, thin

# More lines than this hide each other; an even selection by rank shows the same.
_LINES = 400
# More parameters than this cannot be told apart on a page.
_AXES = 12


def draw_figures(view: StudyView, folder: Path) -> dict[str, Path]:
    """Write the figures that apply as PNG files into a folder; caption -> file."""
    trials = {name: _finished(view, name) for name in TITLES if name in view.series()}
    search = trials.get("search", [])
    if not search:
        return {}
    drawings: dict[str, tuple[str, Callable[[Axes], None]]] = {
        "History": ("history.png", lambda axes: _history(axes, view, trials)),
        "Parallel coordinates": ("parallel.png", lambda axes: _parallel(axes, view, search)),
        "Importance of parameters": ("importance.png", lambda axes: _importance(axes, view)),
        "Cost": ("cost.png", lambda axes: _cost(axes, view, search)),
    }
    if len(view.objectives) > 1:
        drawings["Pareto front"] = ("pareto.png", lambda axes: _pareto(axes, view, search))
    if any(trial.failed for trial in search):
        drawings["Failures by reason"] = ("failures.png", lambda axes: _failures(axes, search))
    return {caption: drawn(folder / name, draw) for caption, (name, draw) in drawings.items()}


def _finished(view: StudyView, series: str) -> list[Trial]:
    return [trial for trial in view.trials(series) if trial.state == "finished"]


def _history(axes: Axes, view: StudyView, trials: Mapping[str, Sequence[Trial]]) -> None:
    """Best so far of the searches; the settings that need none as lines across."""
    (name, direction), colours = view.objectives[0], iter(COLOURS)
    for series, members in trials.items():
        values = np.array([t.values[name] if t.succeeded else math.nan for t in members])
        if not np.isfinite(values).any():
            continue
        if series in ("default", "oracle"):
            style = ":" if series == "default" else "-."
            axes.axhline(values[0], color="black", ls=style, label=TITLES[series])
            continue
        colour = next(colours)
        at = thin(values.size)
        if series == "search":
            axes.plot(at, values[at], ".", ms=3, color=colour, alpha=0.4, label="a trial")
            best = np.nanmin(values) if direction == "minimize" else np.nanmax(values)
            axes.axhline(best, color="0.5", ls="--", label="best fixed setting that was run")
        best_so_far = _best_so_far(values, direction)[at]
        axes.step(at, best_so_far, where="post", color=colour, label=_who(view, series))
    _scale(axes, [t.values[name] for members in trials.values() for t in members if t.succeeded])
    axes.set(xlabel="trial", ylabel=plain(name), title=f"{plain(name)}, best so far ({direction})")


def _scale(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic axis where the values span more than two decades."""
    if values and max(values) > 100.0 * min(values) > 0.0:
        axes.set_yscale("log")


def _best_so_far(values: NDArray[np.float64], direction: str) -> NDArray[np.float64]:
    gather = np.fmin if direction == "minimize" else np.fmax
    best: NDArray[np.float64] = gather.accumulate(values)
    return best


def _who(view: StudyView, series: str) -> str:
    sampler: str = view.definition["config"]["sampler"]["name"]
    return sampler if series == "search" else TITLES[series]


def _ranked(view: StudyView, trials: Sequence[Trial]) -> list[Trial]:
    """Complete trials by the first objective, worst first, an even selection of them."""
    name, direction = view.objectives[0]
    complete = [trial for trial in trials if trial.succeeded]
    complete.sort(key=lambda trial: trial.values[name], reverse=direction == "minimize")
    chosen = np.linspace(0, len(complete) - 1, min(len(complete), _LINES)).astype(int)
    return [complete[place] for place in chosen]


def _parallel(axes: Axes, view: StudyView, search: Sequence[Trial]) -> None:
    """One line a trial over all parameters; the darker, the better."""
    parameters, ranked = view.parameters[:_AXES], _ranked(view, search)
    places = np.arange(len(parameters))
    for rank, trial in enumerate(ranked):
        shade = 0.85 * (1.0 - (rank + 1) / len(ranked))
        heights = [_height(parameter, trial) for parameter in parameters]
        best = rank == len(ranked) - 1
        colour = COLOURS[1] if best else (shade, shade, min(1.0, shade + 0.15))
        axes.plot(places, heights, "o-", ms=2, lw=2.0 if best else 0.7, color=colour)
    axes.set_xticks(places, [_axis(parameter) for parameter in parameters], fontsize=8)
    axes.set_yticks([0.0, 1.0], ["low", "high"])
    hidden = len(view.parameters) - len(parameters)
    more = f"; {hidden} further parameters are not shown" if hidden else ""
    axes.set_title(plain(f"Trials by {view.objectives[0][0]}; the best in colour{more}"))


def _height(parameter: Parameter, trial: Trial) -> float:
    value = trial.config.get(parameter.name)
    return math.nan if value is None else parameter.share_of(value)


def _axis(parameter: Parameter) -> str:
    if parameter.kind == "categorical":
        return plain(f"{parameter.name}\n{parameter.choices[0]} … {parameter.choices[-1]}")
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    return plain(f"{parameter.name}\n{parameter.low:g} … {parameter.high:g}{unit}")


def _importance(axes: Axes, view: StudyView) -> None:
    found = importances(view)
    if not found:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "too few complete trials to tell", ha="center")
        return
    shown = sorted(found.items(), key=lambda item: item[1])[-_AXES:]
    axes.barh([plain(name) for name, _ in shown], [share for _, share in shown], color=COLOURS[0])
    axes.set(xlabel="share", title="Share in reaching the best tenth (PED-ANOVA)")


def _pareto(axes: Axes, view: StudyView, search: Sequence[Trial]) -> None:
    (one, _), (two, _) = view.objectives[:2]
    complete = [trial for trial in search if trial.succeeded]
    front = sorted(view.pareto(), key=lambda trial: trial.values[one])
    for members, style, colour, label in (
        (complete, ".", "0.7", "a trial"),
        (front, "o-", COLOURS[1], f"not dominated ({len(front)})"),
    ):
        points = [(trial.values[one], trial.values[two]) for trial in members]
        axes.plot(*np.array(points).reshape(-1, 2).T, style, ms=4, color=colour, label=label)
    axes.set(xlabel=plain(one), ylabel=plain(two), title="Objectives")


def _failures(axes: Axes, search: Sequence[Trial]) -> None:
    counts = Counter(t.end_reason.label for t in search if t.failed and t.end_reason)
    names, numbers = zip(*counts.most_common(), strict=True)
    axes.bar(names, numbers, color=COLOURS[1])
    axes.set(ylabel="trials", title=f"{sum(numbers)} of {len(search)} trials failed")


def _cost(axes: Axes, view: StudyView, search: Sequence[Trial]) -> None:
    unit = view.property("identity")["problem"]["work_unit"]
    total = np.cumsum([trial.cost for trial in search])
    at = thin(total.size)
    axes.plot(at, total[at], color=COLOURS[0])
    axes.set(xlabel="trial", ylabel=plain(f"cumulative {unit}"), title="Cost of the search")

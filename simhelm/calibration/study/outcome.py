"""The outcome of a study beside the rule of thumb, random search and the oracle."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView

# The series of a study that are results, as people call them.
TITLES = {
    "default": "rule of thumb",
    "oracle": "oracle",
    "random": "random search",
    "search": "search",
}


@dataclasses.dataclass(frozen=True)
class OutcomeRow:
    """One series of a study.

    Attributes:
        who: the sampler, or the baseline.
        kind: ``"search"``, or the baseline's series.
        best: best value of the first objective; None if no trial has one.
        to_default: best over that of the rule of thumb.
        slot: of the best trial.
        trials, failures, stopped: finished trials, those that failed, those stopped early.
        cost: simulator work units of all of them.
        config: of the best trial.
    """

    who: str
    kind: str
    best: float | None
    to_default: float | None
    slot: int | None
    trials: int
    failures: int
    stopped: int
    cost: float
    config: Mapping[str, Any]


def outcome(view: StudyView) -> list[OutcomeRow]:
    """One row a series, best first."""
    objective, direction = view.objectives[0]
    counts = view.counts()
    rows = [_row(view, name, counts, objective) for name in _present(counts)]
    default = next((row.best for row in rows if row.who == TITLES["default"]), None)
    if default:
        rows = [
            dataclasses.replace(row, to_default=None if row.best is None else row.best / default)
            for row in rows
        ]
    sign = 1.0 if direction == "minimize" else -1.0
    return sorted(rows, key=lambda row: (row.best is None, sign * (row.best or 0.0)))


def _present(counts: list[dict[str, Any]]) -> list[str]:
    found = {count["series"] for count in counts}
    return [name for name in TITLES if name in found]


def _row(view: StudyView, series: str, counts: list[dict[str, Any]], objective: str) -> OutcomeRow:
    done = [c for c in counts if c["series"] == series and c["state"] == "finished"]
    best: Trial | None = next(iter(view.best(1, series)), None)
    fine, stopped = ("COMPLETED", "CONVERGED"), "STOPPED_EARLY"
    sampler = view.definition["config"]["sampler"]["name"]
    return OutcomeRow(
        who=sampler if series == "search" else TITLES[series],
        kind=series,
        best=None if best is None else best.values[objective],
        to_default=None,
        slot=None if best is None else best.slot,
        trials=sum(count["trials"] for count in done),
        failures=sum(c["trials"] for c in done if c["end_reason"] not in (*fine, stopped)),
        stopped=sum(c["trials"] for c in done if c["end_reason"] == stopped),
        cost=sum(count["cost"] for count in done),
        config={} if best is None else best.config,
    )


def verdict(rows: list[OutcomeRow], objective: str) -> str:
    """One sentence: whether searching paid, for the first objective."""
    by_name = {row.who: row for row in rows}
    search = next((row for row in rows if row.kind == "search"), None)
    if search is None or search.best is None:
        return "No trial has a result yet."
    text = f"{search.who} reached {objective} = {search.best:.6g} in {search.trials} trials"
    for title in (TITLES["default"], TITLES["random"], TITLES["oracle"]):
        row = by_name.get(title)
        if row is None:
            continue
        if row.best is None:
            text += f"; the {title} has no result"
        elif row.best == search.best:
            text += f", as good as the {title}"
        else:
            better = rows.index(search) < rows.index(row)
            text += f", {'better' if better else 'worse'} than the {title} ({row.best:.6g})"
    return text + "."


def outcome_cells(view: StudyView, rows: list[OutcomeRow]) -> list[dict[str, str]]:
    """The rows as texts by heading, for people."""
    objective = view.objectives[0][0]
    unit = view.property("identity")["problem"]["work_unit"]
    return [
        {
            "who": row.who,
            f"best {objective}": "" if row.best is None else f"{row.best:.6g}",
            "to rule of thumb": "" if row.to_default is None else f"{row.to_default:.3f}",
            "trial": "" if row.slot is None else str(row.slot),
            "trials": str(row.trials),
            "failures": str(row.failures),
            "stopped early": str(row.stopped),
            f"cost ({unit})": f"{row.cost:,.6g}",
            "configuration": ", ".join(f"{k} = {_short(v)}" for k, v in row.config.items()),
        }
        for row in rows
    ]


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def records(view: StudyView, trials: Iterable[Trial]) -> Iterator[dict[str, Any]]:
    """Trials as flat records of equal keys, so that they make a table."""
    parameters, outputs = [p.name for p in view.parameters], view.outputs
    return (_record(trial, parameters, outputs) for trial in trials)


def _record(trial: Trial, parameters: list[str], outputs: list[str]) -> dict[str, Any]:
    return {
        "series": trial.series,
        "slot": trial.slot,
        "state": trial.state,
        "end_reason": trial.end_reason.label if trial.end_reason else None,
        **{name: trial.config.get(name) for name in parameters},
        **{name: trial.values.get(name) for name in outputs},
        "budget": trial.budget,
        "cost": trial.cost,
        "seconds": trial.seconds,
        "seed": trial.seed,
        "finished": trial.finished or None,
    }

"""From rounds to the table that is printed: every policy beside best fixed and oracle."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import statistics
from collections.abc import Iterable
from typing import Any

from simhelm.calibration.steering import Entrant, Episode


@dataclasses.dataclass(frozen=True)
class SummaryRow:
    """One policy of a run.

    Attributes:
        policy, kind: its name, and learner, rule, fixed or oracle.
        repeats: independent runs behind the numbers.
        total: mean total loss of a run; ``spread`` its standard deviation (None for one run).
        to_best_fixed: total over that of the best fixed setting in hindsight; below 1 is better.
        to_oracle: total over that of the oracle.
        failures: solves that did not converge, over all runs.
        work: mean simulator work units of a run.
        seconds: mean wall-clock of a run (of this machine, at that hour).
    """

    policy: str
    kind: str
    repeats: int
    total: float
    spread: float | None
    to_best_fixed: float | None
    to_oracle: float | None
    failures: int
    work: float
    seconds: float


def summarise(episodes: Iterable[tuple[Entrant, int, Episode]]) -> list[SummaryRow]:
    """One row a policy, best first."""
    groups: dict[str, tuple[Entrant, list[Episode]]] = {}
    for entrant, _, episode in episodes:
        groups.setdefault(entrant.name, (entrant, []))[1].append(episode)
    rows = [_row(entrant, group) for entrant, group in groups.values()]
    best_fixed = _lowest(rows, ("fixed", "rule"))
    oracle = _lowest(rows, ("oracle",))
    rows = [
        dataclasses.replace(
            row,
            to_best_fixed=_ratio(row.total, best_fixed),
            to_oracle=_ratio(row.total, oracle),
        )
        for row in rows
    ]
    return sorted(rows, key=lambda row: (row.total, row.policy))


def _row(entrant: Entrant, group: list[Episode]) -> SummaryRow:
    totals = [float(episode.loss.sum()) for episode in group]
    return SummaryRow(
        policy=entrant.name,
        kind=entrant.kind,
        repeats=len(group),
        total=statistics.fmean(totals),
        spread=statistics.stdev(totals) if len(totals) > 1 else None,
        to_best_fixed=None,
        to_oracle=None,
        failures=sum(
            reason not in ("converged", "completed")
            for episode in group
            for reason in episode.end_reason
        ),
        work=statistics.fmean(float(episode.cost.sum()) for episode in group),
        seconds=statistics.fmean(episode.seconds for episode in group),
    )


def _lowest(rows: list[SummaryRow], kinds: tuple[str, ...]) -> float | None:
    return min((row.total for row in rows if row.kind in kinds), default=None)


def _ratio(total: float, reference: float | None) -> float | None:
    return total / reference if reference else None


HEADINGS = {
    "policy": "policy",
    "kind": "kind",
    "total": "total iterations",
    "spread": "± sd",
    "repeats": "runs",
    "to_best_fixed": "to best fixed",
    "to_oracle": "to oracle",
    "failures": "failures",
    "seconds": "wall s",
}


def cells(row: SummaryRow) -> dict[str, str]:
    """The row as text, by the keys of HEADINGS."""
    return {
        "policy": row.policy,
        "kind": row.kind,
        "total": f"{row.total:,.0f}",
        "spread": "" if row.spread is None else f"{row.spread:,.0f}",
        "repeats": str(row.repeats),
        "to_best_fixed": "" if row.to_best_fixed is None else f"{row.to_best_fixed:.3f}",
        "to_oracle": "" if row.to_oracle is None else f"{row.to_oracle:.3f}",
        "failures": str(row.failures),
        "seconds": f"{row.seconds:.2f}",
    }


def as_records(rows: list[SummaryRow]) -> list[dict[str, Any]]:
    """Rows as JSON-able dictionaries."""
    return [dataclasses.asdict(row) for row in rows]


def from_records(records: list[dict[str, Any]]) -> list[SummaryRow]:
    """The inverse of :func:`as_records`."""
    return [SummaryRow(**record) for record in records]


def verdict(rows: list[SummaryRow]) -> str:
    """Whether learning paid, computed from the rows: against hindsight and the rule of thumb."""
    learners = [row for row in rows if row.kind == "learner"]
    fixed = [row for row in rows if row.kind in ("fixed", "rule")]
    if not learners or not fixed:
        return "No verdict: a learner and the fixed settings are both needed for one."
    best = learners[0]
    paid = best.total < fixed[0].total
    sentences = [
        f"Learning {'paid' if paid else 'did not pay'}: {best.policy}, the best learner, needed "
        f"{_compared(best, fixed[0])} than {fixed[0].policy}, the best fixed setting in hindsight"
        + ("" if paid else ", which nobody knows beforehand")
    ]
    sentences += [
        f"it needed {_compared(best, row)} than {row.policy}, the rule of thumb"
        for row in fixed
        if row.kind == "rule"
    ]
    worse = [row.policy for row in learners[1:] if row.total > fixed[0].total]
    text = "; ".join(sentences) + "."
    return text + (f" Worse than the best fixed setting: {', '.join(worse)}." if worse else "")


def _compared(row: SummaryRow, reference: SummaryRow) -> str:
    if reference.total == 0.0:
        return "as many iterations" if row.total == 0.0 else "more iterations"
    change = 100.0 * (row.total / reference.total - 1.0)
    return f"{abs(change):.1f} % {'more' if change > 0.0 else 'fewer'} iterations"


def formatted(records: list[dict[str, Any]], form: str) -> str:
    """Records as text, ``form`` being "json" or "csv" (the terminal module draws tables)."""
    if form == "json":
        return json.dumps(records, indent=2, allow_nan=False)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().rstrip("\n")

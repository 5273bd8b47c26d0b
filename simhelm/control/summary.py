"""From rounds to the table that is printed: every policy beside best fixed and oracle."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pydantic

from simhelm.core.end_reason import EndReason
from simhelm.evidence.verdict import verdict_sentence

if TYPE_CHECKING:
    # Learners come with it, which who only prints does not need.
    from simhelm.control.steering import Entrant, Episode


@dataclasses.dataclass(frozen=True)
class SummaryRow:
    """One policy of a run.

    Attributes:
        policy, kind: its name, and learner, rule, fixed or oracle.
        repeats: independent runs behind the numbers.
        totals: total loss of every run; runs of the same place had the same problem.
        total: their mean; ``spread`` their standard deviation (None for one run).
        to_best_fixed: total over that of the best fixed setting that was run; below 1 is better.
        to_oracle: total over that of the oracle.
        failures: solves that did not converge, over all runs.
        cost: mean simulator work units of a run.
        seconds: mean wall-clock of a run (of this machine, at that hour).
    """

    policy: str
    kind: str
    repeats: int
    totals: tuple[float, ...]
    total: float
    spread: float | None
    to_best_fixed: float | None
    to_oracle: float | None
    failures: int
    cost: float
    seconds: float


def summarise(episodes: Iterable[tuple[Entrant, int, Episode]]) -> list[SummaryRow]:
    """One row a policy, best first."""
    groups: dict[str, tuple[Entrant, list[Episode]]] = {}
    for entrant, _, episode in sorted(episodes, key=lambda played: played[1]):
        groups.setdefault(entrant.name, (entrant, []))[1].append(episode)
    rows = [_row(entrant, group) for entrant, group in groups.values()]
    best, oracle = best_fixed(rows), _best(rows, ("oracle",))
    rows = [
        dataclasses.replace(
            row,
            to_best_fixed=_ratio(row, best),
            to_oracle=_ratio(row, oracle),
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
        totals=tuple(totals),
        total=statistics.fmean(totals),
        spread=statistics.stdev(totals) if len(totals) > 1 else None,
        to_best_fixed=None,
        to_oracle=None,
        failures=sum(
            not EndReason[reason.upper()].succeeded
            for episode in group
            for reason in episode.end_reason
        ),
        cost=statistics.fmean(float(episode.cost.sum()) for episode in group),
        seconds=statistics.fmean(episode.seconds for episode in group),
    )


def best_fixed(rows: list[SummaryRow]) -> SummaryRow | None:
    """The best single setting that was run, the rule of thumb included; None if there is none."""
    return _best(rows, ("fixed", "rule"))


def _best(rows: list[SummaryRow], kinds: tuple[str, ...]) -> SummaryRow | None:
    chosen = [row for row in rows if row.kind in kinds]
    return min(chosen, key=lambda row: row.total, default=None)


def _ratio(row: SummaryRow, reference: SummaryRow | None) -> float | None:
    return row.total / reference.total if reference is not None and reference.total else None


HEADINGS = {
    "policy": "policy",
    "kind": "kind",
    "total": "total {loss}",
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


def from_records(records: object) -> list[SummaryRow]:
    """The inverse of :func:`as_records`.

    Raises:
        pydantic.ValidationError: records that are none.
    """
    return _ROWS.validate_python(records)


_ROWS = pydantic.TypeAdapter(Annotated[list[SummaryRow], pydantic.Field(min_length=1)])


def headings(loss_name: str) -> dict[str, str]:
    """HEADINGS with what the loss counts."""
    return {key: text.format(loss=loss_name) for key, text in HEADINGS.items()}


def verdict(rows: list[SummaryRow], loss_name: str) -> str:
    """Whether learning paid, computed from the rows: against hindsight and the rule of thumb."""
    learners = [row for row in rows if row.kind == "learner"]
    fixed = best_fixed(rows)
    if not learners or fixed is None:
        return "No verdict: a learner and a fixed setting are both needed for one."
    best = learners[0]
    outcome = _outcome(best, fixed)
    text = (
        f"{outcome}: {best.policy}, the best learner, needed "
        f"{_compared(best, fixed, loss_name)}, the best fixed setting that was run"
        + ("" if best.total < fixed.total else " (which one that is nobody knows beforehand)")
    )
    for row in rows:
        if row.kind == "rule" and row is not fixed:
            text += f"; it needed {_compared(best, row, loss_name)}, the rule of thumb"
    worse = [row.policy for row in learners[1:] if row.total > fixed.total]
    return f"{text}." + (f" Worse than the best fixed: {', '.join(worse)}." if worse else "")


def _outcome(learner: SummaryRow, fixed: SummaryRow) -> str:
    """By the 95 % interval of the saving over the runs, after Student's t."""
    saved = np.subtract(fixed.totals, learner.totals)
    mean, runs = float(saved.mean()), saved.size
    if runs == 1:
        return f"Learning {'paid' if mean > 0.0 else 'did not pay'}, in one run"
    from scipy.special import stdtrit

    half = float(stdtrit(runs - 1, 0.975) * saved.std(ddof=1) / math.sqrt(runs))
    return verdict_sentence(mean - half, mean + half, f"{runs} runs")


def _compared(row: SummaryRow, other: SummaryRow, loss_name: str) -> str:
    if row.total == other.total:
        return f"as many {loss_name} as {other.policy}"
    more = "more" if row.total > other.total else "fewer"
    share = f"{100.0 * abs(row.total / other.total - 1.0):.1f} % " if other.total else ""
    return f"{share}{more} {loss_name} than {other.policy}"

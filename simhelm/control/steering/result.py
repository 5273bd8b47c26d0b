"""What a steering run leaves: its files, and the table and verdict that are computed from them."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pydantic
from numpy.typing import NDArray

from simhelm.control.steering.definition import Floats, SteeringConfig, seeds_of
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import DirectoryError
from simhelm.core.fingerprint import fingerprint
from simhelm.evidence.verdict import verdict_sentence
from simhelm.experiments.atomic_write import atomic_write, write_json
from simhelm.experiments.directory import Layout, read_json
from simhelm.experiments.provenance import versions
from simhelm.version import __version__

CONFIG, PROVENANCE = "config.json", "provenance.json"
ROUNDS, SUMMARY = "rounds.parquet", "summary.json"
REPORT = "report.html"
LAYOUT = Layout("steering run", CONFIG, (SUMMARY,))


@dataclasses.dataclass(frozen=True, eq=False)
class Episode:
    """What one contender did in one repeat; arrays have shape (rounds,).

    ``setting`` is the value of the chosen arm, ``loss`` what it is judged by (iterations, or
    the cap after a failure), ``cost`` the simulator's work units, ``seconds`` the wall-clock of
    the whole episode.
    """

    policy: str
    kind: str
    repeat: int
    context: Floats
    setting: Floats
    loss: NDArray[np.int64]
    cost: NDArray[np.int64]
    end_reason: list[str]
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class SummaryRow:
    """One policy of a run.

    Attributes:
        policy, kind: its name, and learner, rule, fixed or oracle.
        repeats: independent runs behind the numbers.
        totals: total loss of every run; runs of the same index had the same problem.
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
    to_best_fixed: float | None = None
    to_oracle: float | None = None
    failures: int
    cost: float
    seconds: float


_ROWS = pydantic.TypeAdapter(Annotated[list[SummaryRow], pydantic.Field(min_length=1)])


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """A complete run directory, read back.

    Attributes:
        loss_name: what the loss counts.
        remarks: what a reader should know of the environment.
        versions: of simhelm, its libraries, Python and the machine.
    """

    path: Path
    config: SteeringConfig
    summary: list[SummaryRow]
    loss_name: str
    remarks: list[str]
    versions: dict[str, str | None]

    def rounds(self) -> pyarrow.Table:
        """All rounds: policy, kind, repeat, round, context, setting, loss, cost, end_reason.

        Raises:
            DirectoryError: the file is missing or corrupt.
        """
        try:
            return pyarrow.parquet.read_table(self.path / ROUNDS)
        except (OSError, pyarrow.ArrowException) as error:
            raise DirectoryError(f"{self.path / ROUNDS}: cannot be read: {error}") from error

    def records(self) -> list[dict[str, Any]]:
        """The summary as JSON-able dictionaries."""
        return [dataclasses.asdict(row) for row in self.summary]

    def table(self) -> list[dict[str, str]]:
        """The summary as text, by its headings."""
        return [_cells(row, self.loss_name) for row in self.summary]

    def verdict(self) -> str:
        """Whether learning paid, computed from the summary."""
        return verdict(self.summary, self.loss_name)


def identity_of(config: SteeringConfig) -> dict[str, Any]:
    """What makes two runs the same: configuration, input files, version of simhelm."""
    arguments = config.environment.arguments.values()
    files = [Path(value) for value in arguments if isinstance(value, str) and Path(value).is_file()]
    return {
        "config": config.model_dump(mode="json"),
        "inputs": {str(file): fingerprint(file) for file in files},
        "simhelm": __version__,
    }


def write_run(
    path: Path,
    config: SteeringConfig,
    episodes: list[Episode],
    loss_name: str,
    remarks: tuple[str, ...],
) -> None:
    """Write provenance, rounds and, last, the summary, which only a complete run has."""
    seeds = [_seeds(config.seed, repeat) for repeat in range(config.repeats)]
    write_json(
        path / PROVENANCE,
        {"loss_name": loss_name, "remarks": remarks, "seeds": seeds, "versions": versions()},
    )
    with atomic_write(path / ROUNDS) as part:
        batches = [_batch(episode) for episode in episodes]
        pyarrow.parquet.write_table(pyarrow.concat_tables(batches).unify_dictionaries(), part)
    write_json(path / SUMMARY, [dataclasses.asdict(row) for row in summarise(episodes)])


def stored_config(path: Path) -> SteeringConfig:
    """What is run in a directory, complete or not.

    Raises:
        DirectoryError: it cannot be read.
    """
    try:
        return SteeringConfig.model_validate(read_json(path / CONFIG)["config"])
    except (ValueError, KeyError) as error:
        raise DirectoryError(f"{path}: corrupt or written by another version: {error}") from error


def read_run(path: Path) -> FinishedRun:
    """Read a complete run.

    Raises:
        DirectoryError: no run there, an incomplete one, or corrupt files.
    """
    if not (path / CONFIG).is_file():
        raise DirectoryError(f"{path}: no {CONFIG} here, so this is not a run directory")
    if not LAYOUT.is_complete(path):
        raise DirectoryError(f"{path}: the run did not finish; run the same command again")
    if not (path / ROUNDS).is_file():
        raise DirectoryError(f"{path / ROUNDS}: missing; run the same command with --overwrite")
    config, provenance = stored_config(path), read_json(path / PROVENANCE)
    try:
        summary = _ROWS.validate_python(read_json(path / SUMMARY, list))
        kept = (provenance[name] for name in ("loss_name", "remarks", "versions"))
        return FinishedRun(path, config, summary, *kept)
    except (ValueError, KeyError) as error:
        raise DirectoryError(f"{path}: corrupt or written by another version: {error}") from error


def _seeds(seed: int, repeat: int) -> dict[str, Any]:
    environment, learner = seeds_of(seed, repeat)
    return {
        "environment": environment,
        "learner": {"entropy": seed, "spawn_key": list(learner.spawn_key)},
    }


def _batch(episode: Episode) -> pyarrow.Table:
    count = len(episode.loss)
    return pyarrow.table(
        {
            "policy": pyarrow.repeat(episode.policy, count).dictionary_encode(),
            "kind": pyarrow.repeat(episode.kind, count).dictionary_encode(),
            "repeat": pyarrow.repeat(pyarrow.scalar(episode.repeat, pyarrow.int32()), count),
            "round": pyarrow.array(range(count), pyarrow.int32()),
            "context": episode.context,
            "setting": episode.setting,
            "loss": episode.loss,
            "cost": episode.cost,
            "end_reason": pyarrow.array(episode.end_reason).dictionary_encode(),
        }
    )


def summarise(episodes: Iterable[Episode]) -> list[SummaryRow]:
    """One row per policy, best first."""
    groups: dict[str, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda played: played.repeat):
        groups.setdefault(episode.policy, []).append(episode)
    rows = [_row(group) for group in groups.values()]
    best, oracle = best_fixed(rows), _best(rows, ("oracle",))
    rows = [
        dataclasses.replace(row, to_best_fixed=_ratio(row, best), to_oracle=_ratio(row, oracle))
        for row in rows
    ]
    return sorted(rows, key=lambda row: (row.total, row.policy))


def _row(group: list[Episode]) -> SummaryRow:
    totals = [float(episode.loss.sum()) for episode in group]
    reasons = [reason for episode in group for reason in episode.end_reason]
    return SummaryRow(
        policy=group[0].policy,
        kind=group[0].kind,
        repeats=len(group),
        totals=tuple(totals),
        total=statistics.fmean(totals),
        spread=statistics.stdev(totals) if len(totals) > 1 else None,
        failures=sum(not EndReason[reason.upper()].succeeded for reason in reasons),
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


def _cells(row: SummaryRow, loss_name: str) -> dict[str, str]:
    return {
        "policy": row.policy,
        "kind": row.kind,
        f"total {loss_name}": f"{row.total:,.0f}",
        "± sd": "" if row.spread is None else f"{row.spread:,.0f}",
        "runs": str(row.repeats),
        "to best fixed": "" if row.to_best_fixed is None else f"{row.to_best_fixed:.3f}",
        "to oracle": "" if row.to_oracle is None else f"{row.to_oracle:.3f}",
        "failures": str(row.failures),
        "wall s": f"{row.seconds:.2f}",
    }


def verdict(rows: list[SummaryRow], loss_name: str) -> str:
    """Whether learning paid, against the setting chosen in hindsight and the rule of thumb."""
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

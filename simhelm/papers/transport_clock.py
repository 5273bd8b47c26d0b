"""What workers are worth: wall-clock of the same studies with one and two, modelled with more."""

from __future__ import annotations

import importlib.util
import math
import tempfile
import time
from collections.abc import Sequence

from simhelm.calibration.study import run_study
from simhelm.papers.table import Row, Table
from simhelm.papers.transport_studies import (
    Contender,
    Scale,
    budget_of,
    settings_of,
    simulated_seconds,
)
from simhelm.simulators.transport.problem import ModeChoice

# Parallel runs in the published log.
PUBLISHED_WORKERS = 18
# Full runs of a timed study, at most; no method gets more than in its own study.
_RUNS = 36


def clock_table(scale: Scale, contenders: Sequence[Contender]) -> Table:
    """Seconds of one study of every contender, in this process and with two workers."""
    problem = ModeChoice(persons=scale.persons, days=scale.days)
    rows = []
    for contender in contenders:
        if contender.needs and importlib.util.find_spec(contender.needs) is None:
            rows.append(Row(contender.name, f"not run: {contender.needs} is not installed"))
        else:
            rows.append(_row(problem, contender, scale))
    remark = (
        f"One study each of {_runs(_RUNS, scale)} full runs of {scale.days} days (or the method's "
        "budget, if that is smaller), on this machine, the start of workers included. The same "
        "trials come of one worker and of two. Log-share steps need the outcome before and have "
        f"one worker. {PUBLISHED_WORKERS} workers are modelled: rounds of parallel runs at the "
        "mean time of a run, and the sampler's own time."
    )
    return Table("Wall-clock", tuple(rows), (remark,))


def _runs(runs: int, scale: Scale) -> int:
    return max(4, round(runs * scale.share_of_runs))


def _row(problem: ModeChoice, contender: Contender, scale: Scale) -> Row:
    runs = _runs(min(_RUNS, contender.runs), scale)
    alone, simulated = _seconds(problem, contender, scale, runs, workers=0)
    if contender.sequential:
        return Row(f"{contender.name}: seconds at 1 worker", f"{alone:.1f}")
    beside, _ = _seconds(problem, contender, scale, runs, workers=2)
    rounds = math.ceil(runs / PUBLISHED_WORKERS)
    modelled = rounds * simulated / runs + max(0.0, alone - simulated)
    return Row(
        f"{contender.name}: seconds at 1, 2 and {PUBLISHED_WORKERS} workers",
        f"{alone:.1f}, {beside:.1f}, {modelled:.1f} modelled",
    )


def _seconds(
    problem: ModeChoice, contender: Contender, scale: Scale, runs: int, workers: int
) -> tuple[float, float]:
    """Wall-clock of a study, and of the evaluations in it."""
    settings = settings_of(problem, contender, scale, 0.0)
    if not contender.sequential:
        settings["batch"] = 2
    budget = budget_of(runs, scale.days, settings)
    with tempfile.TemporaryDirectory(prefix="simhelm-") as folder:
        begin = time.perf_counter()
        view = run_study(
            problem, f"{folder}/study", seed=0, workers=workers or None, baselines=[],
            **settings, **budget,
        )  # fmt: skip
        return time.perf_counter() - begin, simulated_seconds(view.trials())

"""Parallel Bayesian optimisation of a transport simulation's mode constants, recomputed.

Chhatre et al., "Parallel Bayesian Optimization of Agent-based Transportation Simulation" (LOD
2022) calibrate seven constants of BEAM with HpBandSter's BOHB. Their public log has its best L1,
25.9 points of 200, after 302 runs of 4.8 hours each; it has no other method beside it. Here every
sampler calibrates the embedded simulation: the targets are shares that hidden constants gave
(reachable), or the shares of the paper's code.
"""

from __future__ import annotations

import importlib.util
import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from simhelm.calibration.study.trial import Trial
from simhelm.evidence.identifiability import noise_floor, sample_outputs
from simhelm.papers.table import Row, Table
from simhelm.papers.transport_clock import PUBLISHED_WORKERS, clock_table
from simhelm.papers.transport_figure import draw_errors
from simhelm.papers.transport_studies import (
    CONTENDERS,
    EARLY_STOP,
    FOLDER,
    FRESH,
    FULL,
    QUICK,
    STRUCTURE_CONTENDERS,
    Contender,
    Scale,
    StudyResult,
    one_study,
    runs_of,
    study,
    verified,
)
from simhelm.simulators.transport.modes import MODES
from simhelm.simulators.transport.problem import (
    HIDDEN_CONSTANTS,
    ModeChoice,
    TransportStructure,
)

# What the loss of the structure is the sum of.
_ERRORS = {"l1": "shares", "volume_error": "volumes", "time_error": "times"}

PUBLISHED_BEST = 25.9
SHARES = tuple(f"share_{mode}" for mode in MODES)


def recompute(*, quick: bool) -> Iterator[Table]:
    """Tables for both targets, for structure, for early stopping, and for workers.

    Studies are kept in ``STUDIES``: after an interruption the same call goes on.
    """
    scale = QUICK if quick else FULL
    for target in ("reachable", "paper"):
        problem = ModeChoice(target=target, persons=scale.persons, days=scale.days)
        yield shares_table(target, problem, scale, CONTENDERS)
    yield structure_table(scale, STRUCTURE_CONTENDERS)
    yield stopping_table(scale)
    yield clock_table(scale, CONTENDERS)


def shares_table(
    target: str, problem: ModeChoice, scale: Scale, contenders: Sequence[Contender]
) -> Table:
    """Every contender on one target: verified error, and runs to levels of error."""
    noise = noise_floor(
        sample_outputs(problem, HIDDEN_CONSTANTS, SHARES, range(FRESH, FRESH + scale.noise_seeds))
    )
    rows = [Row("noise: L1 between two seeds", f"{noise:.2f}")]
    curves = {}
    for contender in contenders:
        if contender.needs and importlib.util.find_spec(contender.needs) is None:
            rows.append(Row(contender.name, f"not run: {contender.needs} is not installed"))
            continue
        runs = [
            one_study(target, problem, contender, scale, noise, seed) for seed in range(scale.seeds)
        ]
        rows += _rows(contender, runs, noise, judged=target == "reachable" and scale is FULL)
        curves[contender.name] = [run.curve for run in runs]
    draw_errors(FOLDER / f"{target}.png", curves, noise)
    remarks = (
        f"Best published L1 with BEAM: {PUBLISHED_BEST} after 302 runs. Verified: the best "
        "configuration on four fresh seeds; median (quartiles) of "
        f"{scale.seeds} seeds. Runs to a level: median, in full runs of {scale.days} days; "
        f"in brackets rounds of {PUBLISHED_WORKERS} parallel runs, modelled as runs / "
        f"{PUBLISHED_WORKERS} for samplers that can be asked in batches. No number below the "
        f"noise says anything. Curves: {FOLDER / target}.png",
    )
    return Table(
        f"Mode constants, {target} target, {scale.persons:,} persons", tuple(rows), remarks
    )


def _rows(
    contender: Contender, outcomes: Sequence[StudyResult], noise: float, *, judged: bool
) -> list[Row]:
    rows = [Row(f"{contender.name}: verified L1", _spread([o.verified for o in outcomes]))]
    bars = _bars(contender.name) if judged else {}
    levels = {"25": 25.0, "10": 10.0, "5": 5.0, "1.5 x noise": 1.5 * noise}
    cells = []
    for label, level in levels.items():
        median = statistics.median(o.runs_to(level) for o in outcomes)
        rounds = median
        if not contender.sequential and math.isfinite(median):
            rounds = math.ceil(median / PUBLISHED_WORKERS)
        cells.append(f"{label}: {_count(median)} [{_count(rounds)}]")
        if label in bars:
            bar = bars[label]
            rows.append(
                Row(f"{contender.name}: runs to {label}", _count(median), f"at most {bar}",
                    median <= bar)
            )  # fmt: skip
    seconds = statistics.median(o.seconds for o in outcomes)
    rows.append(Row(f"{contender.name}: runs [rounds] to L1 of", "; ".join(cells)))
    rows.append(Row(f"{contender.name}: simulation time of a study", f"{seconds:.0f} s"))
    return rows


def _bars(name: str) -> dict[str, int]:
    if name == "log-share steps":
        return {"5": 7, "1.5 x noise": 20}
    return {"5": 30} if name == "GP of every share" else {}


def _count(number: float) -> str:
    return f"{number:.0f}" if math.isfinite(number) else "not reached"


def _spread(values: Sequence[float]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def structure_table(scale: Scale, contenders: Sequence[Contender]) -> Table:
    """Constants, fleet, road capacity and value of time together, against the loss of the truth."""
    problem = TransportStructure(persons=scale.persons, days=scale.days)
    truth = verified(problem, problem.truth(), "loss")
    parts = [
        f"{verified(problem, problem.truth(), name):.1f} of {of}" for name, of in _ERRORS.items()
    ]
    rows = [Row("loss of the hidden truth", f"{truth:.1f}: {', '.join(parts)}")]
    for contender in contenders:
        best = [_best_structure(problem, contender, scale, seed) for seed in range(scale.seeds)]
        rows += _structure_rows(problem, contender.name, best, truth, judged=scale is FULL)
    runs = f"{runs_of(contenders[0], scale)} runs each, {scale.seeds} seeds"
    return Table(
        "Mode constants and structure", tuple(rows), (f"{runs}; verified on four fresh seeds.",)
    )


def _best_structure(
    problem: TransportStructure, contender: Contender, scale: Scale, seed: int
) -> Trial:
    options = dict(contender.options)
    if contender.takes_targets:
        shares = problem.targets.shares
        percent = 100.0 * shares / shares.sum()
        options["targets"] = dict(zip(MODES, percent.tolist(), strict=True))
    view = study(
        problem, f"structure {contender.name}", sampler=contender.sampler, seed=seed, batch=1,
        sampler_options=options, trials=runs_of(contender, scale),
    )  # fmt: skip
    return min((t for t in view.trials() if t.succeeded), key=lambda t: t.values["loss"])


def _structure_rows(
    problem: TransportStructure, name: str, best: Sequence[Trial], truth: float, *, judged: bool
) -> list[Row]:
    losses = [verified(problem, trial.config, "loss") for trial in best]
    required = judged and name == "hybrid"
    median = statistics.median(losses)
    rows = [
        Row(
            f"{name}: verified loss", _spread(losses),
            f"at most {1.5 * truth:.1f}" if required else "",
            median <= 1.5 * truth if required else None,
        )
    ]  # fmt: skip
    if name != "hybrid":
        return rows
    for parameter, true in problem.truth().items():
        if parameter in HIDDEN_CONSTANTS:
            continue
        ratios = [float(t.config[parameter]) / float(true) for t in best]
        ratio = statistics.median(ratios)
        asked = judged and parameter != "value_of_time"
        rows.append(
            Row(
                f"hybrid: {parameter} found / true", _spread(ratios),
                "0.9 to 1.1" if asked else "", 0.9 <= ratio <= 1.1 if asked else None,
            )
        )  # fmt: skip
    return rows


def stopping_table(scale: Scale) -> Table:
    """BOHB with and without the extrapolating early stop: days simulated and error reached."""
    if importlib.util.find_spec("hpbandster") is None:
        return Table("Early stopping", (Row("BOHB", "not run: hpbandster is not installed"),))
    problem = ModeChoice(persons=scale.persons, days=scale.days)
    runs = max(12, round(100 * scale.share_of_runs))
    found = {
        stopping: [_with_stopping(problem, runs, seed, stopping) for seed in range(scale.seeds)]
        for stopping in (False, True)
    }
    days = {key: statistics.median(c for c, _ in value) for key, value in found.items()}
    error = {key: _spread([e for _, e in value]) for key, value in found.items()}
    saved = 100.0 * (1.0 - days[True] / days[False])
    judged = scale is FULL
    rows = (
        Row("without: days simulated, verified L1", f"{days[False]:.0f}, {error[False]}"),
        Row("with: days simulated, verified L1", f"{days[True]:.0f}, {error[True]}"),
        Row("days saved", f"{saved:.0f} %", "at least 30 %" if judged else "",
            saved >= 30.0 if judged else None),
    )  # fmt: skip
    return Table(f"Early stopping of BOHB's model, {runs} runs", rows)


def _with_stopping(
    problem: ModeChoice, runs: int, seed: int, stopping: bool
) -> tuple[float, float]:
    """Days simulated and verified error of one study, with the early stop or without."""
    settings: dict[str, Any] = {"early_stopping": EARLY_STOP} if stopping else {}
    view = study(
        problem, "early stop of BOHB" if stopping else "BOHB", sampler="HpBandSterSampler",
        batch=1, seed=seed, trials=runs, **settings,
    )  # fmt: skip
    trials = view.trials()
    best = min((t for t in trials if t.succeeded), key=lambda t: t.values["l1"])
    return sum(trial.cost for trial in trials), verified(problem, best.config, "l1")

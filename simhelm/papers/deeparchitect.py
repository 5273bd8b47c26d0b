"""DeepArchitect's comparison of searches over networks, recomputed on a small data set.

Negrinho & Gordon, "DeepArchitect: Automatically Designing and Training Deep Architectures"
(arXiv:1704.08792, 2017), search a tree of networks for CIFAR-10 with random search, MCTS, MCTS
with bisection, and sequential model-based optimisation; 64 networks a run, five runs. Their
abstract says that MCTS and SMBO outperform random search. Here the tree is ``network_space()``,
the data are scikit-learn's digits, and the number of networks is the cost.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simhelm.evidence import mean_interval
from simhelm.papers.deeparchitect_figure import draw_curves
from simhelm.papers.deeparchitect_search import Method, Scale, Searched, run_searches
from simhelm.papers.table import Row, Table

RANDOM, BISECTION, SMBO = "random search", "MCTS with bisection", "SMBO, ridge"
# What the searches see, which is the paper's measure; and what a user of the winner gets.
VALIDATION, TEST = "validation error", "test error, trained again"
METHODS = (
    Method(RANDOM, "RandomSampler"),
    Method("MCTS", "MCTSSampler"),
    Method(BISECTION, "MCTSSampler", {"bisection": True}),
    Method(SMBO, "RidgeSampler"),
)
FULL = Scale((16, 64), seeds=12, epochs=8, samples=797, fresh=3, workers=2)
QUICK = Scale((3, 6), seeds=3, epochs=1, samples=40, fresh=1, workers=0)
FOLDER = Path("runs") / "deeparchitect"
_DRAWS = 5000
# With fewer, an interval from resampling excludes zero too easily.
LEAST_SEEDS = 8

Floats = NDArray[np.float64]
# Searches by method, one a seed.
Found = Mapping[str, Sequence[Searched]]


def recompute(*, quick: bool) -> Iterator[Table]:
    """A table for every budget, then what they say."""
    missing = [name for name in ("torch", "sklearn") if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f"networks need {' and '.join(missing)}: pip install 'simhelm[networks]'")
    scale = QUICK if quick else FULL
    found = run_searches(METHODS, scale, FOLDER / "evaluations.jsonl")
    for place in range(len(scale.budgets)):
        yield budget_table(found, scale, place)
    for measure in (VALIDATION, TEST):
        yield verdict_table(found, scale, measure)
    draw_curves(FOLDER / "curves.png", found)


def budget_table(found: Found, scale: Scale, place: int) -> Table:
    """Errors of the best network after a number of evaluations, every method."""
    rows = []
    for name in found:
        for measure, values in errors(found, scale, place).items():
            rows.append(Row(f"{name}: {measure}", _in_words(values[name])))
            if name != RANDOM:
                less = values[name] - values[RANDOM]
                rows.append(Row(f"{name}: {measure}, less that of {RANDOM}", _in_words(less)))
    remark = (
        f"Means over {scale.seeds} seeds in percentage points, 95 % bootstrap intervals over seeds "
        f"(of paired differences). A network is trained {scale.epochs} epochs on {scale.samples} "
        f"images; the winner is trained again with {scale.fresh} fresh seeds for the test error. "
        "Repeated networks count as evaluations."
    )
    return Table(f"{scale.budgets[place]} networks a search", tuple(rows), (remark,))


def verdict_table(found: Found, scale: Scale, measure: str) -> Table:
    """Which differences the intervals support, in words."""
    rows = []
    for place, count in enumerate(scale.budgets):
        values = errors(found, scale, place)[measure]
        words = {name: verdict(values[name] - values[RANDOM]) for name in found if name != RANDOM}
        rows += [
            Row(f"{name} against {RANDOM}, {count} networks", said) for name, said in words.items()
        ]
        change = values[BISECTION] - values["MCTS"]
        rows.append(Row(f"bisection against plain MCTS, {count} networks", verdict(change)))
    remark = "Better or worse is said where the 95 % interval of the paired difference excludes 0."
    return Table(f"What the numbers say: {measure}", tuple(rows), (remark,))


def errors(found: Found, scale: Scale, place: int) -> dict[str, dict[str, Floats]]:
    """By measure and method: errors in [0, 1] at a budget, shape (seeds,)."""
    last = scale.budgets[place] - 1
    return {
        VALIDATION: {
            name: np.array([one.curve[last] for one in many]) for name, many in found.items()
        },
        TEST: {
            name: np.array([one.winners[place] for one in many]) for name, many in found.items()
        },
    }


def interval(values: Floats) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean; the same resamples for every quantity."""
    return mean_interval(values, _DRAWS)


def _in_words(values: Floats) -> str:
    low, high = interval(values)
    return f"{100 * values.mean():.2f} [{100 * low:.2f}, {100 * high:.2f}]"


def verdict(difference: Floats) -> str:
    """What paired differences of errors say, shape (seeds,), negative for an improvement."""
    if len(difference) < LEAST_SEEDS:
        return f"too few seeds to say: {_in_words(difference)}"
    low, high = interval(difference)
    word = "better" if high < 0.0 else "worse" if low > 0.0 else "no difference shown"
    return f"{word}: {_in_words(difference)}"

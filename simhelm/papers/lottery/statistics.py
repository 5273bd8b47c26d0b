"""What the regrets of a sweep say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.evidence import middle
from simhelm.papers.lottery.sweep import WITHIN, Sweep

_DRAWS = 2000
Floats = NDArray[np.float64]


def best_of(tuning: Floats, report: Floats, k: int) -> float:
    """Expected report of the best among k settings drawn without replacement.

    The best is that of the smallest median on the tuning workload, the first of equals; what
    counts is its median on the other workload.

    Args:
        tuning, report: shape (settings, seeds) each.
    """
    order = np.argsort(np.median(tuning, axis=1), kind="stable")
    medians = np.median(report, axis=1)[order]
    n, k = len(medians), min(k, len(medians))
    # The i-th best is the best drawn if the other k - 1 come from the worse ones.
    chances = [math.comb(n - 1 - place, k - 1) / math.comb(n, k) for place in range(n)]
    # Medians may be infinite: what cannot be the best must not count as 0 times infinity.
    return math.fsum(c * float(m) for c, m in zip(chances, medians, strict=True) if c > 0.0)


def chosen(sweep: Sweep) -> int:
    """The setting of the smallest median regret on the tuning workload, the first of equals."""
    return int(np.argmin(np.median(sweep.tuning, axis=1)))


def bootstrap_median(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """A 95 % percentile interval of the median, from resampling settings, then their seeds.

    Args:
        values: shape (settings, seeds).
    """
    settings, seeds = values.shape
    rows = rng.integers(settings, size=(_DRAWS, settings))
    columns = rng.integers(seeds, size=(_DRAWS, settings, seeds))
    medians = np.median(values[rows[:, :, None], columns].reshape(_DRAWS, -1), axis=1)
    return middle(medians, "inverted_cdf")


def bootstrap_best_of(sweep: Sweep, k: int, rng: np.random.Generator) -> tuple[float, float]:
    """A 95 % percentile interval of :func:`best_of`, from resampling the seeds of each setting."""
    settings = np.arange(len(sweep.settings))[:, None]
    found = np.empty(_DRAWS // 4)
    for place in range(len(found)):
        tuning, report = (
            values[settings, rng.integers(values.shape[1], size=values.shape)]
            for values in (sweep.tuning, sweep.report)
        )
        found[place] = best_of(tuning, report, k)
    return middle(found, "inverted_cdf")


def within(values: Floats) -> float:
    """The share of runs that end within 1 % of the optimum."""
    return float(np.mean(values <= WITHIN))


def summary(sweep: Sweep) -> dict[str, Any]:
    """One row of the leaderboard; all numbers but the choice are of the report's workload."""
    regrets = sweep.report
    quartiles = np.quantile(regrets, [0.25, 0.75], method="inverted_cdf")
    rng = np.random.default_rng(0)
    low, high = bootstrap_median(regrets, rng)
    best_low, best_high = bootstrap_best_of(sweep, len(sweep.settings), rng)
    curve = (best_of(sweep.tuning, sweep.report, k) for k in (1, 3, len(sweep.settings)))
    best = sweep.settings[chosen(sweep)]
    return {
        "agent": sweep.agent.removesuffix("Sampler"),
        "settings": len(sweep.settings),
        "seeds": regrets.shape[1],
        "median regret": f"{np.median(regrets):.4f}",
        "95 % interval": f"{low:.4f} .. {high:.4f}",
        "quartiles": f"{quartiles[0]:.4f} .. {quartiles[1]:.4f}",
        "worst": f"{regrets.max():.4f}",
        "within 1 %": f"{within(regrets):.2f}",
        "best of 1/3/all": " / ".join(f"{value:.4f}" for value in curve),
        "all: 95 % interval": f"{best_low:.4f} .. {best_high:.4f}",
        "chosen": ", ".join(f"{name}={value}" for name, value in best.items()),
    }

"""How well the distribution of one number is met, with its uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from simhelm.evidence.bootstrap import Estimate, resampled

Floats = NDArray[np.float64]

# Of the last axis.
STATISTICS: Mapping[str, Callable[[Floats], Floats]] = {
    "mean": lambda values: np.asarray(np.mean(values, axis=-1)),
    "std": lambda values: np.asarray(np.std(values, axis=-1, ddof=1)),
    "q95": lambda values: np.asarray(np.quantile(values, 0.95, axis=-1)),
    "q99": lambda values: np.asarray(np.quantile(values, 0.99, axis=-1)),
}


def kolmogorov_smirnov(generated: Floats, reference: Floats) -> float:
    """Greatest distance of the two empirical distribution functions, in [0, 1]."""
    return float(ks_2samp(generated, reference).statistic)


def relative_errors(
    generated: Floats, reference: Floats, rng: np.random.Generator
) -> dict[str, Estimate]:
    """Relative errors of :data:`STATISTICS`; both sets are resampled.

    Args:
        generated, reference: values, shape (samples,); those of the reference positive.
    """
    if min(len(generated), len(reference)) < 2 or reference.min() <= 0.0:
        raise ValueError("expected two or more values each, those of the reference positive")
    ours, theirs = resampled(generated, rng), resampled(reference, rng)
    return {
        name: Estimate.of(
            statistic(generated) / statistic(reference) - 1.0,
            statistic(ours) / statistic(theirs) - 1.0,
        )
        for name, statistic in STATISTICS.items()
    }


def sampling_floor(
    metric: Callable[[NDArray[np.int64], NDArray[np.int64]], float],
    pool: int,
    counts: tuple[int, int],
    rng: np.random.Generator,
    *,
    draws: int = 200,
) -> float:
    """95 % quantile of a metric's size between disjoint random subsets of true samples.

    No generator can be told from the truth by a value below it.

    Args:
        metric: of two sets of sample numbers in [0, pool).
        pool: number of true samples.
        counts: of the two subsets; together at most ``pool``.
    """
    if sum(counts) > pool:
        raise ValueError(f"counts: expected at most {pool} samples together, got {counts}")
    sizes = []
    for _ in range(draws):
        order = rng.permutation(pool)[: sum(counts)]
        sizes.append(abs(metric(order[: counts[0]], order[counts[0] :])))
    return float(np.quantile(sizes, 0.95))

"""Percentile bootstrap intervals (Efron, Annals of Statistics 7, 1979)."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 1000
LEVELS = (0.025, 0.975)


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: Any, drawn: Floats) -> Estimate:
        """A value with the middle 95 % of what bootstrap samples gave."""
        return cls(float(value), *middle(drawn))


def resamples(
    size: int, rng: np.random.Generator | None = None, draws: int = DRAWS
) -> NDArray[np.int64]:
    """Indices of bootstrap samples of ``size`` items, shape (draws, size).

    Without a generator they are the same at every call: quantities of the same items, resampled
    alike, can be paired.
    """
    generator = np.random.default_rng(0) if rng is None else rng
    return generator.integers(size, size=(draws, size))


def middle(
    drawn: Floats, method: Literal["linear", "inverted_cdf", "nearest"] = "linear"
) -> tuple[float, float]:
    """The ends of the middle 95 % of draws; by counting where some are infinite."""
    low, high = np.quantile(drawn, LEVELS, method=method)
    return float(low), float(high)


def resampled(values: Floats, rng: np.random.Generator) -> Floats:
    """Bootstrap samples of values (n,), shape (DRAWS, n)."""
    return values[resamples(len(values), rng)]


def mean_interval(values: Floats, draws: int = DRAWS) -> tuple[float, float]:
    """Interval of the mean, from the same resamples for all quantities of the same items."""
    return middle(values[resamples(len(values), draws=draws)].mean(axis=1))

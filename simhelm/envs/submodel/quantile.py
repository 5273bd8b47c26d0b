"""A quantile over a target law from solves that were not drawn from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Cells a side of the grid over place and duration.
SIDE = 4
CELLS = SIDE * SIDE


def cells_of(inputs: Floats) -> Integers:
    """Numbers of the cells that inputs (samples, 2) lie in, place by place."""
    rows = np.clip((inputs * SIDE).astype(np.int64), 0, SIDE - 1)
    numbers: Integers = rows[:, 0] * SIDE + rows[:, 1]
    return numbers


def centres() -> Floats:
    """Middles of the cells, shape (cells, 2)."""
    middles: Floats = (np.stack(np.divmod(np.arange(CELLS), SIDE), axis=1) + 0.5) / SIDE
    return middles


def weights_of(cells: Integers, law: Floats) -> Floats:
    """Weights of samples, summing to 1: each cell's probability, shared by its samples.

    A cell without samples gives its probability to the nearest cells that have some.

    Args:
        cells: of the samples, shape (n,), n at least 1.
        law: probability of every cell, shape (cells,).
    """
    counts = np.bincount(cells, minlength=CELLS).astype(np.float64)
    places = np.stack(np.divmod(np.arange(CELLS), SIDE), axis=1)
    distances = np.abs(places[:, None] - places[None]).sum(axis=2).astype(np.float64)
    distances[:, counts == 0.0] = np.inf
    nearest = distances == distances.min(axis=1, keepdims=True)
    # Among equally near cells, samples weigh alike.
    given = nearest * counts
    mass = law @ (given / given.sum(axis=1, keepdims=True))
    weights: Floats = mass[cells] / counts[cells]
    return weights


def quantile(values: Floats, weights: Floats, level: float) -> float:
    """Of weighted samples, linear between the middles of their steps."""
    order = np.argsort(values, kind="stable")
    heights = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(level, heights, values[order]))


def interval(values: Floats, weights: Floats, level: float) -> tuple[float, float]:
    """About 95 %, from the binomial spread of ranks for the effective number of samples."""
    spread = 1.96 * np.sqrt(level * (1.0 - level) * float(np.sum(weights**2)))
    low, high = np.clip((level - spread, level + spread), 0.0, 1.0)
    return quantile(values, weights, float(low)), quantile(values, weights, float(high))

"""Distances between two sets of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import wasserstein_distance

Floats = NDArray[np.float64]


def energy_distance(first: Floats, second: Floats) -> float:
    """Unbiased 2 E|X-Y| - E|X-X'| - E|Y-Y'| (Székely and Rizzo, 2013), so it may be negative.

    Args:
        first, second: shape (samples, ...), two or more samples each.
    """
    x, y = _flat(first, second)
    return float(2 * cdist(x, y).mean() - pdist(x).mean() - pdist(y).mean())


def sliced_wasserstein(
    first: Floats, second: Floats, rng: np.random.Generator, *, directions: int = 100
) -> float:
    """Mean Wasserstein-1 distance of projections on random unit vectors; arguments as above."""
    x, y = _flat(first, second)
    units = rng.standard_normal((directions, x.shape[1]))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    distances = [wasserstein_distance(x @ unit, y @ unit) for unit in units]
    return float(np.mean(distances))


def _flat(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise ValueError(
            f"expected two or more samples of one shape each, got {first.shape}, {second.shape}"
        )
    return first.reshape(len(first), -1), second.reshape(len(second), -1)

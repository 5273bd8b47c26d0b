"""Distances between two sets of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

Floats = NDArray[np.float64]


def pairwise(first: Floats, second: Floats) -> Floats:
    """Euclidean distances of all pairs, shape (len(first), len(second)).

    Made of scalar products: pairs much closer than the samples are long have an absolute error of
    1e-8 of that length.

    Args:
        first, second: shape (samples, ...), of one shape each.
    """
    x, y = _flat(first, second)
    middle = x.mean(axis=0)
    x, y = x - middle, y - middle
    squared = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1) - 2.0 * x @ y.T
    distances: Floats = np.sqrt(np.maximum(squared, 0.0))
    return distances


def energy_distance(first: Floats, second: Floats) -> float:
    """Unbiased 2 E|X-Y| - E|X-X'| - E|Y-Y'| (Székely and Rizzo, 2013), so it may be negative.

    Args:
        first, second: shape (samples, ...), two or more samples each.
    """
    return energy_of(*_all_pairs(first, second))


def energy_of(between: Floats, first: Floats, second: Floats) -> float:
    """The energy distance from pairwise distances between and within two sets."""
    return float(2.0 * between.mean()) - _mean_of_pairs(first) - _mean_of_pairs(second)


def maximum_mean_discrepancy(first: Floats, second: Floats) -> float:
    """Unbiased squared MMD (Gretton et al., 2012), so it may be negative.

    The kernel is exp(-d^2 / (2 m^2)), m the median distance within the second set.

    Args:
        first, second: shape (samples, ...), two or more samples each.
    """
    return discrepancy_of(*_all_pairs(first, second))


def discrepancy_of(between: Floats, first: Floats, second: Floats) -> float:
    """The squared MMD from pairwise distances between and within two sets."""
    length = float(np.median(second[np.triu_indices_from(second, 1)]))
    across, one, other = (
        np.exp(-0.5 * np.square(distances / length)) for distances in (between, first, second)
    )
    return _mean_of_pairs(one) + _mean_of_pairs(other) - float(2.0 * across.mean())


def nearest_neighbour_ratio(generated: Floats, training: Floats, held_out: Floats) -> float:
    """Median distance to the nearest training sample, of generated over that of held-out ones.

    Well below 1, the generator repeats its training samples.

    Raises:
        ValueError: held-out samples that are training samples.
    """
    reference = float(np.median(pairwise(held_out, training).min(axis=1)))
    if reference == 0.0:
        raise ValueError("held_out: expected samples that are not in the training set")
    return float(np.median(pairwise(generated, training).min(axis=1))) / reference


def sliced_wasserstein(
    first: Floats, second: Floats, rng: np.random.Generator, *, directions: int = 100
) -> float:
    """Mean Wasserstein-1 distance of projections on random unit vectors; arguments as above."""
    x, y = _flat(first, second)
    units = rng.standard_normal((directions, x.shape[1]))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    return _mean_wasserstein(x @ units.T, y @ units.T)


def marginal_wasserstein(first: Floats, second: Floats) -> float:
    """Mean over entries of the Wasserstein-1 distance in units of the second set's deviation.

    Entries that hardly vary in the second set (below a thousandth of the greatest deviation) are
    left out.
    """
    x, y = _flat(first, second)
    deviation = y.std(axis=0)
    kept = deviation > 1e-3 * deviation.max()
    return _mean_wasserstein(x[:, kept] / deviation[kept], y[:, kept] / deviation[kept])


def _mean_wasserstein(x: Floats, y: Floats) -> float:
    """Mean over columns of the Wasserstein-1 distance."""
    if len(x) == len(y):
        return float(np.abs(np.sort(x, axis=0) - np.sort(y, axis=0)).mean())
    return float(np.mean([wasserstein_distance(a, b) for a, b in zip(x.T, y.T, strict=True)]))


def _all_pairs(first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    return pairwise(first, second), pairwise(first, first), pairwise(second, second)


def _mean_of_pairs(values: Floats) -> float:
    """Mean of a symmetric matrix off its diagonal."""
    count = len(values)
    return float((values.sum() - np.trace(values)) / (count * (count - 1)))


def _flat(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise ValueError(
            f"expected two or more samples of one shape each, got {first.shape}, {second.shape}"
        )
    return first.reshape(len(first), -1), second.reshape(len(second), -1)

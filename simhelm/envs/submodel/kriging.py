"""Where a Gaussian process is least certain."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]

# Length scales, in sides of the unit square, and noise variances over that of the process, among
# which the likelihood chooses.
LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)
NOISES = (0.01, 0.1, 1.0, 10.0)


def predictive_variance(known: Floats, values: Floats, asked: Floats) -> Floats:
    """Variance of the process at points, shape (asked,), in squares of the values' unit.

    Squared-exponential kernel, unknown constant mean; length scale, noise and variance maximise
    the likelihood of the values (Rasmussen and Williams, Gaussian Processes for Machine Learning,
    2006, eq. 2.26, 2.30 and 2.42).

    Args:
        known: inputs of the values, in the unit square, shape (n, 2), n at least 1.
        values: shape (n,).
        asked: shape (asked, 2).
    """
    found = [
        _fit(known, values, length, noise) for length, noise in itertools.product(LENGTHS, NOISES)
    ]
    _, length, noise, scale = min(found)
    factor = cho_factor(_covariance(known, length, noise))
    between = _kernel(asked, known, length)
    ones = np.ones(len(known))
    solved, weights = cho_solve(factor, between.T), cho_solve(factor, ones)
    # What not knowing the mean adds.
    missed = 1.0 - between @ weights
    shares = 1.0 - np.sum(between.T * solved, axis=0) + missed**2 / (ones @ weights)
    variances: Floats = scale * np.maximum(shares, 0.0)
    return variances


def _fit(
    known: Floats, values: Floats, length: float, noise: float
) -> tuple[float, float, float, float]:
    """Minus the log likelihood, mean and variance at their best; length, noise, variance."""
    factor = cho_factor(_covariance(known, length, noise))
    weights = cho_solve(factor, np.ones(len(known)))
    rest = values - (weights @ values) / weights.sum()
    # Equal values leave no variance to estimate.
    scale = max(float(rest @ cho_solve(factor, rest)) / len(known), 1e-12)
    determinant = 2.0 * float(np.sum(np.log(np.diag(factor[0]))))
    return 0.5 * (len(known) * np.log(scale) + determinant), length, noise, scale


def _covariance(known: Floats, length: float, noise: float) -> Floats:
    covariance: Floats = _kernel(known, known, length) + noise * np.eye(len(known))
    return covariance


def _kernel(first: Floats, second: Floats, length: float) -> Floats:
    kernel: Floats = np.exp(-0.5 * cdist(first / length, second / length, "sqeuclidean"))
    return kernel

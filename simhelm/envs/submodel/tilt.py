"""Exponentially tilted proposals over a pool's members, and estimates from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

# Largest tilt of either feature: keeps the weights within exp(±2 tilt).
LARGEST = 3.0


def features_of(inputs: Floats) -> Floats:
    """Distance of the impact from the middle, and duration, in [0, 1], shape (members, 2)."""
    return np.stack([np.abs(2.0 * inputs[:, 0] - 1.0), inputs[:, 1]], axis=1)


def proposal(features: Floats, tilt: Floats) -> Floats:
    """Probabilities of the members, proportional to exp(tilt . features), shape (members,)."""
    exponents = features @ tilt
    shares = np.exp(exponents - exponents.max())
    probabilities: Floats = shares / shares.sum()
    return probabilities


def exceedance(peaks: Floats, threshold: float, spread: float) -> Floats:
    """Probability that stresses times a log-normal amplitude of median 1 pass the threshold."""
    if spread == 0.0:
        return (peaks > threshold).astype(np.float64)
    beyond: Floats = norm.sf(np.log(threshold / peaks) / spread)
    return beyond


def matching_tilt(mean: Floats) -> Floats:
    """The tilt of a uniform law on [0, 1] that has a given mean, feature by feature.

    This is the cross-entropy method's update (Rubinstein and Kroese, The Cross-Entropy Method,
    2004) for this family.
    """
    tilts = np.linspace(-LARGEST, LARGEST, 601)
    safe = np.where(np.abs(tilts) < 1e-6, 1.0, tilts)
    means = np.where(np.abs(tilts) < 1e-6, 0.5, 1.0 / (1.0 - np.exp(-safe)) - 1.0 / safe)
    matched: Floats = np.interp(mean, means, tilts)
    return matched

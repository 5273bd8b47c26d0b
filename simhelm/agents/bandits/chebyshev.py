"""Chebyshev polynomials as regression features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simhelm.core.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def chebyshev_features(x: float, count: int) -> Floats:
    """T_0(x) ... T_{count-1}(x) for x in [-1, 1], shape (count,), by the three-term recurrence."""
    features = np.empty(count)
    features[0] = 1.0
    if count > 1:
        features[1] = x
    for j in range(2, count):
        features[j] = 2.0 * x * features[j - 1] - features[j - 2]
    return features

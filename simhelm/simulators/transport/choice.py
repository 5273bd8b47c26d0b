"""The multinomial logit model (McFadden 1974)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def multinomial_logit(utilities: ArrayLike) -> NDArray[np.float64]:
    """Choice probabilities exp(V_m) / sum_k exp(V_k) along the last axis.

    Args:
        utilities: shape (..., modes), finite or minus infinity for a mode that is not available.

    Returns:
        Probabilities of the same shape; they sum to 1.

    Raises:
        ValueError: nan or plus infinity, or no mode available.
    """
    values = np.asarray(utilities, dtype=np.float64)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(f"utilities: expected shape (..., modes), got {values.shape}")
    if np.isnan(values).any() or np.isposinf(values).any():
        raise ValueError("utilities: expected finite numbers, or -inf for what is not available")
    largest = values.max(axis=-1, keepdims=True)
    if np.isneginf(largest).any():
        raise ValueError("utilities: expected at least one available mode in every row")
    weights = np.exp(values - largest)
    probabilities: NDArray[np.float64] = weights / weights.sum(axis=-1, keepdims=True)
    return probabilities

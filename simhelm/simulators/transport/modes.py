"""The eight modes, in the order that every array of shares and constants has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simhelm.core.did_you_mean import did_you_mean

MODES = (
    "bike",
    "car",
    "walk",
    "ride_hail",
    "ride_hail_pooled",
    "drive_transit",
    "walk_transit",
    "ride_hail_transit",
)
# Choice depends on differences of utilities only, so the constant of one mode stays at zero.
BASE_MODE = "car"
BIKE, CAR, WALK, RIDE_HAIL, POOLED, DRIVE_TRANSIT, WALK_TRANSIT, RIDE_HAIL_TRANSIT = range(8)


def mode_vector(what: str, values: Mapping[str, float]) -> NDArray[np.float64]:
    """Numbers by mode as an array of shape (8,); modes left out are zero.

    Raises:
        ValueError: an unknown mode, or a number that is not finite.
    """
    vector = np.zeros(len(MODES))
    for name, value in values.items():
        if name not in MODES:
            raise ValueError(
                f"{what}: unknown mode {name!r}; expected some of {MODES}"
                + did_you_mean(name, MODES)
            )
        if not np.isfinite(value):
            raise ValueError(f"{what}: expected a finite number for {name}, got {value!r}")
        vector[MODES.index(name)] = value
    return vector


def target_shares(values: Mapping[str, float]) -> NDArray[np.float64]:
    """Target shares in percent as an array of shape (8,); modes left out have a share of zero.

    Raises:
        ValueError: an unknown mode, a negative share, or a sum that is not 100 within 0.01.
    """
    shares = mode_vector("target shares", values)
    if (shares < 0.0).any():
        raise ValueError(f"target shares: expected none below zero, got {dict(values)}")
    if abs(shares.sum() - 100.0) > 0.01:
        raise ValueError(
            f"target shares: expected a sum of 100 %, got {shares.sum():g}; rescale them, or name "
            "the modes that are missing"
        )
    return shares

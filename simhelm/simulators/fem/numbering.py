"""Finding the same nodes in two lists of coordinates."""

from __future__ import annotations

import numpy as np
import scipy.spatial

from simhelm.simulators.fem.arrays import Floats, Integers


def matching(places: Floats, among: Floats) -> Integers:
    """For each of ``places`` (k, d) its number ``among`` (n, d).

    Raises:
        ValueError: a place is not there, with the distance to the nearest.
    """
    slack = 1e-9 * float(np.ptp(among, axis=0).max())
    distances, numbers = scipy.spatial.KDTree(among).query(places)
    worst = int(np.argmax(distances))
    if distances[worst] > slack:
        raise ValueError(
            f"no node at {places[worst]!r}: the nearest is {distances[worst]:.3g} m away"
        )
    return np.asarray(numbers, dtype=np.int64)

"""Strains and stresses as vectors."""

from __future__ import annotations

import numpy as np

from simhelm.simulators.fem.arrays import Floats

SHEARS = {2: ((0, 1),), 3: ((0, 1), (1, 2), (0, 2))}


def strain_of_gradient(gradient: Floats) -> Floats:
    """Strain with engineering shears from a displacement gradient.

    Args:
        gradient: shape (..., d, d), entry (i, j) the derivative of component i along j.

    Returns:
        Shape (..., 3 or 6): normal strains, then shears in the order xy, yz, xz.
    """
    d = gradient.shape[-1]
    normal = [gradient[..., i, i] for i in range(d)]
    shear = [gradient[..., i, j] + gradient[..., j, i] for i, j in SHEARS[d]]
    return np.stack([*normal, *shear], axis=-1)

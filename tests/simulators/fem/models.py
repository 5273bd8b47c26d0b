"""Small models that several tests share."""

from __future__ import annotations

from typing import Literal

import numpy as np

from simhelm.simulators.fem import (
    Discretisation,
    Impact,
    Plate,
    PlateModel,
    RandomField,
    Scenario,
    Scheme,
    SoftPatch,
    plate_mesh,
)
from simhelm.simulators.fem.arrays import Floats

SCENARIO = Scenario(Impact(centre=0.09), RandomField(3), SoftPatch((0.08, 0.06)))


def small_model(
    dimension: int,
    degree: Literal[1, 2],
    *,
    scheme: Scheme = Scheme(1e-6),
    steps: int = 70,
    backend: str = "scikit-fem",
) -> PlateModel:
    """A coarse plate of some hundred nodes."""
    thickness = None if dimension == 2 else 0.02
    # Quadratic elements in space have most nodes a cell: cells are twice as long there.
    size = 0.04 if (dimension, degree) == (3, 2) else 0.02
    mesh = plate_mesh(Plate(thickness=thickness), size, 3)
    return PlateModel(mesh, discretisation=Discretisation(degree, scheme, steps, backend=backend))


def relative(one: Floats, two: Floats) -> float:
    """Distance over the size of ``two``."""
    return float(np.linalg.norm(one - two) / np.linalg.norm(two))

"""A plate that was hit, and its stress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simhelm.core.problem import Value
from simhelm.simulators.fem import draw_plate
from simhelm.simulators.fem.plate import stressed_cells
from simhelm.simulators.fem.problem import ImpactedPlate

_LABEL = "greatest von Mises stress (MPa)"
# So that displacements of micrometres can be seen.
_SCALE = 50.0


def draw_stressed_plate(
    problem: ImpactedPlate, config: Mapping[str, Value] | None, seed: int, budget: int | None
) -> Any:
    """A figure: greatest stress of every cell over time, on the plate's last shape.

    Without a configuration, the plate unstressed.
    """
    steps = problem.full_budget if budget is None else budget
    model = problem.global_model(steps)
    cells = len(model.mesh.cells)
    if config is None:
        return draw_plate(model.mesh, np.zeros(cells), label=_LABEL)
    scenario = problem.scenario(config, seed)
    peaks, displacement = stressed_cells(model, scenario)
    return draw_plate(model.mesh, peaks, label=_LABEL, displacement=displacement, scale=_SCALE)

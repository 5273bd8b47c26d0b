"""A plate that was hit, and its stress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simhelm.simulators.fem import draw_plate
from simhelm.simulators.fem.picture import cell_peaks
from simhelm.simulators.fem.problem import ImpactedPlate
from simhelm.simulators.fem.stress import PeakStress
from simhelm.simulators.problem import Value

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
    states = model.simulate(scenario, record="all").recording.displacement[0]
    stress = PeakStress(model.space.stress(model.young(scenario)), model.material)
    over_time = stress.von_mises(states.reshape(len(states), -1).T)
    peaks = cell_peaks(over_time.max(axis=1), cells)
    return draw_plate(
        model.mesh, peaks / 1e6, label=_LABEL,
        displacement=states[-1][: len(model.mesh.points)], scale=_SCALE,
    )  # fmt: skip

"""Whether the cut of a submodel is far enough from what the submodel shows better."""

from __future__ import annotations

import dataclasses

import numpy as np

from simhelm.simulators.fem.arrays import Booleans, Floats, Matrix
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.interpolation import stress_operator_at
from simhelm.simulators.fem.nodes import stress_points
from simhelm.simulators.fem.run import Run
from simhelm.simulators.fem.submodel import Submodel


@dataclasses.dataclass(frozen=True, eq=False)
class CutCheck:
    """Stresses on the ring of cells inside the cut, global model against submodel.

    Attributes:
        places: middle of the ring's stress points, shape (p, d), m.
        difference: root mean square over time and components at each place, as a share of the
            greatest root mean square on the ring, shape (p,).
        total: the same over the whole ring, as a share of the ring's root mean square.
    """

    places: Floats
    difference: Floats
    total: float

    def is_far_enough(self, limit: float = 0.05) -> bool:
        """Whether both models agree along the cut, up to a share ``limit``."""
        return self.total <= limit


def check_cut(source: Space, whole: Run, submodel: Submodel, part: Run) -> CutCheck:
    """Compare stresses along the cut, as engineers do before they trust a submodel.

    Where they differ, the detail of the submodel reaches its boundary: cut farther out.

    Args:
        source: space of the global model, whose material is nominal in the zone.
        whole: one sample of it, recorded at ``"all"`` nodes.
        submodel: driven by a trace of that run.
        part: its run, with ``record=True``.

    Raises:
        ValueError: runs of other nodes, or without motion.
    """
    for name, run, space in (("whole", whole, source), ("part", part, submodel.space)):
        if run.recording.nodes.shape != space.nodes.coordinates.shape:
            raise ValueError(f"{name}: expected a run that recorded all nodes of its model")
    space = submodel.space
    near_cut: Booleans = np.any(np.isin(space.nodes.cell_nodes, submodel.driven), axis=1)
    reference = stress_points(space.mesh.dimension, space.degree)
    shares = np.column_stack([1.0 - reference.sum(axis=1), reference])
    corners = space.mesh.points[space.mesh.cells[near_cut]]
    places = np.einsum("qi,cid->cqd", shares, corners).reshape(-1, space.mesh.dimension)
    ours = _history(space.stress(chosen=near_cut), part)
    theirs = _history(stress_operator_at(source, places), whole)
    if not theirs.any():
        raise ValueError("whole: nothing moves at the cut: simulate for longer")
    count = space.material.components
    squared, size = (
        np.square(values).reshape(len(values), -1, count).mean(axis=(0, 2))
        for values in (ours - theirs, theirs)
    )
    return CutCheck(
        places, np.sqrt(squared / size.max()), float(np.sqrt(squared.sum() / size.sum()))
    )


def _history(operator: Matrix, run: Run) -> Floats:
    """Stresses of a run's first sample, shape (steps + 1, rows of the operator), Pa."""
    displacement = run.recording.displacement[0]
    history: Floats = (operator @ displacement.reshape(len(displacement), -1).T).T
    return history

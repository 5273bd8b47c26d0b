"""The submodel: the zone of interest alone, driven by the motion of its outline."""

from __future__ import annotations

import functools

import numpy as np

from simhelm.simulators.fem.arrays import Floats, Integers, dofs_of
from simhelm.simulators.fem.discretisation import Discretisation
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.integration import Stepper, System
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import part_with_nodes
from simhelm.simulators.fem.run import Run, follow
from simhelm.simulators.fem.stress import PeakStress
from simhelm.simulators.fem.trace import Trace

# Samples that are stepped together: more no longer fit into the processor's cache.
BATCH = 50


class Submodel:
    """A zone of a mesh with prescribed displacements where it was cut out.

    Driven by the trace of the global model with the same mesh, scheme and steps it moves as the
    zone does there, up to rounding. The parts of the zone's boundary that are boundary of the
    whole mesh are free.

    Args:
        mesh: the whole mesh, with a marked zone; only the zone is assembled.
        material: nominal in the zone.
        discretisation: element degree, time steps, damping and library.

    Attributes:
        space: of the zone.
        parent_nodes: number of each of its nodes in the whole mesh's space of that degree.
        driven: numbers of the nodes on the cut, once round.
    """

    def __init__(
        self,
        mesh: Mesh,
        material: Material,
        discretisation: Discretisation,
    ) -> None:
        self.discretisation = d = discretisation
        cut = mesh.cut()
        part, self.parent_nodes = part_with_nodes(mesh, mesh.zone, d.degree)
        self.space = Space(part, material, d.degree, d.backend)
        # Corners come first among nodes, and in the same order in a part as in the whole.
        facets = np.searchsorted(self.parent_nodes[: len(part.points)], cut)
        self.driven = in_ring_order(
            self.space.nodes.coordinates, self.space.nodes.of_facets(facets)
        )

    @property
    def driven_nodes(self) -> Floats:
        """Coordinates of the nodes on the cut, shape (k, d), m."""
        nodes: Floats = self.space.nodes.coordinates[self.driven]
        return nodes

    @functools.cached_property
    def system(self) -> System:
        """The matrices, with the cut driven."""
        driven = dofs_of(self.driven, self.space.mesh.dimension)
        return System(
            self.space.mass, self.space.stiffness(), self.discretisation.damping, driven=driven
        )

    @functools.cached_property
    def stepper(self) -> Stepper:
        """The factorised system, shared by all samples."""
        return Stepper(self.system, self.discretisation.scheme)

    @functools.cached_property
    def stress(self) -> PeakStress:
        """Von Mises stress at all stress points."""
        return PeakStress(self.space.stress(), self.space.material)

    def __getstate__(self) -> dict[str, object]:
        """Without what is factorised, which cannot be pickled and is made again when needed."""
        made = ("stepper", "stress", "system")
        return {name: value for name, value in self.__dict__.items() if name not in made}


def drive(submodel: Submodel, trace: Trace, *, record: bool = False) -> Run:
    """Simulate the zone for every sample of a trace.

    The accelerations of the cut are those that the time scheme itself derives from the
    displacements, and act on the interior through the consistent mass.

    Args:
        submodel: the zone.
        trace: at the submodel's ``driven_nodes``, in their order, and at its time steps; its
            first displacement is that at rest.
        record: keep the displacements of all nodes (else of the driven ones).

    Raises:
        ValueError: a trace of other nodes or times, or without samples.
    """
    _check_trace(submodel, trace)
    nodes = np.arange(len(submodel.space.nodes.coordinates)) if record else submodel.driven
    runs = [
        _drive_batch(submodel, trace[first : first + BATCH], nodes)
        for first in range(0, len(trace), BATCH)
    ]
    return Run.joined(runs, np.arange(len(trace)))


def _drive_batch(submodel: Submodel, trace: Trace, nodes: Integers) -> Run:
    samples, times = trace.displacement.shape[:2]
    motion = trace.displacement.reshape(samples, times, -1).transpose(1, 2, 0)
    stepper = submodel.stepper
    states = stepper.march(submodel.discretisation.steps, motion=np.ascontiguousarray(motion))
    return follow(states, stepper, submodel.space, submodel.stress, nodes, trace.times)


def _check_trace(submodel: Submodel, trace: Trace) -> None:
    expected = (submodel.discretisation.steps + 1, *submodel.driven_nodes.shape)
    if trace.displacement.shape[1:] != expected or len(trace) == 0:
        raise ValueError(
            f"trace: expected shape (samples >= 1, {', '.join(map(str, expected))}), got "
            f"{trace.displacement.shape}"
        )
    distance = float(np.abs(trace.nodes - submodel.driven_nodes).max())
    if distance > 1e-9 * float(np.ptp(submodel.driven_nodes)):
        raise ValueError(
            f"trace: its nodes are up to {distance:.3g} m from the driven ones; take it with "
            "extract_trace or interpolate_trace at the submodel's driven_nodes"
        )
    dt = submodel.discretisation.scheme.dt
    if abs(trace.dt - dt) > 1e-9 * dt:
        raise ValueError(
            f"trace: expected steps of {dt:g} s, got {trace.dt:g} s; use resample_trace"
        )


def in_ring_order(coordinates: Floats, nodes: Integers) -> Integers:
    """Nodes sorted by level, then by angle about their middle, anticlockwise from -pi."""
    places = coordinates[nodes]
    offset = places[:, :2] - 0.5 * (places[:, :2].min(axis=0) + places[:, :2].max(axis=0))
    angle = np.round(np.arctan2(offset[:, 1], offset[:, 0]), 9)
    # At -pi and pi, rounding would decide.
    angle[angle >= np.round(np.pi, 9)] -= 2.0 * np.round(np.pi, 9)
    level = np.zeros(len(nodes)) if places.shape[1] == 2 else np.round(places[:, 2], 12)
    ordered: Integers = nodes[np.lexsort((angle, level))]
    return ordered

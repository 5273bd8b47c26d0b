"""The global model: a plate, hit on one edge and held on the opposite one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from simhelm.simulators.fem.arrays import Floats, dofs_of
from simhelm.simulators.fem.discretisation import Discretisation
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.impact_model import straight_edges, unit_traction, young_moduli
from simhelm.simulators.fem.integration import Load, Stepper, System
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.meshing import plate_mesh
from simhelm.simulators.fem.picture import cell_peaks
from simhelm.simulators.fem.run import Run, follow
from simhelm.simulators.fem.scenario import Impact, Scenario
from simhelm.simulators.fem.stress import PeakStress
from simhelm.simulators.fem.submodel import Submodel, in_ring_order

Nodes = Literal["cut", "all"]


class PlateModel:
    """Linear elastodynamics of a plate with a zone of interest.

    The edge x = 0 carries the impact, the opposite edge is clamped, the rest is free. Inside the
    zone the material is nominal; outside it may be random.

    Args:
        mesh: with a marked zone that touches neither edge; by default the 300 mm x 200 mm plate
            with an 8 mm hole of :func:`~simhelm.simulators.fem.plate_mesh`.
        material: its ``kind`` has to fit the mesh.
        discretisation: element degree, time steps, damping and library.

    Raises:
        ValueError: no zone, one that touches a loaded or held edge, or a material that does not
            fit the mesh.
        ImportError: the back end's library is missing.

    Attributes:
        space: mesh and degrees of freedom.
        cut_nodes: numbers of the nodes on the zone's outline, once round.
    """

    def __init__(
        self,
        mesh: Mesh | None = None,
        material: Material | None = None,
        discretisation: Discretisation = Discretisation(),
    ) -> None:
        self.mesh = plate_mesh() if mesh is None else mesh
        if material is None:
            material = Material(kind="plane_stress" if self.mesh.dimension == 2 else "solid")
        self.material, self.discretisation = material, discretisation
        d = discretisation
        self.space = Space(self.mesh, material, d.degree, d.backend)
        hit, held = straight_edges(self.mesh)
        nodes = self.space.nodes
        self.cut_nodes = in_ring_order(nodes.coordinates, nodes.of_facets(self.mesh.cut()))
        self._fixed = dofs_of(nodes.of_facets(held), self.mesh.dimension)
        self._edge_mass = self.space.edge_mass(hit)
        self._zone_stress = PeakStress(self.space.stress(chosen=self.mesh.zone), material)

    def submodel(self) -> Submodel:
        """The zone alone, on the same mesh and with the same steps."""
        return Submodel(self.mesh, self.material, self.discretisation)

    def simulate(self, scenarios: Scenario | Sequence[Scenario], *, record: Nodes = "cut") -> Run:
        """Full solves; scenarios of the same material share one factorisation.

        Args:
            scenarios: one or many.
            record: keep the displacements of the ``"cut"`` nodes (in order), or of ``"all"``.

        Returns:
            A :class:`Run`, whose samples are in the order of the scenarios. Its peak stresses are
            those inside the zone.
        """
        listed = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
        if not listed:
            raise ValueError("scenarios: expected at least one")
        groups: dict[object, list[int]] = {}
        for number, scenario in enumerate(listed):
            groups.setdefault(scenario.material, []).append(number)
        runs = [
            self._simulate_group([listed[i] for i in group], record) for group in groups.values()
        ]
        order = np.argsort(np.concatenate(list(groups.values())))
        return Run.joined(runs, order)

    def young(self, scenario: Scenario) -> Floats:
        """Young's modulus of every cell, shape (m,), Pa."""
        return young_moduli(self.mesh, self.material, scenario)

    def system(self, scenario: Scenario) -> System:
        """The matrices of a scenario's structure."""
        return System(
            self.space.mass,
            self.space.stiffness(self.young(scenario)),
            self.discretisation.damping,
            fixed=self._fixed,
        )

    def load(self, impacts: Sequence[Impact]) -> Load:
        """Nodal forces of impacts, one column each."""
        patterns = np.stack([self._pattern(impact) for impact in impacts], axis=1)
        signals = np.stack([impact.signal(self.times) for impact in impacts], axis=1)
        return Load(patterns, signals)

    @property
    def times(self) -> Floats:
        """Shape (steps + 1,), s."""
        return self.discretisation.times

    def _pattern(self, impact: Impact) -> Floats:
        """Nodal forces of a unit amplitude: the profile, interpolated, times the edge mass."""
        traction = unit_traction(self.space.nodes.coordinates, impact)
        pattern: Floats = self._edge_mass @ traction.ravel()
        return pattern

    def _simulate_group(self, scenarios: list[Scenario], record: Nodes) -> Run:
        d = self.discretisation
        stepper = Stepper(self.system(scenarios[0]), d.scheme)
        states = stepper.march(d.steps, load=self.load([s.impact for s in scenarios]))
        nodes = self.cut_nodes if record == "cut" else np.arange(len(self.space.nodes.coordinates))
        return follow(states, stepper, self.space, self._zone_stress, nodes, self.times)


def stressed_cells(model: PlateModel, scenario: Scenario) -> tuple[Floats, Floats]:
    """Greatest von Mises stress over time in every cell, and where the points are at the end.

    Returns:
        stress: shape (m,), MPa.
        displacement: of the mesh's points at the last step, shape (n, d), m.
    """
    states = model.simulate(scenario, record="all").recording.displacement[0]
    stress = PeakStress(model.space.stress(model.young(scenario)), model.material)
    over_time = stress.von_mises(states.reshape(len(states), -1).T).max(axis=1)
    peaks = cell_peaks(over_time, len(model.mesh.cells))
    return 1e-6 * peaks, states[-1][: len(model.mesh.points)]

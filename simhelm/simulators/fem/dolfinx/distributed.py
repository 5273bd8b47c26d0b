"""The global model on many MPI ranks: DOLFINx assembles, MUMPS solves, traces are gathered."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.end_reason import EndReason
from simhelm.simulators.fem.arrays import Floats, Integers
from simhelm.simulators.fem.discretisation import Discretisation
from simhelm.simulators.fem.dolfinx.forms import Forms
from simhelm.simulators.fem.dolfinx.library import load_petsc
from simhelm.simulators.fem.dolfinx.stepping import DistributedStepper
from simhelm.simulators.fem.impact_model import straight_edges, unit_traction, young_moduli
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Nodes
from simhelm.simulators.fem.numbering import matching
from simhelm.simulators.fem.row_blocks import row_blocks
from simhelm.simulators.fem.run import Run
from simhelm.simulators.fem.scenario import Scenario
from simhelm.simulators.fem.stress import PeakStress
from simhelm.simulators.fem.submodel import in_ring_order
from simhelm.simulators.fem.trace import Recording


class DistributedPlateModel:
    """:class:`~simhelm.simulators.fem.PlateModel` on the ranks of a communicator.

    Every method is collective and gives the same on all ranks; results equal those of
    ``PlateModel`` up to rounding, whatever the number of ranks.

    Args:
        mesh: with a marked zone, the same on all ranks; it is distributed by DOLFINx.
        material, discretisation: as there (the back end is DOLFINx in any case).
        communicator: an ``mpi4py.MPI.Comm``.

    Raises:
        ImportError: DOLFINx is missing; names the extra to install.
        ValueError: what ``PlateModel`` refuses.

    Attributes:
        owned_nodes: how many nodes belong to this rank.
    """

    def __init__(
        self, mesh: Mesh, material: Material, discretisation: Discretisation, communicator: Any
    ) -> None:
        self._mesh, self._material, self._discretisation = mesh, material, discretisation
        self._hit, held = straight_edges(mesh)
        self._forms = Forms(mesh, material, discretisation.degree, communicator)
        self._petsc = load_petsc(communicator)
        self._communicator = communicator
        nodes = Nodes(mesh, discretisation.degree)
        self._nodes = nodes.coordinates
        self._cut = in_ring_order(nodes.coordinates, nodes.of_facets(mesh.cut()))
        index_map = self._forms.space.dofmap.index_map
        places = self._forms.space.tabulate_dof_coordinates()[:, : mesh.dimension]
        # Ghosts come after the nodes that this rank owns.
        self._numbers = matching(places, nodes.coordinates)
        self.owned_nodes = int(index_map.size_local)
        self._fixed = np.isin(self._numbers[: self.owned_nodes], nodes.of_facets(held))

    def simulate(self, scenario: Scenario) -> Run:
        """One full solve; records the nodes of the cut, and peak stresses in the zone."""
        d, dimension = self._discretisation, self._mesh.dimension
        stepper = DistributedStepper(
            self._petsc,
            self._forms,
            young_moduli(self._mesh, self._material, scenario),
            np.repeat(self._fixed, dimension),
            d,
        )
        force = self._force(stepper, scenario)
        signal = scenario.impact.signal(d.times)
        zone = np.flatnonzero(self._mesh.zone[self._forms.cells])
        stress = self._zone_stress(zone)
        squared = np.zeros((stress.places, 1))
        mine = np.flatnonzero(np.isin(self._numbers[: self.owned_nodes], self._cut))
        kept: list[Floats] = []
        finite = True
        for displacement in stepper.march(force, signal):
            by_node = displacement.reshape(-1, dimension)
            kept.append(by_node[mine])
            stress.update(displacement[:, None], squared)
            finite &= bool(np.isfinite(displacement).all())
        trace = self._gathered(self._numbers[mine], np.stack(kept, axis=1), self._cut)
        cells = np.flatnonzero(self._mesh.zone)
        peaks = self._gathered(self._forms.cells[zone], squared.reshape(len(zone), -1), cells)
        reason = EndReason.COMPLETED
        if self._communicator.allreduce(finite) < self._communicator.size:
            reason = EndReason.NOT_FINITE
            trace, peaks = np.zeros_like(trace), np.zeros_like(peaks)
        recording = Recording(d.times, self._nodes[self._cut], trace.transpose(1, 0, 2)[None])
        work = np.array([stepper.work * d.steps])
        return Run(recording, np.sqrt(peaks.reshape(1, -1)), (reason,), work)

    def _force(self, stepper: DistributedStepper, scenario: Scenario) -> Any:
        """Nodal forces of unit amplitude, a PETSc vector."""
        traction = unit_traction(self._nodes[self._numbers[: self.owned_nodes]], scenario.impact)
        return stepper.product(self._forms.edge_mass(self._hit), traction.ravel())

    def _zone_stress(self, zone: Integers) -> PeakStress:
        """In this rank's cells of the zone, from its own and ghost displacements."""
        blocks, columns = self._forms.stress_blocks(zone)
        width = len(self._numbers) * self._mesh.dimension
        return PeakStress(row_blocks(self._material.young * blocks, columns, width), self._material)

    def _gathered(self, numbers: Integers, values: Floats, wanted: Integers) -> Floats:
        """Rows of all ranks, in the order of ``wanted``; each number is on one rank only."""
        parts = self._communicator.allgather((numbers, values))
        found = np.concatenate([part[0] for part in parts])
        rows = np.concatenate([part[1] for part in parts if len(part[0])])
        order = np.argsort(found)
        gathered: Floats = rows[order[np.searchsorted(found, wanted, sorter=order)]]
        return gathered

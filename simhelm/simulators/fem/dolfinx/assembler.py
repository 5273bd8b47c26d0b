"""Assembly by DOLFINx in this process."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from simhelm.simulators.fem.arrays import Floats, Integers, Matrix, dofs_of
from simhelm.simulators.fem.dolfinx.forms import Forms
from simhelm.simulators.fem.dolfinx.library import load_dolfinx
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Degree, Nodes
from simhelm.simulators.fem.numbering import matching
from simhelm.simulators.fem.row_blocks import row_blocks


class DolfinxAssembler:
    """See :class:`~simhelm.simulators.fem.nodes.Assembler`.

    Every process that makes one works for itself, also within an MPI job.
    """

    def __init__(self, mesh: Mesh, material: Material, degree: Degree, nodes: Nodes) -> None:
        self._dolfinx = load_dolfinx()
        from mpi4py import MPI

        self._forms = Forms(mesh, material, degree, MPI.COMM_SELF)
        d = mesh.dimension
        places = self._forms.space.tabulate_dof_coordinates()[:, :d]
        self._dofs = dofs_of(matching(places, nodes.coordinates), d)
        # Cell numbers there of the cells here.
        self._cells = np.argsort(self._forms.cells)

    def stiffness(self, young: Floats) -> Matrix:
        """The modulus is a function that is constant in a cell."""
        return self._assembled(self._forms.stiffness(young))

    def mass(self) -> Matrix:
        """Exactly integrated."""
        return self._assembled(self._forms.mass())

    def edge_mass(self, facets: Integers) -> Matrix:
        """Exactly integrated."""
        return self._assembled(self._forms.edge_mass(facets))

    def stress(self, young: Floats, cells: Integers) -> Matrix:
        """From an expression that DOLFINx compiles."""
        blocks, columns = self._forms.stress_blocks(self._cells[cells])
        blocks = blocks * young[cells][:, None, None, None]
        return row_blocks(blocks, self._dofs[columns], len(self._dofs))

    def _assembled(self, form: Any) -> Matrix:
        matrix = self._dolfinx.fem.assemble_matrix(form)
        matrix.scatter_reverse()
        entries = matrix.to_scipy().tocoo()
        rows, columns = self._dofs[entries.row], self._dofs[entries.col]
        shape = (len(self._dofs), len(self._dofs))
        return scipy.sparse.csr_array(
            scipy.sparse.coo_array((entries.data, (rows, columns)), shape)
        )

"""Assembly by scikit-fem, the default back end."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import scipy.sparse

from simhelm.simulators.fem.arrays import Floats, Integers, Matrix, dofs_of
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Degree, Nodes, corner_places, stress_points
from simhelm.simulators.fem.numbering import matching
from simhelm.simulators.fem.row_blocks import row_blocks
from simhelm.simulators.fem.voigt import strain_of_gradient


class ScikitAssembler:
    """See :class:`~simhelm.simulators.fem.nodes.Assembler`."""

    def __init__(self, mesh: Mesh, material: Material, degree: Degree, nodes: Nodes) -> None:
        import skfem

        self._material, self._degree = material, degree
        kinds = {
            2: (skfem.MeshTri1, {1: skfem.ElementTriP1, 2: skfem.ElementTriP2}),
            3: (skfem.MeshTet1, {1: skfem.ElementTetP1, 2: skfem.ElementTetP2}),
        }
        kind, elements = kinds[mesh.dimension]
        self._cells = mesh.cells
        self._mesh = kind(mesh.points.T.copy(), mesh.cells.T.copy())
        self._element = skfem.ElementVector(elements[degree]())
        self._basis = skfem.CellBasis(self._mesh, self._element, intorder=2 * degree)
        self._dofs = self._our_dofs(nodes)

    def stiffness(self, young: Floats) -> Matrix:
        """The element matrices are scaled, so that only the sum is made anew."""
        rows, columns, unit = self._unit_stiffness
        return self._matrix(rows, columns, (unit * young).ravel())

    def mass(self) -> Matrix:
        """Exactly integrated."""
        import skfem
        from skfem.helpers import dot

        density = self._material.density
        form = skfem.BilinearForm(lambda u, v, w: density * dot(u, v))
        return self._renumbered(form.assemble(self._basis))

    def edge_mass(self, facets: Integers) -> Matrix:
        """Exactly integrated."""
        import skfem
        from skfem.helpers import dot

        numbers = self._facet_numbers(facets)
        basis = skfem.FacetBasis(
            self._mesh, self._element, facets=numbers, intorder=2 * self._degree
        )
        form = skfem.BilinearForm(lambda u, v, w: dot(u, v))
        return self._renumbered(form.assemble(basis))

    def stress(self, young: Floats, cells: Integers) -> Matrix:
        """From the gradients of the shape functions at the stress points."""
        import skfem

        points = stress_points(self._mesh.dim(), self._degree)
        basis = skfem.CellBasis(
            self._mesh,
            self._element,
            elements=cells,
            quadrature=(points.T.copy(), np.ones(len(points))),
        )
        # Axes: local function, (i, j) of the gradient, cell, point.
        gradients = np.stack([np.asarray(local[0].grad) for local in basis.basis])
        strain = strain_of_gradient(gradients.transpose(3, 4, 0, 1, 2))
        stress = np.einsum("ab,cpfb->cpaf", self._material.elasticity, strain)
        stress *= young[cells][:, None, None, None]
        if self._degree == 2:  # each point is near the corner of its number, in our order
            places = corner_places(self._cells[cells], self._mesh.t.T[cells])
            stress = np.take_along_axis(stress, places[:, :, None, None], axis=1)
        columns = self._dofs[basis.element_dofs.T]
        return row_blocks(stress, columns, self._basis.N)

    @functools.cached_property
    def _unit_stiffness(self) -> tuple[Integers, Integers, Floats]:
        """Rows, columns and element matrices at Young's modulus 1, shape (entries, cells)."""
        import skfem

        elasticity = self._material.elasticity

        def energy(u: Any, v: Any, w: Any) -> Any:
            one, two = (strain_of_gradient(np.moveaxis(f.grad, (0, 1), (-2, -1))) for f in (u, v))
            return np.einsum("...a,ab,...b->...", one, elasticity, two)

        entries = skfem.BilinearForm(energy).elemental(self._basis)
        rows, columns = (self._dofs[index] for index in entries.indices)
        return rows, columns, entries.data.reshape(-1, self._mesh.nelements)

    def _our_dofs(self, nodes: Nodes) -> Integers:
        """Our number of each of scikit-fem's degrees of freedom."""
        d = self._mesh.dim()
        places = self._basis.doflocs.T
        # The d components of a place are d consecutive numbers there, too.
        found = matching(places[::d], nodes.coordinates)
        return dofs_of(found, d)

    def _facet_numbers(self, facets: Integers) -> Integers:
        there = self._mesh.facets.T.tolist()
        known = {tuple(sorted(facet)): row for row, facet in enumerate(there)}
        try:
            return np.array([known[tuple(facet)] for facet in np.sort(facets, axis=1).tolist()])
        except KeyError as error:
            raise ValueError(f"facets: {error.args[0]} is no facet of the mesh") from error

    def _renumbered(self, matrix: Any) -> Matrix:
        entries = matrix.tocoo()
        return self._matrix(self._dofs[entries.row], self._dofs[entries.col], entries.data)

    def _matrix(self, rows: Integers, columns: Integers, values: Floats) -> Matrix:
        shape = (self._basis.N, self._basis.N)
        return scipy.sparse.csr_array(scipy.sparse.coo_array((values, (rows, columns)), shape))

"""The forms of elastodynamics on a DOLFINx mesh, on one rank or many."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.simulators.fem.arrays import Booleans, Floats, Integers
from simhelm.simulators.fem.dolfinx.library import load_dolfinx
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Degree, corner_places, stress_points
from simhelm.simulators.fem.voigt import SHEARS


class Forms:
    """Mesh, function space and forms of one communicator's ranks; making it is collective.

    Args:
        mesh: the whole mesh, the same on all ranks.
        material, degree: of the space.
        communicator: an ``mpi4py.MPI.Comm``.

    Attributes:
        mesh: the ``dolfinx.mesh.Mesh``.
        space: vector-valued Lagrange functions.
        cells: number in the whole mesh of each cell of this rank.
    """

    def __init__(self, mesh: Mesh, material: Material, degree: Degree, communicator: Any) -> None:
        import basix.ufl

        self._dolfinx = dolfinx = load_dolfinx()
        self._whole, self._material, self._degree = mesh, material, degree
        d = mesh.dimension
        shape = {2: "triangle", 3: "tetrahedron"}[d]
        straight = basix.ufl.element("Lagrange", shape, 1, shape=(d,))
        # One rank hands out the mesh; the others bring empty arrays.
        cells = mesh.cells if communicator.rank == 0 else mesh.cells[:0]
        points = mesh.points if communicator.rank == 0 else mesh.points[:0]
        self.mesh = dolfinx.mesh.create_mesh(communicator, cells, straight, points)
        self.space = dolfinx.fem.functionspace(self.mesh, ("Lagrange", degree, (d,)))
        self.cells = np.asarray(self.mesh.topology.original_cell_index, dtype=np.int64)
        self._young = dolfinx.fem.Function(dolfinx.fem.functionspace(self.mesh, ("DG", 0)))
        # Constants, not literals: a literal would be compiled into the form.
        elasticity = material.elasticity
        self._lame = self._constant(elasticity[0, 1])
        self._twice_shear = self._constant(2.0 * elasticity[-1, -1])
        self._density = self._constant(material.density)

    def stiffness(self, young: Floats) -> Any:
        """The compiled form; ``young`` of each cell of the whole mesh."""
        import ufl

        self._young.x.array[: len(self.cells)] = young[self.cells]
        u, v = ufl.TrialFunction(self.space), ufl.TestFunction(self.space)
        form = self._young * ufl.inner(self._unit_stress(u), _strain(v)) * ufl.dx
        return self._dolfinx.fem.form(form)

    def mass(self) -> Any:
        """The compiled form."""
        import ufl

        u, v = ufl.TrialFunction(self.space), ufl.TestFunction(self.space)
        return self._dolfinx.fem.form(self._density * ufl.inner(u, v) * ufl.dx)

    def edge_mass(self, facets: Integers) -> Any:
        """The compiled form over facets, point numbers of the whole mesh."""
        import ufl

        u, v = ufl.TrialFunction(self.space), ufl.TestFunction(self.space)
        over = ufl.Measure("ds", domain=self.mesh, subdomain_data=self._tags(facets))
        return self._dolfinx.fem.form(ufl.inner(u, v) * over(1))

    def stress_blocks(self, local: Integers) -> tuple[Floats, Integers]:
        """Stress at modulus 1 in cells of this rank from their own degrees of freedom.

        Returns:
            blocks: shape (cells, points, components, local dofs), points in our order.
            columns: this rank's numbers of those dofs, shape (cells, local dofs).
        """
        import ufl

        d = self._whole.dimension
        stress = self._unit_stress(ufl.TrialFunction(self.space))
        pairs = [*((i, i) for i in range(d)), *SHEARS[d]]
        components = ufl.as_vector([stress[i, j] for i, j in pairs])
        points = stress_points(d, self._degree)
        expression = self._dolfinx.fem.Expression(components, points)
        blocks = np.asarray(expression.eval(self.mesh, local.astype(np.int32)))
        blocks = blocks.reshape(len(local), len(points), len(pairs), -1)
        if self._degree == 2:
            theirs = self._numbers()[self.mesh.geometry.dofmaps[0][local]]
            places = corner_places(self._whole.cells[self.cells[local]], theirs)
            blocks = np.take_along_axis(blocks, places[:, :, None, None], axis=1)
        nodes = self.space.dofmap.list[local].astype(np.int64)
        columns = (nodes[:, :, None] * d + np.arange(d)).reshape(len(local), -1)
        return blocks, columns

    def _tags(self, facets: Integers) -> Any:
        """Mark the facets of this rank that are among ``facets`` with 1."""
        dimension = self._whole.dimension - 1
        topology = self.mesh.topology
        topology.create_connectivity(dimension, dimension + 1)
        outer = self._dolfinx.mesh.exterior_facet_indices(topology)
        corners = self._dolfinx.mesh.entities_to_geometry(self.mesh, dimension, outer)
        wanted = {tuple(facet) for facet in np.sort(facets, axis=1).tolist()}
        found = np.sort(self._numbers()[corners], axis=1).tolist()
        chosen: Booleans = np.array([tuple(facet) in wanted for facet in found], dtype=bool)
        count = self.mesh.comm.allreduce(int(chosen.sum()))
        if count != len(wanted):
            raise ValueError(f"facets: {len(wanted) - count} of them are no boundary of the mesh")
        marked = np.sort(outer[chosen]) if len(outer) else outer
        return self._dolfinx.mesh.meshtags(
            self.mesh, dimension, marked, np.ones(len(marked), dtype=np.int32)
        )

    def _numbers(self) -> Integers:
        """Number in the whole mesh of each point of this rank."""
        return np.asarray(self.mesh.geometry.input_global_indices, dtype=np.int64)

    def _unit_stress(self, u: Any) -> Any:
        import ufl

        strain = _strain(u)
        identity = ufl.Identity(self._whole.dimension)
        return self._lame * ufl.tr(strain) * identity + self._twice_shear * strain

    def _constant(self, value: float) -> Any:
        return self._dolfinx.fem.Constant(self.mesh, float(value))


def _strain(u: Any) -> Any:
    import ufl

    return ufl.sym(ufl.grad(u))

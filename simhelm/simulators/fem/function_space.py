"""Displacements on a mesh: what is assembled from a mesh, a material and an element degree."""

from __future__ import annotations

import functools

import numpy as np

from simhelm.simulators.fem.arrays import Booleans, Floats, Integers, Matrix
from simhelm.simulators.fem.backends import load_backend
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Degree, Nodes, part_with_nodes


class Space:
    """Displacements on a mesh, assembled by one of the back ends.

    Attributes:
        mesh, material, degree, backend: as given.
        nodes: numbers and coordinates.

    Raises:
        ValueError: material and mesh of different dimension, or an unknown back end.
        ImportError: the back end's library is missing; names the extra to install.
    """

    def __init__(
        self, mesh: Mesh, material: Material, degree: Degree = 1, backend: str = "scikit-fem"
    ) -> None:
        if material.dimension != mesh.dimension:
            raise ValueError(
                f"material: {material.kind} is for {material.dimension} dimensions, the mesh has "
                f"{mesh.dimension}"
            )
        self.mesh, self.material, self.degree, self.backend = mesh, material, degree, backend
        self.nodes = Nodes(mesh, degree)
        self._assembler = load_backend(backend)(mesh, material, degree, self.nodes)

    @property
    def size(self) -> int:
        """Degrees of freedom."""
        return int(self.nodes.coordinates.size)

    @functools.cached_property
    def mass(self) -> Matrix:
        """The consistent mass matrix, see :class:`Assembler`."""
        return self._assembler.mass()

    def stiffness(self, young: Floats | None = None) -> Matrix:
        """The stiffness matrix; ``young`` of each cell (m,), None for the material's."""
        moduli = self.material.checked_young(young, len(self.mesh.cells))
        return self._assembler.stiffness(moduli)

    def edge_mass(self, facets: Integers) -> Matrix:
        """The mass matrix of boundary facets, shape (k, d)."""
        return self._assembler.edge_mass(facets)

    def stress(self, young: Floats | None = None, chosen: Booleans | None = None) -> Matrix:
        """The operator from displacements to stresses in the chosen cells (all by default)."""
        moduli = self.material.checked_young(young, len(self.mesh.cells))
        everywhere = np.ones(len(self.mesh.cells), dtype=bool)
        cells = np.flatnonzero(everywhere if chosen is None else chosen)
        return self._assembler.stress(moduli, cells)

    def submesh(self, chosen: Booleans) -> tuple[Space, Integers]:
        """The space on the chosen cells, and the number here of each of its nodes."""
        part, numbers = part_with_nodes(self.mesh, chosen, self.degree)
        return Space(part, self.material, self.degree, self.backend), numbers

"""Time steps of a structure that is spread over MPI ranks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simhelm.simulators.fem.arrays import Booleans, Floats
from simhelm.simulators.fem.discretisation import Discretisation
from simhelm.simulators.fem.dolfinx.forms import Forms


class DistributedStepper:
    """The scheme of :class:`~simhelm.simulators.fem.Stepper` for one load, from rest.

    Args:
        petsc: the module ``petsc4py.PETSc``.
        forms: of the distributed mesh.
        young: of every cell of the whole mesh, Pa.
        fixed: which of this rank's own degrees of freedom stay at zero.
        discretisation: scheme, steps and damping.

    Attributes:
        work: multiplications of one step, those of the factors left out.
    """

    def __init__(
        self,
        petsc: Any,
        forms: Forms,
        young: Floats,
        fixed: Booleans,
        discretisation: Discretisation,
    ) -> None:
        self._petsc, self._forms, self._discretisation = petsc, forms, discretisation
        self._mass = self._matrix(forms.mass())
        self._stiffness = self._matrix(forms.stiffness(young))
        self._fixed = fixed
        self._solver = self._factorised()
        info = petsc.Mat.InfoType.GLOBAL_SUM
        self.work = 2 * int(self._stiffness.getInfo(info)["nz_used"])

    def march(self, force: Any, signal: Floats) -> Iterator[Floats]:
        """Yield this rank's displacements, its own and then ghosts, at steps 0 to the last.

        Args:
            force: nodal forces of unit signal, a PETSc vector.
            signal: shape (steps + 1,).
        """
        s = self._discretisation.scheme
        damping = self._discretisation.damping
        u, v, a = (self._stiffness.createVecRight() for _ in range(3))
        right, old_u, old_v = (u.duplicate() for _ in range(3))
        if signal[0]:
            raise ValueError("signal: expected a load that starts from zero")
        yield self._with_ghosts(u)
        for step in range(1, len(signal)):
            u.copy(old_u)
            v.copy(old_v)
            u.axpy(s.dt, v)
            u.axpy(s.dt**2 * (0.5 - s.beta), a)
            v.axpy(s.dt * (1.0 - s.gamma), a)
            # Both at the intermediate time, for the right-hand side only.
            old_u.axpby(1.0 - s.force_share, s.force_share, u)
            old_v.axpby(1.0 - s.force_share, s.force_share, v)
            between = (1.0 - s.force_share) * signal[step] + s.force_share * signal[step - 1]
            old_u.axpy(damping.stiffness, old_v)
            self._stiffness.mult(old_u, right)
            right.aypx(-1.0, float(between) * force)
            a.scale(s.mass_share)
            a.axpy(damping.mass, old_v)
            right.axpy(-1.0, self._mass * a)
            right.getArray()[self._fixed] = 0.0
            self._solver.solve(right, a)
            u.axpy(s.beta * s.dt**2, a)
            v.axpy(s.gamma * s.dt, a)
            yield self._with_ghosts(u)

    def product(self, form: Any, values: Floats) -> Any:
        """An assembled form times this rank's own ``values``, as a PETSc vector."""
        matrix = self._matrix(form)
        vector = matrix.createVecRight()
        vector.setArray(values)
        return matrix * vector

    def _matrix(self, form: Any) -> Any:
        from dolfinx.fem.petsc import assemble_matrix

        matrix = assemble_matrix(form)
        matrix.assemble()
        return matrix

    def _factorised(self) -> Any:
        """The effective matrix with the fixed rows and columns of the identity, in MUMPS."""
        s, damping = self._discretisation.scheme, self._discretisation.damping
        weight = 1.0 - s.force_share
        effective = self._mass.copy()
        effective.scale(1.0 - s.mass_share + weight * s.gamma * s.dt * damping.mass)
        effective.axpy(
            weight * s.dt * (s.beta * s.dt + s.gamma * damping.stiffness),
            self._stiffness,
            structure=self._petsc.Mat.Structure.SAME_NONZERO_PATTERN,
        )
        first, _ = effective.getOwnershipRange()
        rows = (first + np.flatnonzero(self._fixed)).astype(np.int32)
        effective.zeroRowsColumns(rows, diag=1.0)
        solver = self._petsc.KSP().create(comm=effective.getComm())
        solver.setOperators(effective)
        solver.setType("preonly")
        solver.getPC().setType("lu")
        solver.getPC().setFactorSolverType("mumps")
        solver.setUp()
        return solver

    def _with_ghosts(self, vector: Any) -> Floats:
        """What this rank has of a vector, its own and then ghosts, as a copy."""
        from dolfinx.la import vector as make

        space = self._forms.space
        values = make(space.dofmap.index_map, space.dofmap.index_map_bs)
        own = vector.getArray(readonly=True)
        values.array[: len(own)] = own
        values.scatter_forward()
        return np.array(values.array)

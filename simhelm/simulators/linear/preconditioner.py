"""The SSOR preconditioner as a scipy LinearOperator."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse.linalg
from numpy.typing import NDArray

from simhelm.simulators.linear.kernels.conjugate_gradients import precondition
from simhelm.simulators.linear.matrix import prepare
from simhelm.simulators.linear.solvers import check_omega, check_shifts


class SSORPreconditioner(scipy.sparse.linalg.LinearOperator):  # type: ignore[misc]
    """M^-1 for ``scipy.sparse.linalg.cg(A, b, M=SSORPreconditioner(A, omega))``.

    M = (D + omega L)' D^-1 (D + omega L) / (omega (2 - omega)) for the symmetric matrix
    A + shift I with diagonal D and strict lower triangle L.

    Args:
        A: symmetric sparse matrix with positive diagonal, or a :class:`PreparedMatrix`.
        omega: relaxation factor in (0, 2).
        shift: added to the diagonal.

    Attributes:
        applications: how often it was applied; scipy's CG does so once an iteration.

    Raises:
        TypeError, ValueError: omega, matrix or shift that relaxation cannot work with.
    """

    def __init__(self, A: object, omega: float, *, shift: float = 0.0) -> None:
        check_omega(omega)
        self.matrix = prepare(A)
        check_shifts(self.matrix, np.array([shift], dtype=np.float64))
        self.omega = float(omega)
        self.diagonal_shift = float(shift)
        self.applications = 0
        super().__init__(np.dtype(np.float64), (self.matrix.size, self.matrix.size))

    def _matvec(self, x: NDArray[Any]) -> NDArray[np.float64]:
        r = np.ascontiguousarray(x, dtype=np.float64).ravel()
        z = np.empty_like(r)
        precondition(*self.matrix.arrays, self.omega, self.diagonal_shift, r, z)
        self.applications += 1
        return z

    def _adjoint(self) -> SSORPreconditioner:
        return self

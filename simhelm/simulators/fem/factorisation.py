"""Direct solution of sparse symmetric systems, factorised once for many right-hand sides."""

from __future__ import annotations

import numpy as np
import scipy.sparse.linalg

from simhelm.simulators.fem.arrays import Floats, Matrix


class Factorisation:
    """A symmetric positive definite matrix, ready to be solved with.

    Attributes:
        setup_work: multiplications of the factorisation.
        solve_work: multiplications of a solution for one right-hand side.

    Raises:
        ValueError: the matrix is singular: a body that is free to move, say.
    """

    def __init__(self, matrix: Matrix) -> None:
        # Symmetric mode: diagonal pivots and an ordering of A + A^T halve the fill.
        try:
            self._factors = scipy.sparse.linalg.splu(
                matrix.tocsc(),
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0,
                options={"SymmetricMode": True},
            )
        except RuntimeError as error:
            raise ValueError(f"matrix: cannot be factorised: {error}") from error
        lower = np.diff(self._factors.L.indptr).astype(np.float64)
        self.setup_work = int(np.sum(lower * (lower + 1.0) / 2.0))
        self.solve_work = int(self._factors.nnz)

    def solve(self, right: Floats) -> Floats:
        """Solutions, shape of ``right``: (n,) or (n, k)."""
        solution: Floats = self._factors.solve(right)
        return solution

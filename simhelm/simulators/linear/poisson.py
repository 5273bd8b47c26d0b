"""The five-point Laplacian, the model problem of relaxation theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from simhelm.core.checks import whole_number


def poisson2d(n: int) -> scipy.sparse.csr_array[Any, Any]:
    """The n^2 x n^2 five-point matrix of -Laplace on an n x n interior grid, without 1/h^2.

    Diagonal 4, off-diagonals -1, Dirichlet boundary, rows numbered grid line by grid line. The
    Jacobi spectral radius is cos(pi / (n + 1)).

    Raises:
        TypeError, ValueError: n is not a whole number, or less than 1.
    """
    n = whole_number("n", n)
    off = -np.ones(n - 1)
    line = scipy.sparse.diags_array([off, 2.0 * np.ones(n), off], offsets=[-1, 0, 1])
    identity = scipy.sparse.identity(n)
    matrix = scipy.sparse.kron(line, identity) + scipy.sparse.kron(identity, line)
    result = scipy.sparse.csr_array(matrix)
    result.eliminate_zeros()  # kron stores some for small grids
    result.sort_indices()
    return result

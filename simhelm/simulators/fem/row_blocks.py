"""Sparse matrices from dense blocks of rows."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from simhelm.simulators.fem.arrays import Floats, Integers, Matrix


def row_blocks(blocks: Floats, columns: Integers, width: int) -> Matrix:
    """A matrix whose rows are those of dense blocks (cell, point, component, local dof)."""
    cells, points, components, local = blocks.shape
    rows = cells * points * components
    indices = np.broadcast_to(columns[:, None, None, :], blocks.shape).ravel()
    matrix = scipy.sparse.csr_array(
        (blocks.ravel(), indices, np.arange(rows + 1) * local), (rows, width)
    )
    matrix.sort_indices()
    matrix.eliminate_zeros()
    return matrix

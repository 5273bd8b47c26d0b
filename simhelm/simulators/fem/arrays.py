"""Names of the array types that all of this room uses."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Matrix: TypeAlias = "scipy.sparse.csr_array[Any, Any]"


def dofs_of(nodes: Integers, dimension: int) -> Integers:
    """Degrees of freedom of nodes: ``dimension`` consecutive ones a node, node by node."""
    dofs: Integers = (nodes[:, None] * dimension + np.arange(dimension)).ravel()
    return dofs

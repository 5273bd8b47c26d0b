"""What one core of this machine can do at most, to be measured beside the contenders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FLOPS = "one core's matrix product"
# A product of matrices of this order: all of it in the caches, nearly all of it arithmetic.
_ORDER = 600
FLOPS_A_PRODUCT = 2.0 * _ORDER**3


def matrix_product() -> Callable[[], object]:
    """A call of BLAS; CPU seconds count all its threads, so the rate is that of one core."""
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal((_ORDER, _ORDER)) for _ in range(3))
    return lambda: np.matmul(a, b, out=c)

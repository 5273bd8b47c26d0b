"""Compiled few-body kernels: plain arrays in, plain numbers out, no checks (callers made them).

Everywhere G = 1; ``masses`` has shape (N,), ``x`` and ``v`` shape (N, 3), all float64 in C order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Outcome codes; integration.py maps them to EndReason.
COMPLETED = 0
NOT_FINITE = 1
STEP_LIMIT = 2
STEP_UNDERFLOW = 3
CLOSE_APPROACH = 4
RUNNING = -1

# Integration methods.
HERMITE4 = 0
LEAPFROG = 1
YOSHIDA4 = 2
YOSHIDA6 = 3
GAUSS_RADAU15 = 4
HERMITE6 = 5

# What the step parameter multiplies.
COLLISION_TIME = 0
AARSETH = 1
CONSTANT = 2

# A step that would leave less than this share of itself to the end time is stretched to it.
SLIVER = 1e-12

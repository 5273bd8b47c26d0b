"""What all integrators share: meeting the end time exactly, and when to stop before it."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import inlined_as_written
from simhelm.simulators.nbody.kernels import (
    CLOSE_APPROACH,
    NOT_FINITE,
    RUNNING,
    SLIVER,
    STEP_LIMIT,
    STEP_UNDERFLOW,
)


@inlined_as_written
def clip(t: float, dt: float, duration: float) -> tuple[float, bool]:
    """The step, cut or stretched by a sliver to the end time, and whether it is the last."""
    if t + dt * (1.0 + SLIVER) >= duration:
        return duration - t, True
    return dt, False


@inlined_as_written
def equal_steps(duration: float, longest: float) -> float:
    """How many equal steps of at most ``longest`` make up the duration (a whole number)."""
    number: float = max(1.0, np.ceil(duration / longest * (1.0 - SLIVER)))
    return number


@inlined_as_written
def equal_share(t: float, steps: int, number: float, duration: float) -> tuple[float, bool]:
    """The next of ``number`` equal steps, ``steps`` of them done, and whether it is the last."""
    left = number - steps
    return (duration - t) / left, left <= 1.0


@inlined_as_written
def judge(
    t: float, dt: float, last: bool, steps: float, max_steps: float, closest: float, near2: float
) -> int:
    """The outcome that forbids another sub-step of dt, or RUNNING."""
    if closest < near2:
        return CLOSE_APPROACH
    if not np.isfinite(dt):
        return NOT_FINITE
    if t + dt == t and not last:
        return STEP_UNDERFLOW
    return STEP_LIMIT if steps >= max_steps else RUNNING

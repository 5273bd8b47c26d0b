"""One compiled entry for all methods: a batch of systems of equal size, each with its own."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.nbody.kernels import (
    COLLISION_TIME,
    GAUSS_RADAU15,
    HERMITE4,
    HERMITE6,
    LEAPFROG,
    NOT_FINITE,
    YOSHIDA4,
    Floats,
    Integers,
)
from simhelm.simulators.nbody.kernels.gauss_radau import gauss_radau
from simhelm.simulators.nbody.kernels.hermite import hermite
from simhelm.simulators.nbody.kernels.hermite6 import hermite6
from simhelm.simulators.nbody.kernels.lanes import advance_queue
from simhelm.simulators.nbody.kernels.leapfrog import WEIGHTS_4, WEIGHTS_6, leapfrog, yoshida


@compiled
def _is_planar_triple(x: Floats, v: Floats) -> bool:
    if x.shape[0] != 3:
        return False
    flat = True
    for i in range(3):
        flat = flat and x[i, 2] == 0.0 and v[i, 2] == 0.0
    return flat


@compiled
def advance(
    method: int,
    criterion: int,
    passes: int,
    parameter: float,
    soft2: float,
    max_steps: int,
    near2: float,
    masses: Floats,
    x: Floats,
    v: Floats,
    memory: Floats,
    duration: float,
) -> tuple[int, int, int, float]:
    """Advance one system in place; see hermite.

    A result that is not finite is not written back: x and v keep their start values then, and
    the time reached is 0.
    """
    if duration == 0.0:
        return 0, 0, 0, 0.0
    p, q = x.copy(), v.copy()
    if method == HERMITE4:
        found = hermite(
            masses, p, q, duration, criterion, parameter, passes, soft2, max_steps, near2
        )
    elif method == HERMITE6:
        found = hermite6(masses, p, q, duration, criterion, parameter, soft2, max_steps, near2)
    elif method == LEAPFROG:
        found = leapfrog(masses, p, q, duration, criterion, parameter, soft2, max_steps, near2)
    elif method == GAUSS_RADAU15:
        found = gauss_radau(masses, p, q, duration, parameter, soft2, max_steps, near2, memory)
    else:
        weights = WEIGHTS_4 if method == YOSHIDA4 else WEIGHTS_6
        found = yoshida(masses, p, q, duration, weights, parameter, soft2, max_steps, near2)
    if method != GAUSS_RADAU15:
        memory[0] = 0.0
    outcome, steps, evaluations, reached = found
    if not (np.all(np.isfinite(p)) and np.all(np.isfinite(q))):
        memory[0] = 0.0
        return NOT_FINITE, steps, evaluations, 0.0
    x[:], v[:] = p, q
    return outcome, steps, evaluations, reached


@compiled
def advance_range(
    first: int,
    end: int,
    schemes: Integers,
    parameters: Floats,
    soft2: float,
    max_steps: int,
    near2: float,
    masses: Floats,
    x: Floats,
    v: Floats,
    memory: Floats,
    durations: Floats,
    counts: Integers,
    reached: Floats,
) -> None:
    """Advance systems first ... end - 1.

    ``schemes`` has columns (method, criterion, passes); ``masses`` shape (E, N), ``x`` and ``v``
    (E, N, 3), ``memory`` (E, 2 + 42 N). ``counts`` is filled with columns (outcome, sub-steps,
    force evaluations).
    """
    queue = np.empty(end - first, dtype=np.int64)
    queued = 0
    for s in range(first, end):
        method, criterion, passes = schemes[s]
        plain = method == HERMITE4 and criterion == COLLISION_TIME and passes == 1 and soft2 == 0.0
        if plain and durations[s] > 0.0 and _is_planar_triple(x[s], v[s]):
            memory[s, 0] = 0.0
            queue[queued] = s
            queued += 1
            continue
        counts[s, 0], counts[s, 1], counts[s, 2], reached[s] = advance(
            method,
            criterion,
            passes,
            parameters[s],
            soft2,
            max_steps,
            near2,
            masses[s],
            x[s],
            v[s],
            memory[s],
            durations[s],
        )
    if queued > 0:
        advance_queue(
            queue[:queued], parameters, max_steps, near2,
            masses, x, v, durations, counts, reached,
        )  # fmt: skip

"""Fourth-order Hermite for any number of bodies (Makino & Aarseth 1992): P(EC)^n.

With one pass (PEC) the forces at the predicted state serve as those of the next step's start.
"""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled, compiled_in_place
from simhelm.simulators.nbody.kernels import (
    AARSETH,
    COMPLETED,
    CONSTANT,
    RUNNING,
    Floats,
)
from simhelm.simulators.nbody.kernels.forces import accelerations_and_jerks
from simhelm.simulators.nbody.kernels.stepping import clip, equal_share, equal_steps, judge


@compiled_in_place
def aarseth_step(a0: Floats, j0: Floats, a1: Floats, j1: Floats, dt: float) -> float:
    """sqrt((|a||s| + |j|^2) / (|j||c| + |s|^2)) at the end of a step, the smallest of all bodies.

    Snap s and crackle c come from the Hermite interpolant (Aarseth 2003, eq. 2.13; the factor
    eta stands before the root here, so that it scales the step linearly as mu does).
    """
    least = np.inf
    for i in range(a0.shape[0]):
        aa, jj, ss, cc = 0.0, 0.0, 0.0, 0.0
        for k in range(3):
            difference = a0[i, k] - a1[i, k]
            c = (12.0 * difference + 6.0 * dt * (j0[i, k] + j1[i, k])) / (dt * dt * dt)
            s = (-6.0 * difference - dt * (4.0 * j0[i, k] + 2.0 * j1[i, k])) / (dt * dt) + dt * c
            aa += a1[i, k] ** 2
            jj += j1[i, k] ** 2
            ss += s * s
            cc += c * c
        ratio = (np.sqrt(aa * ss) + jj) / (np.sqrt(jj * cc) + ss)
        least = min(least, ratio)
    shortest: float = np.sqrt(least)
    return shortest


@compiled_in_place
def predict(x: Floats, v: Floats, a: Floats, j: Floats, dt: float, p: Floats, q: Floats) -> None:
    """Places p and velocities q after dt by Taylor's series; all of shape (N, 3)."""
    third = dt * (1.0 / 3.0)
    half = 0.5 * dt
    for i in range(x.shape[0]):
        for k in range(3):
            place, speed, pull, change = x[i, k], v[i, k], a[i, k], j[i, k]
            p[i, k] = place + dt * (speed + half * (pull + third * change))
            q[i, k] = speed + dt * (pull + half * change)


@compiled_in_place
def correct(
    x: Floats,
    v: Floats,
    a0: Floats,
    j0: Floats,
    a1: Floats,
    j1: Floats,
    dt: float,
    p: Floats,
    q: Floats,
) -> None:
    """Places p and velocities q from the forces at both ends; they may be x and v themselves."""
    h, g = 0.5 * dt, dt * dt * (1.0 / 12.0)
    for i in range(x.shape[0]):
        for k in range(3):
            place, speed, pull, other = x[i, k], v[i, k], a0[i, k], a1[i, k]
            new = speed + (pull + other) * h + (j0[i, k] - j1[i, k]) * g
            p[i, k] = place + (speed + new) * h + (pull - other) * g
            q[i, k] = new


@compiled
def hermite(
    masses: Floats,
    x: Floats,
    v: Floats,
    duration: float,
    criterion: int,
    parameter: float,
    passes: int,
    soft2: float,
    max_steps: int,
    near2: float,
) -> tuple[int, int, int, float]:
    """Advance x and v in place by ``duration``; the last sub-step is cut to end there exactly.

    ``passes`` is the n of P(EC)^n; ``near2`` the squared distance that ends the run. Returns
    (outcome, sub-steps, force evaluations, time reached).
    """
    n = masses.size
    p, q = np.empty((n, 3)), np.empty((n, 3))
    a0, j0, a1, j1 = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    scale, closest = accelerations_and_jerks(masses, x, v, soft2, a0, j0)
    t = 0.0
    steps = 0
    number = equal_steps(duration, parameter)
    outcome = RUNNING
    while outcome == RUNNING:
        if criterion == CONSTANT:
            dt, last = equal_share(t, steps, number, duration)
        else:
            dt, last = clip(t, parameter * scale, duration)
        outcome = judge(t, dt, last, steps, max_steps, closest, near2)
        if outcome != RUNNING:
            break
        predict(x, v, a0, j0, dt, p, q)
        scale, closest = accelerations_and_jerks(masses, p, q, soft2, a1, j1)
        for _ in range(1, passes):
            correct(x, v, a0, j0, a1, j1, dt, p, q)
            scale, closest = accelerations_and_jerks(masses, p, q, soft2, a1, j1)
        if criterion == AARSETH:
            scale = aarseth_step(a0, j0, a1, j1, dt)
        correct(x, v, a0, j0, a1, j1, dt, x, v)
        a0, j0, a1, j1 = a1, j1, a0, j0
        steps += 1
        t += dt
        if last:
            t = duration
            outcome = COMPLETED
    return outcome, steps, 1 + passes * steps, t

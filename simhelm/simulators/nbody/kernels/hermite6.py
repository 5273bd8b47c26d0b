"""Sixth-order Hermite for any number of bodies (Nitadori & Makino 2008), PEC.

Accelerations and jerks come from one pass over the pairs, their second derivatives, the snaps,
from another, which counts as an evaluation of its own. The predictor uses the third derivative,
crackle, of the last step's interpolant; the first step has none.
"""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled, compiled_in_place
from simhelm.simulators.nbody.kernels import COMPLETED, CONSTANT, RUNNING, Floats
from simhelm.simulators.nbody.kernels.forces import accelerations_and_jerks
from simhelm.simulators.nbody.kernels.stepping import clip, equal_share, equal_steps, judge


@compiled_in_place
def add_snaps(masses: Floats, x: Floats, v: Floats, soft2: float, a: Floats, s: Floats) -> None:
    """Fill snaps s from places, velocities and accelerations, all of shape (N, 3)."""
    n = masses.size
    for i in range(n):
        sx, sy, sz = 0.0, 0.0, 0.0
        for k in range(i):
            dx, dy, dz = x[k, 0] - x[i, 0], x[k, 1] - x[i, 1], x[k, 2] - x[i, 2]
            ux, uy, uz = v[k, 0] - v[i, 0], v[k, 1] - v[i, 1], v[k, 2] - v[i, 2]
            bx, by, bz = a[k, 0] - a[i, 0], a[k, 1] - a[i, 1], a[k, 2] - a[i, 2]
            s2 = dx * dx + dy * dy + dz * dz + soft2
            inverse = 1.0 / s2
            w = inverse * inverse * np.sqrt(s2)
            alpha = (dx * ux + dy * uy + dz * uz) * inverse
            pull = ux * ux + uy * uy + uz * uz + dx * bx + dy * by + dz * bz
            three_beta = 3.0 * (pull * inverse + alpha * alpha)
            qx = bx - 6.0 * alpha * (ux - 3.0 * alpha * dx) - three_beta * dx
            qy = by - 6.0 * alpha * (uy - 3.0 * alpha * dy) - three_beta * dy
            qz = bz - 6.0 * alpha * (uz - 3.0 * alpha * dz) - three_beta * dz
            wi, wk = masses[k] * w, masses[i] * w
            sx, sy, sz = sx + wi * qx, sy + wi * qy, sz + wi * qz
            s[k, 0] -= wk * qx
            s[k, 1] -= wk * qy
            s[k, 2] -= wk * qz
        s[i, 0], s[i, 1], s[i, 2] = sx, sy, sz


@compiled_in_place
def _predict(
    x: Floats,
    v: Floats,
    a: Floats,
    j: Floats,
    s: Floats,
    c: Floats,
    dt: float,
    p: Floats,
    q: Floats,
) -> None:
    for i in range(x.shape[0]):
        for k in range(3):
            speed, pull, jerk, snap, crackle = v[i, k], a[i, k], j[i, k], s[i, k], c[i, k]
            p[i, k] = x[i, k] + dt * (
                speed
                + dt / 2.0 * (pull + dt / 3.0 * (jerk + dt / 4.0 * (snap + dt / 5.0 * crackle)))
            )
            q[i, k] = speed + dt * (
                pull + dt / 2.0 * (jerk + dt / 3.0 * (snap + dt / 4.0 * crackle))
            )


@compiled_in_place
def _correct(
    x: Floats,
    v: Floats,
    a0: Floats,
    j0: Floats,
    s0: Floats,
    a1: Floats,
    j1: Floats,
    s1: Floats,
    c: Floats,
    dt: float,
) -> None:
    """Advance x and v, and fill the crackles at the end of the step."""
    h = 0.5 * dt
    for i in range(x.shape[0]):
        for k in range(3):
            sum_a, change_a = a1[i, k] + a0[i, k], a1[i, k] - a0[i, k]
            sum_j, change_j = h * (j1[i, k] + j0[i, k]), h * (j1[i, k] - j0[i, k])
            sum_s, change_s = h * h * (s1[i, k] + s0[i, k]), h * h * (s1[i, k] - s0[i, k])
            speed = v[i, k]
            new = speed + h * (sum_a - 0.4 * change_j + sum_s / 15.0)
            x[i, k] += h * (speed + new - 0.4 * h * change_a + h / 15.0 * sum_j)
            v[i, k] = new
            third = (5.0 * (sum_j - change_a) - change_s) / 8.0
            fourth = (sum_s - change_j) / 16.0
            fifth = (3.0 * (change_a - sum_j) + change_s) / 16.0
            c[i, k] = (6.0 * third + 24.0 * fourth + 60.0 * fifth) / (h * h * h)


@compiled
def hermite6(
    masses: Floats,
    x: Floats,
    v: Floats,
    duration: float,
    criterion: int,
    parameter: float,
    soft2: float,
    max_steps: int,
    near2: float,
) -> tuple[int, int, int, float]:
    """Advance x and v in place by ``duration``; arguments and results as in hermite.

    Each of the two passes over the pairs counts as a force evaluation.
    """
    n = masses.size
    p, q, c = np.empty((n, 3)), np.empty((n, 3)), np.zeros((n, 3))
    a0, j0, s0 = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    a1, j1, s1 = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    scale, closest = accelerations_and_jerks(masses, x, v, soft2, a0, j0)
    add_snaps(masses, x, v, soft2, a0, s0)
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
        _predict(x, v, a0, j0, s0, c, dt, p, q)
        scale, closest = accelerations_and_jerks(masses, p, q, soft2, a1, j1)
        add_snaps(masses, p, q, soft2, a1, s1)
        _correct(x, v, a0, j0, s0, a1, j1, s1, c, dt)
        a0, j0, s0, a1, j1, s1 = a1, j1, s1, a0, j0, s0
        steps += 1
        t += dt
        if last:
            t = duration
            outcome = COMPLETED
    return outcome, steps, 2 + 2 * steps, t

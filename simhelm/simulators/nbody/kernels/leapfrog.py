"""Kick-drift-kick leapfrog with time-symmetrised steps, and Yoshida's compositions of it."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.nbody.kernels import COLLISION_TIME, COMPLETED, RUNNING, SLIVER, Floats
from simhelm.simulators.nbody.kernels.forces import accelerations, collision_time
from simhelm.simulators.nbody.kernels.stepping import clip, equal_share, equal_steps, judge

# Yoshida 1990: order 4 in three steps, and order 6, table 1, solution A; symmetric, summing to one.
_CUBE_ROOT = 2.0 ** (1.0 / 3.0)
_OUTER = 1.0 / (2.0 - _CUBE_ROOT)
WEIGHTS_4 = np.array([_OUTER, -_CUBE_ROOT * _OUTER, _OUTER])
_A = (0.784513610477560, 0.235573213359357, -1.17767998417887)
WEIGHTS_6 = np.array([*_A, 1.0 - 2.0 * sum(_A), *_A[::-1]])

# The implicit step of the symmetrised leapfrog is solved to rounding; each try is one
# evaluation, and the contraction is about the step parameter itself.
_TRIES = 40
_SETTLED = 4e-16


@compiled
def kick_drift_kick(
    masses: Floats,
    x: Floats,
    v: Floats,
    a: Floats,
    dt: float,
    soft2: float,
    x1: Floats,
    v1: Floats,
    a1: Floats,
) -> float:
    """One step into x1, v1, a1 (one evaluation); returns the smallest squared distance."""
    for i in range(masses.size):
        for k in range(3):
            v1[i, k] = v[i, k] + 0.5 * dt * a[i, k]
            x1[i, k] = x[i, k] + dt * v1[i, k]
    closest = accelerations(masses, x1, soft2, a1)
    for i in range(masses.size):
        for k in range(3):
            v1[i, k] += 0.5 * dt * a1[i, k]
    return closest


@compiled
def symmetrised_step(
    masses: Floats,
    x: Floats,
    v: Floats,
    a: Floats,
    mu: float,
    soft2: float,
    room: float,
    x1: Floats,
    v1: Floats,
    a1: Floats,
) -> tuple[float, int, float]:
    """One step of mu times the mean collision time of its two ends (Hut, Makino & McMillan 1995).

    Reversing it retraces it, up to rounding. Returns (dt, evaluations, smallest distance^2);
    a dt above ``room`` is returned as soon as it shows, with x1, v1, a1 not to be used.
    """
    start = mu * collision_time(masses, x, v, soft2)
    dt = start
    closest = np.inf
    for tries in range(1, _TRIES + 1):
        if not dt < room:
            return dt, tries - 1, closest
        closest = kick_drift_kick(masses, x, v, a, dt, soft2, x1, v1, a1)
        mean = 0.5 * (start + mu * collision_time(masses, x1, v1, soft2))
        if abs(mean - dt) <= _SETTLED * dt:
            return dt, tries, closest
        if tries < _TRIES:
            dt = mean
    return dt, _TRIES, closest


@compiled
def leapfrog(
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
    """Advance x and v in place; see hermite. The last sub-step is cut and not symmetrised."""
    n = masses.size
    x1, v1 = np.empty((n, 3)), np.empty((n, 3))
    a, a1 = np.empty((n, 3)), np.empty((n, 3))
    closest = accelerations(masses, x, soft2, a)
    evaluations = 1
    t = 0.0
    steps = 0
    number = equal_steps(duration, parameter)
    outcome = RUNNING
    while outcome == RUNNING:
        outcome = judge(t, 1.0, False, steps, max_steps, closest, near2)
        if outcome != RUNNING:
            break
        tries, nearest = 0, np.inf
        if criterion == COLLISION_TIME:
            room = (duration - t) * (1.0 - SLIVER)
            dt, tries, nearest = symmetrised_step(
                masses, x, v, a, parameter, soft2, room, x1, v1, a1
            )
            dt, last = clip(t, dt, duration)
        else:
            dt, last = equal_share(t, steps, number, duration)
        outcome = judge(t, dt, last, steps, max_steps, closest, near2)
        if outcome != RUNNING:
            break
        if criterion != COLLISION_TIME or last:
            nearest = kick_drift_kick(masses, x, v, a, dt, soft2, x1, v1, a1)
            tries += 1
        evaluations += tries
        closest = nearest
        x[:], v[:], a[:] = x1, v1, a1
        steps += 1
        t += dt
        if last:
            t = duration
            outcome = COMPLETED
    return outcome, steps, evaluations, t


@compiled
def yoshida(
    masses: Floats,
    x: Floats,
    v: Floats,
    duration: float,
    weights: Floats,
    step: float,
    soft2: float,
    max_steps: int,
    near2: float,
) -> tuple[int, int, int, float]:
    """Advance x and v in place by equal steps of at most ``step``; see hermite."""
    n = masses.size
    x1, v1 = np.empty((n, 3)), np.empty((n, 3))
    a, a1 = np.empty((n, 3)), np.empty((n, 3))
    closest = accelerations(masses, x, soft2, a)
    number = equal_steps(duration, step)
    t = 0.0
    steps = 0
    outcome = RUNNING
    while outcome == RUNNING:
        dt, last = equal_share(t, steps, number, duration)
        outcome = judge(t, dt, last, steps, max_steps, closest, near2)
        if outcome != RUNNING:
            break
        for weight in weights:
            closest = kick_drift_kick(masses, x, v, a, weight * dt, soft2, x1, v1, a1)
            x[:], v[:], a[:] = x1, v1, a1
        steps += 1
        t += dt
        if last:
            t = duration
            outcome = COMPLETED
    return outcome, steps, 1 + weights.size * steps, t

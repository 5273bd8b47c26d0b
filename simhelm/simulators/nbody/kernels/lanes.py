"""Three bodies in a plane, one system or many: Hermite steps in the lanes of vector registers.

``WIDTH`` systems are advanced side by side, each by its own step; one that is done makes room for
the next in the queue, so that no lane waits for a close encounter in another. The state of all
lanes is one array, row by row: for a single array with rows of a fixed width the compiler can see
that lanes do not overlap, and makes vector instructions of the loop. A lone system takes the same
step with its numbers in registers, and gets the same bits.
"""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled, compiled_as_written, inlined_as_written
from simhelm.simulators.nbody.kernels import (
    COMPLETED,
    NOT_FINITE,
    RUNNING,
    Floats,
    Integers,
)
from simhelm.simulators.nbody.kernels.planar import Four, Three, forces, step
from simhelm.simulators.nbody.kernels.stepping import clip, judge

WIDTH = 8
# Rows of the state: four vectors of four, then one number each.
_PLACE, _VELOCITY, _ACCELERATION, _JERK = 0, 4, 8, 12
_MASS, _SUM = 16, 19
_MU, _DURATION, _MAX_STEPS, _NEAR2 = 22, 23, 24, 25
_TIME, _STEPS, _NEXT, _IS_LAST, _CLOSEST, _OUTCOME = 26, 27, 28, 29, 30, 31
SIZE = 32 * WIDTH
# A lone system left over is cheaper out of the lanes.
_FEWEST = 2


@inlined_as_written
def _four(s: Floats, row: int, w: int) -> Four:
    i = row * WIDTH + w
    return s[i], s[i + WIDTH], s[i + 2 * WIDTH], s[i + 3 * WIDTH]


@inlined_as_written
def _set_four(s: Floats, row: int, w: int, values: Four) -> None:
    i = row * WIDTH + w
    s[i], s[i + WIDTH], s[i + 2 * WIDTH], s[i + 3 * WIDTH] = values


@inlined_as_written
def _three(s: Floats, row: int, w: int) -> Three:
    i = row * WIDTH + w
    return s[i], s[i + WIDTH], s[i + 2 * WIDTH]


@inlined_as_written
def _plan(
    t: float,
    steps: float,
    scale: float,
    closest: float,
    mu: float,
    duration: float,
    max_steps: float,
    near2: float,
) -> tuple[float, float, float]:
    """The next step, whether it is the last (1) or not (0), and the outcome, RUNNING if none."""
    dt, last = clip(t, mu * scale, duration)
    outcome = judge(t, dt, last, steps, max_steps, closest, near2)
    return dt, 1.0 if last else 0.0, float(outcome)


@compiled_as_written
def load(
    s: Floats,
    w: int,
    masses: Floats,
    x: Floats,
    v: Floats,
    mu: float,
    duration: float,
    max_steps: int,
    near2: float,
) -> None:
    """Put a system into a lane: ``x`` and ``v`` of shape (3, 3) with zero third components."""
    for i in range(3):
        s[(_MASS + i) * WIDTH + w] = masses[i]
    m0, m1, m2 = masses[0], masses[1], masses[2]
    sums = 1.0 / (m0 + m1), 1.0 / (m0 + m2), 1.0 / (m1 + m2)
    for i in range(3):
        s[(_SUM + i) * WIDTH + w] = sums[i]
    place = x[1, 0] - x[0, 0], x[1, 1] - x[0, 1], x[2, 0] - x[0, 0], x[2, 1] - x[0, 1]
    velocity = v[1, 0] - v[0, 0], v[1, 1] - v[0, 1], v[2, 0] - v[0, 0], v[2, 1] - v[0, 1]
    acceleration, jerk, scale, closest = forces((m0, m1, m2), sums, place, velocity)
    _set_four(s, _PLACE, w, place)
    _set_four(s, _VELOCITY, w, velocity)
    _set_four(s, _ACCELERATION, w, acceleration)
    _set_four(s, _JERK, w, jerk)
    dt, last, outcome = _plan(0.0, 0.0, scale, closest, mu, duration, max_steps, near2)
    rows = (mu, duration, float(max_steps), near2, 0.0, 0.0, dt, last, closest, outcome)
    for i in range(10):
        s[(_MU + i) * WIDTH + w] = rows[i]


@compiled_as_written
def advance_lanes(s: Floats) -> None:
    """One step of all lanes, and the plan of their next.

    Called with nothing but the array, or it is not made of vectors; the loop's body is not in a
    function of its own, or it is unrolled before it could be.
    """
    for w in range(WIDTH):
        dt = s[_NEXT * WIDTH + w]
        duration = s[_DURATION * WIDTH + w]
        ended = s[_IS_LAST * WIDTH + w]
        x, v, a, j, scale, closest = step(
            _three(s, _MASS, w),
            _three(s, _SUM, w),
            _four(s, _PLACE, w),
            _four(s, _VELOCITY, w),
            _four(s, _ACCELERATION, w),
            _four(s, _JERK, w),
            dt,
        )
        t, steps = s[_TIME * WIDTH + w] + dt, s[_STEPS * WIDTH + w] + 1.0
        following, last, outcome = _plan(
            t, steps, scale, closest,
            s[_MU * WIDTH + w], duration, s[_MAX_STEPS * WIDTH + w], s[_NEAR2 * WIDTH + w],
        )  # fmt: skip
        _set_four(s, _PLACE, w, x)
        _set_four(s, _VELOCITY, w, v)
        _set_four(s, _ACCELERATION, w, a)
        _set_four(s, _JERK, w, j)
        s[_TIME * WIDTH + w] = duration if ended == 1.0 else t
        s[_STEPS * WIDTH + w] = steps
        s[_NEXT * WIDTH + w] = following
        s[_IS_LAST * WIDTH + w] = last
        s[_OUTCOME * WIDTH + w] = 0.0 if ended == 1.0 else outcome


@compiled_as_written
def finish(s: Floats, w: int) -> None:
    """Advance one lane, with its numbers in registers, until its outcome is known."""
    masses, sums = _three(s, _MASS, w), _three(s, _SUM, w)
    x, v = _four(s, _PLACE, w), _four(s, _VELOCITY, w)
    a, j = _four(s, _ACCELERATION, w), _four(s, _JERK, w)
    mu, duration = s[_MU * WIDTH + w], s[_DURATION * WIDTH + w]
    max_steps, near2 = s[_MAX_STEPS * WIDTH + w], s[_NEAR2 * WIDTH + w]
    t, steps = s[_TIME * WIDTH + w], s[_STEPS * WIDTH + w]
    dt, last = s[_NEXT * WIDTH + w], s[_IS_LAST * WIDTH + w]
    outcome = s[_OUTCOME * WIDTH + w]
    while outcome == RUNNING:
        ended = last
        x, v, a, j, scale, closest = step(masses, sums, x, v, a, j, dt)
        t += dt
        steps += 1.0
        dt, last, outcome = _plan(t, steps, scale, closest, mu, duration, max_steps, near2)
        if ended == 1.0:
            t, outcome = duration, float(COMPLETED)
    _set_four(s, _PLACE, w, x)
    _set_four(s, _VELOCITY, w, v)
    s[_TIME * WIDTH + w], s[_STEPS * WIDTH + w] = t, steps
    s[_OUTCOME * WIDTH + w] = outcome


@compiled_as_written
def store(s: Floats, w: int, masses: Floats, x: Floats, v: Floats) -> tuple[int, int, int, float]:
    """Take a system out of a lane, into the ``x`` and ``v`` that it was loaded from.

    Returns (outcome, sub-steps, force evaluations, time reached). A state that is not finite is
    not written, and the time reached is 0 then.
    """
    t, steps = s[_TIME * WIDTH + w], int(s[_STEPS * WIDTH + w])
    for i in range(8):
        if not np.isfinite(s[i * WIDTH + w]):
            return NOT_FINITE, steps, steps + 1, 0.0
    total = masses[0] + masses[1] + masses[2]
    for k in range(2):
        centre, drift = 0.0, 0.0
        for i in range(3):
            centre += masses[i] * x[i, k]
            drift += masses[i] * v[i, k]
        centre, drift = centre / total, drift / total
        ax, bx = s[k * WIDTH + w], s[(k + 2) * WIDTH + w]
        av, bv = s[(_VELOCITY + k) * WIDTH + w], s[(_VELOCITY + k + 2) * WIDTH + w]
        x[0, k] = centre + drift * t - (masses[1] * ax + masses[2] * bx) / total
        v[0, k] = drift - (masses[1] * av + masses[2] * bv) / total
        x[1, k], x[2, k] = x[0, k] + ax, x[0, k] + bx
        v[1, k], v[2, k] = v[0, k] + av, v[0, k] + bv
    return int(s[_OUTCOME * WIDTH + w]), steps, steps + 1, t


@compiled
def advance_queue(
    queue: Integers,
    parameters: Floats,
    max_steps: int,
    near2: float,
    masses: Floats,
    x: Floats,
    v: Floats,
    durations: Floats,
    counts: Integers,
    reached: Floats,
) -> None:
    """Advance the queued systems, in place; arrays as in ``batch.advance_range``."""
    s = np.zeros(SIZE)
    owner = np.full(WIDTH, -1)
    following, active = 0, 0
    while True:
        for w in range(WIDTH):
            while following < queue.size and owner[w] < 0:
                k = queue[following]
                following += 1
                load(s, w, masses[k], x[k], v[k], parameters[k], durations[k], max_steps, near2)
                owner[w] = k
                active += 1
                if s[_OUTCOME * WIDTH + w] != RUNNING:
                    _release(s, w, owner, masses, x, v, counts, reached)
                    active -= 1
        if active < _FEWEST:
            break
        _until_one_is_done(s, owner)
        for w in range(WIDTH):
            if owner[w] >= 0 and s[_OUTCOME * WIDTH + w] != RUNNING:
                _release(s, w, owner, masses, x, v, counts, reached)
                active -= 1
    for w in range(WIDTH):
        if owner[w] >= 0:
            finish(s, w)
            _release(s, w, owner, masses, x, v, counts, reached)


@inlined_as_written
def _until_one_is_done(s: Floats, owner: Integers) -> None:
    done = False
    while not done:
        advance_lanes(s)
        for w in range(WIDTH):
            done = done or (owner[w] >= 0 and s[_OUTCOME * WIDTH + w] != RUNNING)


@inlined_as_written
def _release(
    s: Floats,
    w: int,
    owner: Integers,
    masses: Floats,
    x: Floats,
    v: Floats,
    counts: Integers,
    reached: Floats,
) -> None:
    k = owner[w]
    counts[k, 0], counts[k, 1], counts[k, 2], reached[k] = store(s, w, masses[k], x[k], v[k])
    owner[w] = -1

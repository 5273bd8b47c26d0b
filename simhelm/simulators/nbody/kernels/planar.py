"""Fourth-order Hermite for three bodies in a plane, every number in a register.

The same scheme as hermite.py with one evaluation a step and the collision-time criterion
(Hut & Makino's starter code, which the published environment integrates with).
"""

from __future__ import annotations

import numpy as np

from simhelm.compiled import compiled
from simhelm.simulators.nbody.kernels import (
    CLOSE_APPROACH,
    COMPLETED,
    NOT_FINITE,
    RUNNING,
    SLIVER,
    STEP_LIMIT,
    STEP_UNDERFLOW,
    Floats,
)


@compiled
def _pair(
    dx: float, dy: float, ux: float, uy: float
) -> tuple[float, float, float, float, float, float]:
    """Per unit mass: acceleration, jerk; then distance^2 and speed^2 of a pair."""
    r2 = dx * dx + dy * dy
    r = np.sqrt(r2)
    w = 1.0 / (r2 * r)
    alpha = 3.0 * (dx * ux + dy * uy) * w * r
    ax, ay = w * dx, w * dy
    return ax, ay, w * ux - alpha * ax, w * uy - alpha * ay, r2, ux * ux + uy * uy


@compiled
def _time_scale(
    r01: float, u01: float, r02: float, u02: float, r12: float, u12: float, fall: float
) -> float:
    """min(r/v, sqrt(r^3/M)) from squares; ``fall`` is the smallest r^6/M^2."""
    top, bottom = r01, u01
    if r02 * bottom < top * u02:
        top, bottom = r02, u02
    if r12 * bottom < top * u12:
        top, bottom = r12, u12
    shortest: float = np.sqrt(min(top / bottom, np.sqrt(fall)))
    return shortest


@compiled
def hermite_planar(
    masses: Floats, x: Floats, v: Floats, duration: float, mu: float, max_steps: int, near2: float
) -> tuple[int, int, int, float]:
    """Advance x and v, shape (3, 3) with zero third components, in place.

    Returns (outcome, sub-steps, force evaluations, time reached); see hermite.py.
    """
    m0, m1, m2 = masses[0], masses[1], masses[2]
    q01, q02, q12 = 1.0 / (m0 + m1) ** 2, 1.0 / (m0 + m2) ** 2, 1.0 / (m1 + m2) ** 2
    x0, y0, x1, y1, x2, y2 = x[0, 0], x[0, 1], x[1, 0], x[1, 1], x[2, 0], x[2, 1]
    u0, w0, u1, w1, u2, w2 = v[0, 0], v[0, 1], v[1, 0], v[1, 1], v[2, 0], v[2, 1]
    ax, ay, jx, jy, rr_a, vv_a = _pair(x1 - x0, y1 - y0, u1 - u0, w1 - w0)
    bx, by, kx, ky, rr_b, vv_b = _pair(x2 - x0, y2 - y0, u2 - u0, w2 - w0)
    cx, cy, lx, ly, rr_c, vv_c = _pair(x2 - x1, y2 - y1, u2 - u1, w2 - w1)
    a0x, a0y = m1 * ax + m2 * bx, m1 * ay + m2 * by
    a1x, a1y = m2 * cx - m0 * ax, m2 * cy - m0 * ay
    a2x, a2y = -m0 * bx - m1 * cx, -m0 * by - m1 * cy
    j0x, j0y = m1 * jx + m2 * kx, m1 * jy + m2 * ky
    j1x, j1y = m2 * lx - m0 * jx, m2 * ly - m0 * jy
    j2x, j2y = -m0 * kx - m1 * lx, -m0 * ky - m1 * ly
    fall = min(rr_a**3 * q01, rr_b**3 * q02, rr_c**3 * q12)
    scale = _time_scale(rr_a, vv_a, rr_b, vv_b, rr_c, vv_c, fall)
    closest = min(rr_a, rr_b, rr_c)
    t = 0.0
    steps = 0
    outcome = RUNNING
    while outcome == RUNNING:
        dt = mu * scale
        last = t + dt * (1.0 + SLIVER) >= duration
        if last:
            dt = duration - t
        if closest < near2:
            outcome = CLOSE_APPROACH
        elif not np.isfinite(dt):
            outcome = NOT_FINITE
        elif t + dt == t and not last:
            outcome = STEP_UNDERFLOW
        elif steps >= max_steps:
            outcome = STEP_LIMIT
        if outcome != RUNNING:
            break
        h2, h3 = 0.5 * dt * dt, dt * dt * dt / 6.0
        px0 = x0 + u0 * dt + a0x * h2 + j0x * h3
        py0 = y0 + w0 * dt + a0y * h2 + j0y * h3
        px1 = x1 + u1 * dt + a1x * h2 + j1x * h3
        py1 = y1 + w1 * dt + a1y * h2 + j1y * h3
        px2 = x2 + u2 * dt + a2x * h2 + j2x * h3
        py2 = y2 + w2 * dt + a2y * h2 + j2y * h3
        pu0, pw0 = u0 + a0x * dt + j0x * h2, w0 + a0y * dt + j0y * h2
        pu1, pw1 = u1 + a1x * dt + j1x * h2, w1 + a1y * dt + j1y * h2
        pu2, pw2 = u2 + a2x * dt + j2x * h2, w2 + a2y * dt + j2y * h2
        ax, ay, jx, jy, rr_a, vv_a = _pair(px1 - px0, py1 - py0, pu1 - pu0, pw1 - pw0)
        bx, by, kx, ky, rr_b, vv_b = _pair(px2 - px0, py2 - py0, pu2 - pu0, pw2 - pw0)
        cx, cy, lx, ly, rr_c, vv_c = _pair(px2 - px1, py2 - py1, pu2 - pu1, pw2 - pw1)
        b0x, b0y = m1 * ax + m2 * bx, m1 * ay + m2 * by
        b1x, b1y = m2 * cx - m0 * ax, m2 * cy - m0 * ay
        b2x, b2y = -m0 * bx - m1 * cx, -m0 * by - m1 * cy
        k0x, k0y = m1 * jx + m2 * kx, m1 * jy + m2 * ky
        k1x, k1y = m2 * lx - m0 * jx, m2 * ly - m0 * jy
        k2x, k2y = -m0 * kx - m1 * lx, -m0 * ky - m1 * ly
        h, g = 0.5 * dt, dt * dt / 12.0
        nu0 = u0 + (a0x + b0x) * h + (j0x - k0x) * g
        nw0 = w0 + (a0y + b0y) * h + (j0y - k0y) * g
        nu1 = u1 + (a1x + b1x) * h + (j1x - k1x) * g
        nw1 = w1 + (a1y + b1y) * h + (j1y - k1y) * g
        nu2 = u2 + (a2x + b2x) * h + (j2x - k2x) * g
        nw2 = w2 + (a2y + b2y) * h + (j2y - k2y) * g
        x0 += (u0 + nu0) * h + (a0x - b0x) * g
        y0 += (w0 + nw0) * h + (a0y - b0y) * g
        x1 += (u1 + nu1) * h + (a1x - b1x) * g
        y1 += (w1 + nw1) * h + (a1y - b1y) * g
        x2 += (u2 + nu2) * h + (a2x - b2x) * g
        y2 += (w2 + nw2) * h + (a2y - b2y) * g
        u0, w0, u1, w1, u2, w2 = nu0, nw0, nu1, nw1, nu2, nw2
        a0x, a0y, a1x, a1y, a2x, a2y = b0x, b0y, b1x, b1y, b2x, b2y
        j0x, j0y, j1x, j1y, j2x, j2y = k0x, k0y, k1x, k1y, k2x, k2y
        fall = min(rr_a**3 * q01, rr_b**3 * q02, rr_c**3 * q12)
        scale = _time_scale(rr_a, vv_a, rr_b, vv_b, rr_c, vv_c, fall)
        closest = min(rr_a, rr_b, rr_c)
        steps += 1
        t += dt
        if last:
            t = duration
            outcome = COMPLETED
    x[0, 0], x[0, 1], x[1, 0], x[1, 1], x[2, 0], x[2, 1] = x0, y0, x1, y1, x2, y2
    v[0, 0], v[0, 1], v[1, 0], v[1, 1], v[2, 0], v[2, 1] = u0, w0, u1, w1, u2, w2
    return outcome, steps, steps + 1, t

"""One step of fourth-order Hermite for three bodies in a plane, every number in a register.

The same scheme as hermite.py with one evaluation a step and the collision-time criterion
(Hut & Makino's starter code, which the published environment integrates with), in the two
vectors a and b from body 0 to bodies 1 and 2: the centre of mass moves uniformly, and is not
integrated. Components are x and y of a place, u and w of a velocity.
"""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import inlined_as_written
from simhelm.simulators.nbody.kernels.fused import fma

# Vectors (ax, ay, bx, by), or their derivatives.
Four = tuple[float, float, float, float]
Three = tuple[float, float, float]
Seven = tuple[float, float, float, float, float, float, float]


@inlined_as_written
def pair(x: float, y: float, u: float, w: float) -> Seven:
    """Per unit mass: acceleration, jerk; then distance^2, distance^3, speed^2."""
    r2 = fma(x, x, y * y)
    r = np.sqrt(r2)
    r3 = r2 * r
    inverse = 1.0 / r3
    alpha = 3.0 * fma(x, u, y * w) * (inverse * r)
    px, py = inverse * x, inverse * y
    jx, jy = fma(inverse, u, -(alpha * px)), fma(inverse, w, -(alpha * py))
    return px, py, jx, jy, r2, r3, fma(u, u, w * w)


@inlined_as_written
def forces(
    masses: Three, sums: Three, place: Four, velocity: Four
) -> tuple[Four, Four, float, float]:
    """Relative accelerations and jerks; then the collision time and the smallest distance^2.

    ``sums`` holds 1/(m_i + m_j) of the pairs 01, 02, 12.
    """
    m0, m1, m2 = masses
    ax, ay, bx, by = place
    au, aw, bu, bw = velocity
    pax, pay, jax, jay, ra, ta, va = pair(ax, ay, au, aw)
    pbx, pby, jbx, jby, rb, tb, vb = pair(bx, by, bu, bw)
    pcx, pcy, jcx, jcy, rc, tc, vc = pair(bx - ax, by - ay, bu - au, bw - aw)
    ma, mb = -(m0 + m1), -(m0 + m2)
    acceleration = (
        fma(ma, pax, m2 * (pcx - pbx)),
        fma(ma, pay, m2 * (pcy - pby)),
        fma(mb, pbx, -m1 * (pcx + pax)),
        fma(mb, pby, -m1 * (pcy + pay)),
    )
    jerk = (
        fma(ma, jax, m2 * (jcx - jbx)),
        fma(ma, jay, m2 * (jcy - jby)),
        fma(mb, jbx, -m1 * (jcx + jax)),
        fma(mb, jby, -m1 * (jcy + jay)),
    )
    # The smallest r^2/v^2 is kept as a fraction: one division at the end instead of one a pair.
    top, bottom = ra, va
    nearer = rb * bottom < top * vb
    top, bottom = (rb if nearer else top), (vb if nearer else bottom)
    nearer = rc * bottom < top * vc
    top, bottom = (rc if nearer else top), (vc if nearer else bottom)
    fall = min(ta * sums[0], tb * sums[1], tc * sums[2])
    scale = np.sqrt(min(top / bottom, fall))
    return acceleration, jerk, scale, min(ra, rb, rc)


@inlined_as_written
def _predicted(x: float, v: float, a: float, j: float, dt: float) -> tuple[float, float]:
    """Place and velocity after dt by Taylor's series."""
    place = fma(dt * dt, fma(dt * (1.0 / 6.0), j, 0.5 * a), fma(dt, v, x))
    return place, fma(dt, fma(0.5 * dt, j, a), v)


@inlined_as_written
def _corrected(
    x: float, v: float, a0: float, j0: float, a1: float, j1: float, dt: float
) -> tuple[float, float]:
    h, g = 0.5 * dt, dt * dt * (1.0 / 12.0)
    velocity = fma(h, a0 + a1, fma(g, j0 - j1, v))
    return fma(h, v + velocity, fma(g, a0 - a1, x)), velocity


@inlined_as_written
def step(
    masses: Three, sums: Three, x: Four, v: Four, a: Four, j: Four, dt: float
) -> tuple[Four, Four, Four, Four, float, float]:
    """Places, velocities, accelerations and jerks after dt; then what :func:`forces` returns."""
    p0, q0 = _predicted(x[0], v[0], a[0], j[0], dt)
    p1, q1 = _predicted(x[1], v[1], a[1], j[1], dt)
    p2, q2 = _predicted(x[2], v[2], a[2], j[2], dt)
    p3, q3 = _predicted(x[3], v[3], a[3], j[3], dt)
    b, k, scale, closest = forces(masses, sums, (p0, p1, p2, p3), (q0, q1, q2, q3))
    p0, q0 = _corrected(x[0], v[0], a[0], j[0], b[0], k[0], dt)
    p1, q1 = _corrected(x[1], v[1], a[1], j[1], b[1], k[1], dt)
    p2, q2 = _corrected(x[2], v[2], a[2], j[2], b[2], k[2], dt)
    p3, q3 = _corrected(x[3], v[3], a[3], j[3], b[3], k[3], dt)
    return (p0, p1, p2, p3), (q0, q1, q2, q3), b, k, scale, closest

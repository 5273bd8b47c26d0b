"""Accelerations, their time derivatives, and the shortest time scale of any pair."""

from __future__ import annotations

import numpy as np

from simhelm.compiled import compiled
from simhelm.simulators.nbody.kernels import Floats


@compiled
def accelerations(masses: Floats, x: Floats, soft2: float, a: Floats) -> float:
    """Fill ``a``, shape (N, 3); returns the smallest squared distance of any pair.

    ``soft2`` is the squared Plummer softening length.
    """
    n = masses.size
    a[:] = 0.0
    closest = np.inf
    for i in range(n):
        for k in range(i + 1, n):
            dx = x[k, 0] - x[i, 0]
            dy = x[k, 1] - x[i, 1]
            dz = x[k, 2] - x[i, 2]
            r2 = dx * dx + dy * dy + dz * dz
            closest = min(closest, r2)
            s2 = r2 + soft2
            w = 1.0 / (s2 * np.sqrt(s2))
            wi, wk = masses[k] * w, masses[i] * w
            a[i, 0] += wi * dx
            a[i, 1] += wi * dy
            a[i, 2] += wi * dz
            a[k, 0] -= wk * dx
            a[k, 1] -= wk * dy
            a[k, 2] -= wk * dz
    return closest


@compiled
def accelerations_and_jerks(
    masses: Floats, x: Floats, v: Floats, soft2: float, a: Floats, j: Floats
) -> tuple[float, float]:
    """Fill accelerations and jerks, shape (N, 3); returns (collision time, smallest distance^2).

    The collision time is the minimum over pairs of min(r/v, sqrt(r^3/(m_i + m_j))), as the
    public Hermite codes take it (r softened).
    """
    n = masses.size
    a[:] = 0.0
    j[:] = 0.0
    closest = np.inf
    # The smallest r^2/v^2 is kept as a fraction: one division at the end instead of one a pair.
    top, bottom = 1.0, 0.0
    fall = np.inf
    for i in range(n):
        mi = masses[i]
        for k in range(i + 1, n):
            dx = x[k, 0] - x[i, 0]
            dy = x[k, 1] - x[i, 1]
            dz = x[k, 2] - x[i, 2]
            ux = v[k, 0] - v[i, 0]
            uy = v[k, 1] - v[i, 1]
            uz = v[k, 2] - v[i, 2]
            r2 = dx * dx + dy * dy + dz * dz
            closest = min(closest, r2)
            s2 = r2 + soft2
            u2 = ux * ux + uy * uy + uz * uz
            s = np.sqrt(s2)
            w = 1.0 / (s2 * s)
            alpha = 3.0 * (dx * ux + dy * uy + dz * uz) * w * s
            mk = masses[k]
            wi, wk = mk * w, mi * w
            a[i, 0] += wi * dx
            a[i, 1] += wi * dy
            a[i, 2] += wi * dz
            a[k, 0] -= wk * dx
            a[k, 1] -= wk * dy
            a[k, 2] -= wk * dz
            jx = ux - alpha * dx
            jy = uy - alpha * dy
            jz = uz - alpha * dz
            j[i, 0] += wi * jx
            j[i, 1] += wi * jy
            j[i, 2] += wi * jz
            j[k, 0] -= wk * jx
            j[k, 1] -= wk * jy
            j[k, 2] -= wk * jz
            if s2 * bottom < top * u2:
                top, bottom = s2, u2
            total = mi + mk
            fall = min(fall, s2 * s2 * s2 / (total * total))
    return np.sqrt(min(top / bottom, np.sqrt(fall))), closest


@compiled
def collision_time(masses: Floats, x: Floats, v: Floats, soft2: float) -> float:
    """The minimum over pairs of min(r/v, sqrt(r^3/(m_i + m_j))), without any force."""
    n = masses.size
    crossing, fall = np.inf, np.inf
    for i in range(n):
        for k in range(i + 1, n):
            r2, u2 = soft2, 0.0
            for c in range(3):
                r2 += (x[k, c] - x[i, c]) ** 2
                u2 += (v[k, c] - v[i, c]) ** 2
            crossing = min(crossing, r2 / u2)
            fall = min(fall, r2 * r2 * r2 / (masses[i] + masses[k]) ** 2)
    shortest: float = np.sqrt(min(crossing, np.sqrt(fall)))
    return shortest

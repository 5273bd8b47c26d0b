"""Accelerations, their time derivatives, and the shortest time scale of any pair."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.nbody.kernels import Floats


@compiled_in_place
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


@compiled_in_place
def accelerations_and_jerks(
    masses: Floats, x: Floats, v: Floats, soft2: float, a: Floats, j: Floats
) -> tuple[float, float]:
    """Fill accelerations and jerks, shape (N, 3); returns (collision time, smallest distance^2).

    The collision time is the minimum over pairs of min(r/v, sqrt(r^3/(m_i + m_j))), as the
    public Hermite codes take it (r softened).
    """
    n = masses.size
    closest = np.inf
    # The largest v^2/r^2 or M/r^3: no division beside the force's own.
    fastest = 0.0
    for i in range(n):
        mi = masses[i]
        # Sums that stay in registers while the other bodies pass.
        ax, ay, az, jx, jy, jz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(i):
            dx, dy, dz = x[k, 0] - x[i, 0], x[k, 1] - x[i, 1], x[k, 2] - x[i, 2]
            ux, uy, uz = v[k, 0] - v[i, 0], v[k, 1] - v[i, 1], v[k, 2] - v[i, 2]
            r2 = dx * dx + dy * dy + dz * dz
            closest = min(closest, r2)
            s2 = r2 + soft2
            # Written so that the division need not wait for the root.
            inverse = 1.0 / s2
            w = inverse * inverse * np.sqrt(s2)
            alpha = 3.0 * (dx * ux + dy * uy + dz * uz) * inverse
            mk = masses[k]
            wi, wk = mk * w, mi * w
            crossing = (ux * ux + uy * uy + uz * uz) * inverse
            fastest = max(fastest, crossing, wi + wk)
            px, py, pz = ux - alpha * dx, uy - alpha * dy, uz - alpha * dz
            ax, ay, az = ax + wi * dx, ay + wi * dy, az + wi * dz
            jx, jy, jz = jx + wi * px, jy + wi * py, jz + wi * pz
            a[k, 0] -= wk * dx
            a[k, 1] -= wk * dy
            a[k, 2] -= wk * dz
            j[k, 0] -= wk * px
            j[k, 1] -= wk * py
            j[k, 2] -= wk * pz
        a[i, 0], a[i, 1], a[i, 2] = ax, ay, az
        j[i, 0], j[i, 1], j[i, 2] = jx, jy, jz
    return np.sqrt(1.0 / fastest), closest


@compiled_in_place
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

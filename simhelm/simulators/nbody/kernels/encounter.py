"""What is about to happen in a system, in numbers that depend neither on N nor on axes."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.nbody.kernels import Floats
from simhelm.simulators.nbody.kernels.forces import accelerations_and_jerks

#: Numbers a system that :func:`describe` fills.
FEATURES = 4
# Time scales are clipped to this many decades on either side of the interval.
_DECADES = 8.0


@compiled
def _pericentre(
    r2: float, speed2: float, outward: float, total: float
) -> tuple[float, float, float]:
    """Of a pair's two-body orbit: (pericentre distance, time to it, period).

    ``outward`` is r . v and ``total`` the mass of both. The time is infinite for a pair on its
    way out for ever; the period is infinite for an unbound one.
    """
    r = np.sqrt(r2)
    binding = total / r - 0.5 * speed2
    momentum2 = max(r2 * speed2 - outward * outward, 0.0)
    semi_latus = momentum2 / total
    e2 = max(1.0 - 2.0 * binding * momentum2 / (total * total), 0.0)
    e = np.sqrt(e2)
    nearest = semi_latus / (1.0 + e)
    if e < 1e-8:
        return nearest, 0.0, 2.0 * np.pi * np.sqrt(r2 * r / total)
    axis = 0.5 * total / abs(binding)
    pace = np.sqrt(axis * axis * axis / total)
    if binding > 0.0:
        period = 2.0 * np.pi * pace
        anomaly = np.arccos(min(1.0, max(-1.0, (1.0 - r / axis) / e)))
        since = (anomaly - e * np.sin(anomaly)) * pace
        return nearest, (period - since if outward >= 0.0 else since), period
    if outward >= 0.0:
        return nearest, np.inf, np.inf
    anomaly = np.arccosh(max(1.0, (1.0 + r / axis) / e))
    return nearest, (e * np.sinh(anomaly) - anomaly) * pace, np.inf


@compiled
def _closest_within(r2: float, speed2: float, outward: float, total: float, ahead: float) -> float:
    """The smallest distance of a pair's two-body orbit within a time ahead (estimated)."""
    r: float = np.sqrt(r2)
    nearest, when, _ = _pericentre(r2, speed2, outward, total)
    if when <= ahead:
        return nearest
    # Not there yet: a straight fall at the present speed is the estimate.
    fallen: float = r if outward >= 0.0 else max(nearest, r + ahead * outward / r)
    return fallen


@compiled
def _decades(time: float, interval: float) -> float:
    ratio = time / interval
    if not ratio > 0.0:
        return -_DECADES
    decades: float = min(_DECADES, max(-_DECADES, np.log10(ratio)))
    return decades


@compiled
def describe(masses: Floats, x: Floats, v: Floats, interval: float, out: Floats) -> None:
    """Fill ``out``, shape (4,), log10 of times over the interval.

    0: collision time now; 1: Aarseth's ratio |a|/|j|, smallest of all bodies; 2: sqrt(r^3/M) at
    the closest approach that any pair's two-body orbit has within the interval; 3: the shortest
    period of a bound pair.
    """
    n = masses.size
    a, j = np.empty((n, 3)), np.empty((n, 3))
    scale, _ = accelerations_and_jerks(masses, x, v, 0.0, a, j)
    ratio = np.inf
    for i in range(n):
        aa = a[i, 0] ** 2 + a[i, 1] ** 2 + a[i, 2] ** 2
        jj = j[i, 0] ** 2 + j[i, 1] ** 2 + j[i, 2] ** 2
        ratio = min(ratio, aa / jj)
    fall, shortest = np.inf, np.inf
    for i in range(n):
        for k in range(i + 1, n):
            r2, speed2, outward = 0.0, 0.0, 0.0
            for c in range(3):
                d, u = x[k, c] - x[i, c], v[k, c] - v[i, c]
                r2 += d * d
                speed2 += u * u
                outward += d * u
            total = masses[i] + masses[k]
            r = _closest_within(r2, speed2, outward, total, interval)
            fall = min(fall, r * r * r / total)
            shortest = min(shortest, _pericentre(r2, speed2, outward, total)[2])
    out[0] = _decades(scale, interval)
    out[1] = _decades(np.sqrt(ratio), interval)
    out[2] = _decades(np.sqrt(fall), interval)
    out[3] = _decades(shortest, interval)


@compiled
def describe_range(
    first: int, end: int, masses: Floats, x: Floats, v: Floats, interval: float, out: Floats
) -> None:
    """:func:`describe` for systems first ... end - 1; ``out`` has shape (E, 4)."""
    for s in range(first, end):
        describe(masses[s], x[s], v[s], interval, out[s])

"""Everhart's 15th-order Gauss-Radau integrator with its own step control.

The acceleration of a step is a polynomial F(s) = F(0) + sum_j b_j s^j, s in [0, 1], that
interpolates it at the eight left Radau nodes; predictor-corrector passes over the nodes settle
the b_j (Everhart 1985). The step is controlled by the last coefficient relative to the largest
acceleration, and positions are summed with compensation (Rein & Spiegel 2015, MNRAS 446, 1424,
eqs. 8-11 and Sec. 2.5). That rule takes norms over all bodies, so it does not stall where one
body's acceleration passes through zero.
"""

from __future__ import annotations

import math

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.nbody.kernels import COMPLETED, RUNNING, Floats
from simhelm.simulators.nbody.kernels.forces import accelerations, collision_time
from simhelm.simulators.nbody.kernels.stepping import clip, judge

# Left Radau nodes, the zeros of (P_7 + P_8)/(1 + x) moved to [0, 1], behind the node 0.
NODES = np.array(
    [
        0.0,
        0.0562625605369221464656521910318,
        0.180240691736892364987579942780,
        0.352624717113169637373907769648,
        0.547153626330555383001448554766,
        0.734210177215410531523210605558,
        0.885320946839095768090359771030,
        0.977520613561287501891174488626,
    ]
)
_DEGREE = 7


def _newton_to_monomial() -> Floats:
    """C[k, j]: coefficient of s^(j+1) in s (s - h_1) ... (s - h_k)."""
    table = np.zeros((_DEGREE, _DEGREE))
    for k in range(_DEGREE):
        table[k, : k + 1] = np.atleast_1d(np.poly(NODES[1 : k + 1]))[::-1]
    return table


_TO_MONOMIAL = _newton_to_monomial()
# Divided differences need 1/(h_k - h_j).
_INVERSE = np.array(
    [[1.0 / (NODES[k] - NODES[j]) if j < k else 0.0 for j in range(8)] for k in range(8)]
)
# Binomials (j+1 out of k+1) that shift the polynomial to the next step.
_SHIFT = np.array(
    [[float(math.comb(k + 1, j + 1)) for k in range(_DEGREE)] for j in range(_DEGREE)]
)
_POSITION = np.array([1.0 / ((j + 2) * (j + 3)) for j in range(_DEGREE)])
_VELOCITY = np.array([1.0 / (j + 2) for j in range(_DEGREE)])

_PASSES = 12
_SETTLED = 1e-16
_SAFETY = 0.25  # a step is repeated when the next one should be shorter than this share of it
# Two bodies close together far from the origin have accelerations with few correct digits; the
# last coefficient is noise then, and no step would make it small. Steps are not shortened below
# this share of the collision time, where the series has converged far beyond any epsilon.
_FLOOR = 0.02
_LONGEST_REACH = 20.0  # the polynomial is not extrapolated over a step this many times its own

# Layout of the memory that a run hands to the next: last step, suggested step, b, e.
HEADER = 2


@compiled
def _extrapolate(ratio: float, b: Floats, e: Floats) -> None:
    """Predict b on the next step, ``ratio`` times as long, corrected by the last misprediction."""
    for c in range(b.shape[1]):
        power = 1.0
        for j in range(_DEGREE):
            power *= ratio
            total = 0.0
            for k in range(j, _DEGREE):
                total += _SHIFT[j, k] * b[k, c]
            missed = b[j, c] - e[j, c]
            # Rows below j are still needed, those above are not: in place is safe.
            e[j, c] = power * total
            b[j, c] = e[j, c] + missed


@compiled
def _differences(b: Floats, g: Floats) -> None:
    """Newton coefficients g of the polynomial with monomial coefficients b."""
    for c in range(b.shape[1]):
        for k in range(_DEGREE - 1, -1, -1):
            total = b[k, c]
            for i in range(k + 1, _DEGREE):
                total -= _TO_MONOMIAL[i, k] * g[i, c]
            g[k, c] = total


@compiled
def _pass_over_nodes(
    masses: Floats,
    x: Floats,
    v: Floats,
    a: Floats,
    dt: float,
    soft2: float,
    b: Floats,
    g: Floats,
    p: Floats,
    f: Floats,
) -> tuple[float, float, float]:
    """One corrector pass; returns (change of b_7, largest acceleration, smallest distance^2)."""
    n = masses.size
    change, largest, closest = 0.0, 0.0, np.inf
    for node in range(1, _DEGREE + 1):
        s = NODES[node]
        for i in range(n):
            for k in range(3):
                c = 3 * i + k
                total = 0.0
                for j in range(_DEGREE - 1, -1, -1):
                    total = total * s + b[j, c] * _POSITION[j]
                p[i, k] = x[i, k] + s * dt * (v[i, k] + s * dt * (0.5 * a[i, k] + s * total))
        closest = min(closest, accelerations(masses, p, soft2, f))
        for i in range(n):
            for k in range(3):
                c = 3 * i + k
                new = (f[i, k] - a[i, k]) * _INVERSE[node, 0]
                for j in range(1, node):
                    new = (new - g[j - 1, c]) * _INVERSE[node, j]
                delta = new - g[node - 1, c]
                g[node - 1, c] = new
                for j in range(node):
                    b[j, c] += _TO_MONOMIAL[node - 1, j] * delta
                if node == _DEGREE:
                    change = max(change, abs(delta))
                    largest = max(largest, abs(f[i, k]))
    return change, largest, closest


@compiled
def _settle(
    masses: Floats,
    x: Floats,
    v: Floats,
    a: Floats,
    dt: float,
    soft2: float,
    b: Floats,
    g: Floats,
    p: Floats,
    f: Floats,
) -> tuple[int, float, float]:
    """Corrector passes until b_7 stands still; (passes, relative size of b_7, distance^2)."""
    _differences(b, g)
    before = np.inf
    largest, closest = 0.0, np.inf
    passes = 0
    while passes < _PASSES:
        change, largest, nearest = _pass_over_nodes(masses, x, v, a, dt, soft2, b, g, p, f)
        closest = min(closest, nearest)
        passes += 1
        change /= largest
        if not change > _SETTLED or (passes > 2 and change >= before):
            break
        before = change
    size = 0.0
    for c in range(b.shape[1]):
        if not abs(b[_DEGREE - 1, c]) <= size:
            size = abs(b[_DEGREE - 1, c])
    return passes, size / largest, closest


@compiled
def _add(total: Floats, carry: Floats, i: int, k: int, term: float) -> None:
    """Add a term to total with the rounding error kept in ``carry`` (Kahan)."""
    y = term - carry[i, k]
    new = total[i, k] + y
    carry[i, k] = (new - total[i, k]) - y
    total[i, k] = new


@compiled
def _move(
    dt: float, a: Floats, b: Floats, x: Floats, v: Floats, lost_x: Floats, lost_v: Floats
) -> None:
    """Positions and velocities at the end of a settled step."""
    for i in range(a.shape[0]):
        for k in range(3):
            c = 3 * i + k
            at, to = 0.0, 0.0
            for j in range(_DEGREE - 1, -1, -1):
                at += b[j, c] * _POSITION[j]
                to += b[j, c] * _VELOCITY[j]
            _add(x, lost_x, i, k, dt * v[i, k])
            _add(x, lost_x, i, k, dt * dt * (0.5 * a[i, k] + at) - dt * lost_v[i, k])
            _add(v, lost_v, i, k, dt * (a[i, k] + to))


@compiled
def gauss_radau(
    masses: Floats, x: Floats, v: Floats, duration: float, epsilon: float,
    soft2: float, max_steps: int, near2: float, memory: Floats,
) -> tuple[int, int, int, float]:  # fmt: skip
    """Advance x and v in place; see hermite. ``epsilon`` bounds |b_7| / |a|.

    ``memory``, shape (2 + 42 N,), continues an earlier call whose end is this one's start; its
    first number is 0 where there is none.
    """
    n = masses.size
    size = 3 * n
    b = memory[HEADER : HEADER + _DEGREE * size].reshape((_DEGREE, size))
    e = memory[HEADER + _DEGREE * size : HEADER + 2 * _DEGREE * size].reshape((_DEGREE, size))
    g = np.empty((_DEGREE, size))
    a, p, f = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    lost_x, lost_v = np.zeros((n, 3)), np.zeros((n, 3))
    previous, suggestion = memory[0], memory[1]
    scale = collision_time(masses, x, v, soft2)
    if not previous > 0.0:
        suggestion = 0.1 * scale
    closest = accelerations(masses, x, soft2, a)
    evaluations = 1
    t = 0.0
    steps = 0
    outcome = RUNNING
    while outcome == RUNNING:
        dt, last = clip(t, suggestion, duration)
        outcome = judge(t, dt, last, steps, max_steps, closest, near2)
        if outcome != RUNNING:
            break
        if previous > 0.0 and dt <= _LONGEST_REACH * previous:
            _extrapolate(dt / previous, b, e)
        else:
            b[:] = 0.0
            e[:] = 0.0
        passes, error, nearest = _settle(masses, x, v, a, dt, soft2, b, g, p, f)
        evaluations += _DEGREE * passes
        steps += 1
        factor = (epsilon / error) ** (1.0 / 7.0) if error > 0.0 else 1.0 / _SAFETY
        if not factor >= _SAFETY and not dt <= _FLOOR * scale:
            # Not finite counts as too long; the step shrinks until it works or underflows.
            suggestion = dt * (factor if factor > 0.01 else 0.01)
            previous = 0.0
            continue
        _move(dt, a, b, x, v, lost_x, lost_v)
        closest = min(nearest, accelerations(masses, x, soft2, a))
        evaluations += 1
        previous = dt
        scale = collision_time(masses, x, v, soft2)
        wanted = max(dt * min(factor, 1.0 / _SAFETY), _FLOOR * scale)
        # A last step that was cut says little about the next one.
        suggestion = max(wanted, suggestion) if last else wanted
        t += dt
        if last:
            t = duration
            outcome = COMPLETED
    memory[0], memory[1] = previous, suggestion
    return outcome, steps, evaluations, t

"""Static assignment: bi-conjugate Frank-Wolfe (Mitradjieva and Lindberg 2013)."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.transport.kernels.paths import shortest_tree

CONVERGED, MAX_ITERATIONS, NOT_FINITE, UNREACHABLE = range(4)


@compiled
def link_costs(
    flow: Any, free: Any, b: Any, capacity: Any, power: Any, fixed: Any, cost: Any
) -> None:
    """Time by the Bureau of Public Roads' formula plus the weighted toll and length."""
    for a in range(flow.size):
        cost[a] = free[a] * (1.0 + b[a] * (flow[a] / capacity[a]) ** power[a]) + fixed[a]


@compiled
def marginal_costs(
    flow: Any, free: Any, b: Any, capacity: Any, power: Any, fixed: Any, cost: Any
) -> None:
    """What one more vehicle costs everybody: the derivative of flow times cost."""
    for a in range(flow.size):
        ratio = (flow[a] / capacity[a]) ** power[a]
        cost[a] = free[a] * (1.0 + (power[a] + 1.0) * b[a] * ratio) + fixed[a]


@compiled
def _derivative(flow: float, free: float, b: float, capacity: float, power: float) -> float:
    if power == 0.0 or b == 0.0:
        return 0.0
    slope: float = free * b * power / capacity * (flow / capacity) ** (power - 1.0)
    return slope


@compiled
def all_or_nothing(
    start: Any,
    link: Any,
    far: Any,
    tail: Any,
    cost: Any,
    demand: Any,
    first_through: int,
    flow: Any,
    distance: Any,
    via: Any,
    times: Any,
    codes: Any,
) -> float:
    """Put all demand on shortest paths; the total cost of it, infinity where there is no path."""
    flow[:] = 0.0
    total = 0.0
    zones = demand.shape[0]
    for origin in range(zones):
        shortest_tree(start, link, far, cost, origin, first_through, distance, via, times, codes)
        for goal in range(zones):
            wanted = demand[origin, goal]
            if wanted > 0.0 and goal != origin:
                total += wanted * distance[goal]
                if not np.isfinite(distance[goal]):
                    return np.inf
                node = goal
                while node != origin:
                    flow[via[node]] += wanted
                    node = tail[via[node]]
    return total


@compiled
def _step(
    flow: Any, target: Any, free: Any, b: Any, capacity: Any, power: Any, fixed: Any,
    optimum: bool, cost: Any, at: Any,
) -> float:  # fmt: skip
    """The step towards a target that minimises the objective: a root of its slope, in [0, 1]."""
    low, high = 0.0, 1.0
    for _ in range(60):
        step = 0.5 * (low + high)
        for a in range(flow.size):
            at[a] = flow[a] + step * (target[a] - flow[a])
        if optimum:
            marginal_costs(at, free, b, capacity, power, fixed, cost)
        else:
            link_costs(at, free, b, capacity, power, fixed, cost)
        slope = 0.0
        for a in range(flow.size):
            slope += cost[a] * (target[a] - flow[a])
        if slope < 0.0:
            low = step
        else:
            high = step
        if high - low < 1e-13:
            break
    return 0.5 * (low + high)


@compiled
def _mix(y: Any, nu: float, s: Any, mu: float, s2: Any, flow: Any, cost: Any, target: Any) -> float:
    """Set target = (y + nu s + mu s2) / (1 + nu + mu); the slope of the objective towards it."""
    descent = 0.0
    for a in range(flow.size):
        target[a] = (y[a] + nu * s[a] + mu * s2[a]) / (1.0 + nu + mu)
        descent += cost[a] * (target[a] - flow[a])
    return descent


@compiled
def bi_conjugate(
    start: Any, link: Any, far: Any, tail: Any, demand: Any, first_through: int, free: Any, b: Any,
    capacity: Any, power: Any, fixed: Any, optimum: bool, relative_gap: float, most: int,
    flow: Any, cost: Any,
) -> tuple[int, int, float]:  # fmt: skip
    """Equilibrium (or optimum) flows; fills ``flow`` and its ``cost``.

    The target of a step is the all-or-nothing flow y mixed with the last two targets s and s2 so
    that the direction is conjugate to the last two with respect to the Hessian H (eqs. 9-13):
    target = (y + nu s + mu s2) / (1 + nu + mu), with step lengths ``last`` and ``before``.

    Returns:
        (iterations, outcome code, relative gap).
    """
    links, nodes = flow.size, start.size - 1
    y, s, s2, at = np.zeros(links), np.zeros(links), np.zeros(links), np.zeros(links)
    distance, via = np.empty(nodes), np.empty(nodes, np.int64)
    times, codes = np.empty(links + 1), np.empty(links + 1, np.int64)
    scratch = np.empty(links)
    flow[:] = 0.0
    _costs(flow, free, b, capacity, power, fixed, optimum, cost)
    if not np.isfinite(
        all_or_nothing(start, link, far, tail, cost, demand, first_through, flow, distance, via,
                       times, codes)
    ):  # fmt: skip
        return 0, UNREACHABLE, np.inf
    last = 0.0
    memory = 0
    for iteration in range(most + 1):
        _costs(flow, free, b, capacity, power, fixed, optimum, cost)
        least = all_or_nothing(
            start, link, far, tail, cost, demand, first_through, y, distance, via, times, codes
        )
        total = 0.0
        for a in range(links):
            total += cost[a] * flow[a]
        gap = (total - least) / total if total > 0.0 else 0.0
        if not np.isfinite(gap):
            return iteration, NOT_FINITE, gap
        if gap <= relative_gap:
            return iteration, CONVERGED, max(gap, 0.0)
        if iteration == most:
            return iteration, MAX_ITERATIONS, gap
        if last > 0.99:
            memory = 0
        nu, mu = _weights(flow, y, s, s2, free, b, capacity, power, optimum, memory, last)
        if _mix(y, nu, s, mu, s2, flow, cost, at) >= 0.0:
            # Rounding spoilt the direction: plain Frank-Wolfe.
            memory = 0
            at[:] = y
        s2[:] = s
        s[:] = at
        last = _step(flow, s, free, b, capacity, power, fixed, optimum, scratch, at)
        for a in range(links):
            flow[a] += last * (s[a] - flow[a])
        memory = min(memory + 1, 2)
    return most, MAX_ITERATIONS, np.inf


@compiled
def _costs(
    flow: Any, free: Any, b: Any, capacity: Any, power: Any, fixed: Any, optimum: bool, cost: Any
) -> None:
    if optimum:
        marginal_costs(flow, free, b, capacity, power, fixed, cost)
    else:
        link_costs(flow, free, b, capacity, power, fixed, cost)


@compiled
def _weights(
    flow: Any, y: Any, s: Any, s2: Any, free: Any, b: Any, capacity: Any, power: Any,
    optimum: bool, memory: int, last: float,
) -> tuple[float, float]:  # fmt: skip
    """Weights of the last target and of the one before it."""
    if memory == 0:
        return 0.0, 0.0
    top = bottom = top2 = bottom2 = conjugate = conjugate_bottom = 0.0
    for a in range(flow.size):
        hessian = _derivative(flow[a], free[a], b[a], capacity[a], power[a])
        if optimum:
            hessian *= power[a] + 1.0
        fresh = y[a] - flow[a]
        one = s[a] - flow[a]
        top += hessian * one * fresh
        bottom += hessian * one * one
        conjugate += hessian * one * fresh
        conjugate_bottom += hessian * one * (y[a] - s[a])
        if memory == 2:
            two = last * s[a] + (1.0 - last) * s2[a] - flow[a]
            top2 += hessian * two * fresh
            bottom2 += hessian * two * (s2[a] - s[a])
    if memory == 1:
        if conjugate_bottom == 0.0:
            return 0.0, 0.0
        alpha = min(max(conjugate / conjugate_bottom, 0.0), 0.99)
        return alpha / (1.0 - alpha), 0.0
    mu = max(-top2 / bottom2, 0.0) if bottom2 != 0.0 else 0.0
    nu = -top / bottom + mu * last / (1.0 - last) if bottom != 0.0 else 0.0
    return max(nu, 0.0), mu

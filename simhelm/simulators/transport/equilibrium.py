"""User equilibrium and system optimum of static traffic assignment."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from simhelm.core.checks import whole_number
from simhelm.core.end_reason import EndReason
from simhelm.simulators.transport.kernels import assignment
from simhelm.simulators.transport.kernels.paths import shortest_tree
from simhelm.simulators.transport.network import Floats, Network, star

_REASONS = {
    assignment.CONVERGED: EndReason.CONVERGED,
    assignment.MAX_ITERATIONS: EndReason.MAX_ITERATIONS,
    assignment.NOT_FINITE: EndReason.NOT_FINITE,
}


@dataclasses.dataclass(frozen=True, eq=False)
class EquilibriumResult:
    """Flows and how far they are from equilibrium.

    Attributes:
        flow: vehicles on each link in the unit of the demand, shape (links,).
        cost: generalised cost of each link, shape (links,); of a system optimum too this is what
            a driver pays, not the marginal cost.
        relative_gap: (cost of the flows - cost on shortest paths) / cost of the flows, with
            marginal costs for a system optimum.
        beckmann: sum of the integrals of the cost from 0 to the flow (Beckmann et al. 1956).
        total_cost: sum of flow times cost.
        iterations: steps made.
        end_reason: CONVERGED, MAX_ITERATIONS or NOT_FINITE.
    """

    flow: Floats
    cost: Floats
    relative_gap: float
    beckmann: float
    total_cost: float
    iterations: int
    end_reason: EndReason

    @property
    def converged(self) -> bool:
        """Whether the gap was met."""
        return self.end_reason is EndReason.CONVERGED


def user_equilibrium(
    network: Network,
    demand: ArrayLike,
    *,
    relative_gap: float = 1e-6,
    max_iterations: int = 20_000,
    toll_weight: float = 0.0,
    length_weight: float = 0.0,
    principle: Literal["user", "system"] = "user",
) -> EquilibriumResult:
    """Flows at which no driver gains by another route (Wardrop's first principle).

    Solved by bi-conjugate Frank-Wolfe (Mitradjieva and Lindberg, Transportation Science 47, 2013).

    Args:
        network: with the parameters of the link cost.
        demand: vehicles an hour from zone to zone, shape (zones, zones), not negative; the
            diagonal does not use the roads.
        relative_gap: to reach, positive.
        max_iterations: cap; reaching it is not convergence.
        toll_weight, length_weight: added to a link's minutes a unit of toll and a kilometre.
        principle: ``"system"`` for least total cost (Wardrop's second principle).

    Raises:
        ValueError: demand of the wrong shape or sign, or between zones without a path.
    """
    wanted = _checked(network, demand)
    if not (np.isfinite(relative_gap) and relative_gap > 0.0):
        raise ValueError(f"relative_gap: expected a positive number, got {relative_gap!r}")
    if principle not in ("user", "system"):
        raise ValueError(f"principle: expected 'user' or 'system', got {principle!r}")
    for name, weight in (("toll_weight", toll_weight), ("length_weight", length_weight)):
        if not (np.isfinite(weight) and weight >= 0.0):
            raise ValueError(f"{name}: expected a number that is not negative, got {weight!r}")
    whole_number("max_iterations", max_iterations)
    forward = star(network.nodes, network.tail, network.head)
    fixed = toll_weight * network.toll + length_weight * network.length
    flow, cost = np.zeros(network.links), np.zeros(network.links)
    formula = (network.free_time, network.b, network.capacity, network.power, fixed)
    iterations, code, gap = assignment.bi_conjugate(
        forward.start, forward.link, forward.far, network.tail, wanted,
        network.first_through_node, *formula, principle == "system", relative_gap,
        max_iterations, flow, cost,
    )  # fmt: skip
    if code == assignment.UNREACHABLE:
        raise ValueError(_unreachable(network, wanted))
    assignment.link_costs(flow, *formula, cost)
    return EquilibriumResult(
        flow, cost, float(gap), beckmann_value(network, flow, fixed), float(flow @ cost),
        int(iterations), _REASONS[code],
    )  # fmt: skip


def beckmann_value(network: Network, flow: Floats, fixed: ArrayLike = 0.0) -> float:
    """The integral of every link's cost from 0 to its flow, summed."""
    ratio = (flow / network.capacity) ** network.power
    integral = flow * network.free_time * (1.0 + network.b * ratio / (network.power + 1.0))
    return float((integral + flow * np.asarray(fixed)).sum())


def _checked(network: Network, demand: ArrayLike) -> Floats:
    wanted = np.array(demand, dtype=np.float64)
    if wanted.shape != (network.zones, network.zones):
        raise ValueError(
            f"demand: expected shape ({network.zones}, {network.zones}), got {wanted.shape}"
        )
    if not (np.isfinite(wanted).all() and (wanted >= 0.0).all()):
        raise ValueError("demand: expected finite numbers that are not negative")
    np.fill_diagonal(wanted, 0.0)
    return wanted


def _unreachable(network: Network, demand: Floats) -> str:
    forward = star(network.nodes, network.tail, network.head)
    distance, via = np.empty(network.nodes), np.empty(network.nodes, np.int64)
    times, codes = np.empty(network.links + 1), np.empty(network.links + 1, np.int64)
    for origin in range(network.zones):
        shortest_tree(
            forward.start, forward.link, forward.far, network.free_time, origin,
            network.first_through_node, distance, via, times, codes,
        )  # fmt: skip
        lost = np.flatnonzero((demand[origin] > 0.0) & ~np.isfinite(distance[: network.zones]))
        if lost.size:
            return (
                f"demand: zone {lost[0]} cannot be reached from zone {origin} (counted from 0); "
                "add links, or take the demand out"
            )
    return "demand: some zone cannot be reached"

"""Static assignment against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.simulators import EndReason
from simhelm.simulators.transport import (
    beckmann_value,
    grid_network,
    make_network,
    user_equilibrium,
)

TINY = 1e-6


def braess(bridge: bool) -> tuple[object, np.ndarray]:
    """Braess (1968): times 10 f, 50 + f, 50 + f, 10 f, and 10 + f on the bridge; 6 drivers."""
    links = [(0, 2, TINY, 10.0), (0, 3, 50.0, 1.0), (2, 1, 50.0, 1.0), (3, 1, TINY, 10.0)]
    if bridge:
        links.append((2, 3, 10.0, 1.0))
    tail, head, free, slope = (np.array(column) for column in zip(*links, strict=True))
    network = make_network(
        4, tail, head, zones=2, capacity=1.0, free_time=free, b=slope / free, power=1.0
    )
    return network, np.array([[0.0, 6.0], [0.0, 0.0]])


@pytest.mark.parametrize(("bridge", "minutes"), [(False, 83.0), (True, 92.0)])
def test_braess(bridge: bool, minutes: float) -> None:
    network, demand = braess(bridge)
    result = user_equilibrium(network, demand, relative_gap=1e-10)  # type: ignore[arg-type]
    assert result.converged
    assert result.total_cost / 6.0 == pytest.approx(minutes, abs=1e-4)
    best = user_equilibrium(network, demand, relative_gap=1e-10, principle="system")  # type: ignore[arg-type]
    assert best.total_cost / 6.0 == pytest.approx(83.0, abs=1e-4)


def two_links(demand: float) -> tuple[object, np.ndarray]:
    """Times 10 (1 + f / 10) and 15 (1 + f / 30): 10 + f and 15 + f / 2."""
    network = make_network(
        2, [0, 0], [1, 1], capacity=[10.0, 30.0], free_time=[10.0, 15.0], b=1.0, power=1.0
    )
    return network, np.array([[0.0, demand], [0.0, 0.0]])


def test_two_links_user_equilibrium_and_system_optimum() -> None:
    network, demand = two_links(10.0)
    user = user_equilibrium(network, demand, relative_gap=1e-12)  # type: ignore[arg-type]
    assert user.flow == pytest.approx([20.0 / 3.0, 10.0 / 3.0], abs=1e-6)
    assert user.cost[0] == pytest.approx(user.cost[1], abs=1e-6)
    # Marginal times 10 + 2 f and 15 + f: 10 + 2 f = 25 - f.
    system = user_equilibrium(network, demand, relative_gap=1e-12, principle="system")  # type: ignore[arg-type]
    assert system.flow == pytest.approx([5.0, 5.0], abs=1e-6)
    assert system.total_cost < user.total_cost
    value = 10.0 * user.flow[0] + user.flow[0] ** 2 / 2 + 15 * user.flow[1] + user.flow[1] ** 2 / 4
    assert user.beckmann == pytest.approx(value, rel=1e-12)


def test_tolls_can_bring_the_optimum() -> None:
    """A toll of the external cost, f t'(f) at the optimum, makes the optimum an equilibrium."""
    _, demand = two_links(10.0)
    tolled = make_network(
        2, [0, 0], [1, 1], capacity=[10.0, 30.0], free_time=[10.0, 15.0], b=1.0, power=1.0,
        toll=[5.0, 2.5], length=[1.0, 4.0],
    )  # fmt: skip
    result = user_equilibrium(tolled, demand, relative_gap=1e-12, toll_weight=1.0)
    assert result.flow == pytest.approx([5.0, 5.0], abs=1e-6)
    # A kilometre for 5 minutes: 10 + f + 5 = 15 + (10 - f) / 2 + 20.
    far = user_equilibrium(tolled, demand, relative_gap=1e-12, length_weight=5.0)
    assert far.flow[0] == pytest.approx(10.0, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 4), st.integers(2, 4), st.integers(0, 10_000))
def test_flows_are_conserved_and_no_route_is_better(rows: int, columns: int, seed: int) -> None:
    network = grid_network(rows, columns, capacity=300.0)
    demand = np.random.default_rng(seed).gamma(1.0, 40.0, (network.zones, network.zones))
    result = user_equilibrium(network, demand, relative_gap=1e-5)
    assert result.converged
    np.fill_diagonal(demand, 0.0)
    surplus = np.bincount(network.tail, result.flow, network.nodes)
    surplus -= np.bincount(network.head, result.flow, network.nodes)
    assert surplus == pytest.approx(demand.sum(axis=1) - demand.sum(axis=0), abs=1e-6)
    # The convex objective is no larger anywhere else: here at a nearby feasible flow.
    other = user_equilibrium(network, demand, relative_gap=1e-2).flow
    assert beckmann_value(network, other) >= result.beckmann * (1.0 - 1e-6)


def test_a_cap_is_not_convergence() -> None:
    network = grid_network(4, 6, capacity=300.0)
    demand = np.random.default_rng(0).gamma(1.0, 40.0, (24, 24))
    result = user_equilibrium(network, demand, relative_gap=1e-9, max_iterations=3)
    assert result.end_reason is EndReason.MAX_ITERATIONS
    assert not result.converged
    assert result.relative_gap > 1e-9


def test_refusals() -> None:
    network, demand = two_links(1.0)
    with pytest.raises(ValueError, match="zone 0 cannot be reached from zone 1"):
        user_equilibrium(network, demand.T)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not negative"):
        user_equilibrium(network, -demand)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        user_equilibrium(network, demand[:1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="closed links"):
        make_network(2, [0], [1], capacity=0.0, free_time=1.0)
    with pytest.raises(ValueError, match="free_time"):
        make_network(2, [0], [1], capacity=1.0, free_time=-1.0)
    with pytest.raises(ValueError, match="nodes 0 to 1"):
        make_network(2, [0], [2], capacity=1.0, free_time=1.0)

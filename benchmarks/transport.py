"""Speed of simulated days and of user equilibrium: ``python -m benchmarks.transport``."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks.comparison import Comparison, lacking
from benchmarks.memory import own_peak_bytes
from simhelm.experiments.terminal import print_table
from simhelm.simulators.transport import (
    Network,
    grid_network,
    grid_town,
    simulate,
    user_equilibrium,
)
from simhelm.simulators.transport.problem import HIDDEN_CONSTANTS

DAYS = 12
# Milliseconds of processor time: a day of so many persons.
DAY_BARS = {10_000: 20.0, 50_000: 120.0}
EVALUATION_BAR = 300.0
EQUILIBRIUM_BAR = 500.0
# Megabytes of a process that loads kernels; compiling them, once after an installation, takes more.
MEMORY_BAR = 300.0
GAP = 1e-6


def milliseconds(call: Callable[[], object], repeats: int) -> float:
    """Least processor time of a call that was made once before."""
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return 1e3 * min(times)


def grid_problem() -> tuple[Network, Any]:
    """24 nodes, 76 links, demand by chance: links at up to 1.8 times their capacity."""
    demand = np.random.default_rng(0).gamma(1.0, 40.0, (24, 24))
    np.fill_diagonal(demand, 0.0)
    return grid_network(4, 6, capacity=900.0), demand


def aequilibrae_milliseconds(network: Network, demand: Any) -> float:
    """The same equilibrium by aequilibrae's bi-conjugate Frank-Wolfe, one call."""
    import pandas as pd
    from aequilibrae.matrix import AequilibraeMatrix
    from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

    links = pd.DataFrame(
        {
            "link_id": np.arange(network.links) + 1,
            "a_node": network.tail + 1,
            "b_node": network.head + 1,
            "direction": 1,
            "free_flow_time": network.free_time,
            "capacity": network.capacity,
            "b": network.b,
            "power": network.power,
        }
    )
    graph = Graph()
    graph.network = links
    graph.prepare_graph(np.arange(network.zones) + 1)
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(False)
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=network.zones, matrix_names=["cars"], memory_only=True)
    matrix.index[:] = np.arange(network.zones) + 1
    matrix.matrix["cars"][:, :] = demand
    matrix.computational_view(["cars"])
    assignment = TrafficAssignment()
    assignment.set_classes([TrafficClass("car", graph, matrix)])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": "b", "beta": "power"})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.set_algorithm("bfw")
    assignment.max_iter, assignment.rgap_target = 10_000, GAP
    start = time.process_time()
    with contextlib.redirect_stderr(io.StringIO()):  # thousands of lines of progress
        assignment.execute()
    return 1e3 * (time.process_time() - start)


def main(persons: tuple[int, ...] = (10_000, 50_000), repeats: int = 5) -> bool:
    """Print the table; returns whether all bars were met."""
    rows = []
    for count in persons:
        town = grid_town(persons=count)
        whole = milliseconds(
            lambda town=town: simulate(town, HIDDEN_CONSTANTS, iterations=DAYS, seed=1),  # type: ignore[misc]
            repeats,
        )
        rows.append(_row(f"a day of {count:,} persons, ms", whole / DAYS, DAY_BARS.get(count)))
        bar = EVALUATION_BAR if count == 10_000 else None
        rows.append(_row(f"an evaluation of {DAYS} days, ms", whole, bar))
    rows.append(
        _row(
            f"memory of a process, {max(persons):,} persons, MB", _memory(max(persons)), MEMORY_BAR
        )
    )
    network, demand = grid_problem()
    spent = milliseconds(lambda: user_equilibrium(network, demand, relative_gap=GAP), repeats)
    rows.append(_row(f"user equilibrium, 24 nodes, gap {GAP:g}, ms", spent, EQUILIBRIUM_BAR))
    if importlib.util.find_spec("aequilibrae") is not None:
        rows.append(
            _row("the same by aequilibrae, ms", aequilibrae_milliseconds(network, demand), None)
        )
    print_table(rows, title="Transport, processor time")
    return all(row["met"] != "NO" for row in rows)


def compare(persons: int = 10_000, repeats: int = 3) -> list[Comparison]:
    """Persons' days a second, and equilibria a second beside aequilibrae."""
    town = grid_town(persons=persons)
    spent = milliseconds(lambda: simulate(town, HIDDEN_CONSTANTS, iterations=DAYS, seed=1), repeats)
    network, demand = grid_problem()
    solve = milliseconds(lambda: user_equilibrium(network, demand, relative_gap=GAP), repeats)
    missing = lacking({"aequilibrae": ("aequilibrae", "pip install aequilibrae")})
    peers = {} if missing else {"aequilibrae": 1e3 / aequilibrae_milliseconds(network, demand)}
    return [
        Comparison(
            f"a day of {persons:,} persons", "thousand persons' days", persons * DAYS / spent
        ),
        Comparison(
            f"user equilibrium, 24 nodes, gap {GAP:g}", "equilibria", 1e3 / solve, peers, None,
            missing,
        ),
    ]  # fmt: skip


def _memory(persons: int) -> float:
    """Largest memory of a new process that makes an evaluation, MB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        return executor.submit(_largest_memory, persons).result()


def _largest_memory(persons: int) -> float:
    simulate(grid_town(persons=persons), HIDDEN_CONSTANTS, iterations=DAYS, seed=1)
    return own_peak_bytes() / 1e6


def _row(what: str, spent: float, bar: float | None) -> dict[str, str]:
    met = "" if bar is None else "yes" if spent <= bar else "NO"
    return {
        "what": what,
        "measured": f"{spent:.1f}",
        "at most": "" if bar is None else f"{bar:g}",
        "met": met,
    }


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

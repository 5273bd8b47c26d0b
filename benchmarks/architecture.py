"""Speed of the memory controller and of the accelerator: ``python -m benchmarks.architecture``."""

from __future__ import annotations

import functools
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.bars import bar_row
from benchmarks.comparison import Comparison, lacking
from benchmarks.scale_sim import scale_sim_cycles
from benchmarks.timing import take_turns
from simhelm.experiments.terminal import print_table
from simhelm.simulators.accelerator import Design, evaluate_many, load_network, systolic_cycles
from simhelm.simulators.dram import WORKLOADS, Controller, make_workload, simulate

REQUESTS = 10_000
# Milliseconds for 10,000 requests, microseconds a layer: processor time.
DRAM_BAR = 20.0
LAYER_BAR = 5.0
NETWORK = "resnet18"
DESIGNS = 2_000
# What SCALE-Sim can do in a second, on an array of 16 x 16.
PRODUCT = (32, 32, 32)
SCALE_SIM = "SCALE-Sim, its whole trace"


def replays() -> dict[str, Callable[[], object]]:
    """A replay of each workload by the default controller."""
    traces = {name: make_workload(name, seed=0, requests=REQUESTS) for name in WORKLOADS}
    return {
        name: functools.partial(simulate, Controller(), trace) for name, trace in traces.items()
    }


def network_costs(designs: int = DESIGNS) -> Callable[[], object]:
    """The network on many designs, each another one."""
    rng = np.random.default_rng(0)
    sides, sizes = rng.choice([8, 16, 32, 64], (designs, 2)), rng.choice([32, 64, 128], designs)
    layers = load_network(NETWORK)
    many = [
        Design(rows=int(rows), cols=int(cols), ifmap_kib=int(kib))
        for (rows, cols), kib in zip(sides, sizes, strict=True)
    ]
    return lambda: evaluate_many(many, layers)


def compare(rounds: int = 3, designs: int = DESIGNS) -> list[Comparison]:
    """Requests and layers a second; the cycles of one product beside SCALE-Sim's."""
    calls = {"mixed": replays()["mixed"], "network": network_costs(designs)}
    seconds = take_turns(calls, dict.fromkeys(calls, 3), rounds)
    least = {name: min(figures) for name, figures in seconds.items()}
    layers = designs * len(load_network(NETWORK))
    return [
        Comparison(
            f"DRAM controller, {REQUESTS:,} mixed requests", "thousand requests",
            REQUESTS / least["mixed"] / 1e3,
        ),
        Comparison(
            f"accelerator, {NETWORK} on {designs:,} designs", "thousand layers",
            layers / least["network"] / 1e3,
        ),
        _product(rounds),
    ]  # fmt: skip


def _product(rounds: int) -> Comparison:
    """Both give the same number: a closed form here, a trace of every access there."""
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: systolic_cycles(*PRODUCT, 16, 16, "os")
    }
    missing = lacking(
        {"scalesim": ("SCALE-Sim", "pip install -c constraints.txt 'simhelm[peers]'")}
    )
    with tempfile.TemporaryDirectory() as folder:
        if not missing:
            calls[SCALE_SIM] = lambda: scale_sim_cycles(Path(folder), PRODUCT, 16, 16, "os")
        seconds = take_turns(calls, {"ours": 1_000, SCALE_SIM: 1}, rounds)
    rate = {name: 1.0 / statistics.median(figures) for name, figures in seconds.items()}
    peers = {name: value for name, value in rate.items() if name != "ours"}
    m, n, k = PRODUCT
    what = f"cycles of a product of {m} x {k} and {k} x {n} on an array of 16 x 16"
    return Comparison(what, "products", rate["ours"], peers, None, missing)


def main(rounds: int = 5, designs: int = DESIGNS) -> bool:
    """Print the table; returns whether all bars were met."""
    calls = replays()
    seconds = take_turns(calls, dict.fromkeys(calls, 3), rounds)
    rows = [
        bar_row(f"{REQUESTS:,} requests, {name}, ms", 1e3 * min(figures), DRAM_BAR, at_least=False)
        for name, figures in seconds.items()
    ]
    figures = take_turns({NETWORK: network_costs(designs)}, {NETWORK: 3}, rounds)[NETWORK]
    layer = 1e6 * min(figures) / (designs * len(load_network(NETWORK)))
    rows.append(
        bar_row(f"a layer of {NETWORK}, {designs:,} designs, us", layer, LAYER_BAR, at_least=False)
    )
    print_table(rows, title="Architecture, processor time")
    return all(row["met"] == "yes" for row in rows)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""What an action of an exported policy costs: ``python -m benchmarks.policies``.

A network of two hidden layers of 32, eight observations and ten actions. CPU time, the
least of several repeats, as a busy machine can only add to it.
"""

from __future__ import annotations

import itertools
import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from benchmarks.comparison import Comparison, lacking
from benchmarks.limits import FLOPS, FLOPS_A_PRODUCT, matrix_product
from benchmarks.timing import take_turns
from simhelm.agents.network import ARGMAX, RELU, TANH, discrete_action
from simhelm.agents.policy import Policy, PolicyMetadata, network_of
from simhelm.experiments.terminal import print_table

SIZES = np.array([8, 32, 32, 10])
BAR = 3.0


@numba.njit
def _loop(network: Any, observations: Any, count: int) -> int:
    chosen = 0
    for k in range(count):
        chosen += discrete_action(network, observations[k % len(observations)])
    return chosen


def _policy(activation: int) -> Policy:
    rng = np.random.default_rng(0)
    count = int(((SIZES[:-1] + 1) * SIZES[1:]).sum())
    weights = rng.normal(size=count).astype(np.float32)
    ranges = (np.zeros(8), np.ones(8), np.zeros(10), np.zeros(10))
    return Policy(network_of(weights, SIZES, activation, ARGMAX, *ranges), PolicyMetadata())


def compare(rounds: int = 9) -> list[Comparison]:
    """Actions a second inside a compiled loop, beside torch (one observation at a time)."""
    observations = np.random.default_rng(1).normal(size=(1_000, 8))
    network = _policy(RELU).network
    missing = lacking({"torch": ("torch", "pip install -c constraints.txt 'simhelm[rl]'")})
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: _loop(network, observations, len(observations)),
        FLOPS: matrix_product(),
    }
    if not missing:
        calls["torch, one thread"] = _torch_calls(observations)
    seconds = take_turns(calls, {"ours": 10, FLOPS: 1, "torch, one thread": 1}, rounds)
    rate = {name: len(observations) / min(figures) / 1e3 for name, figures in seconds.items()}
    flops = 2.0 * float((SIZES[:-1] * SIZES[1:]).sum())
    most = FLOPS_A_PRODUCT / min(seconds[FLOPS]) / flops / 1e3
    peers = {name: rate[name] for name in rate if name not in ("ours", FLOPS)}
    what = "action of a policy of two hidden layers of 32"
    limit = (f"arithmetic: {FLOPS}", most)
    return [Comparison(what, "thousand actions", rate["ours"], peers, limit, missing)]


def _torch_calls(observations: Any) -> Callable[[], object]:
    import torch

    torch.set_num_threads(1)
    layers: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(SIZES.tolist()):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    rows = torch.from_numpy(observations.astype(np.float32))

    def play() -> None:
        with torch.inference_mode():
            for row in rows:
                int(network(row).argmax())

    return play


def main(repeats: int = 300) -> bool:
    """Print the table; returns whether the bar was met by the networks that `train` makes."""
    observations = np.random.default_rng(1).normal(size=(1_000, 8))
    count, rows, met = len(observations), [], True
    for name, activation in (("ReLU", RELU), ("tanh", TANH)):
        policy = _policy(activation)
        _loop(policy.network, observations, 1)
        policy.act(observations[0])
        ways = {
            "Policy.act from Python": lambda p=policy: [p.act(row) for row in observations],
            "inside a compiled loop": lambda p=policy: _loop(
                p.network, observations, len(observations)
            ),
        }
        for way, function in ways.items():
            seconds = timeit.repeat(function, timer=time.process_time, number=1, repeat=repeats)
            cost = 1e6 * min(seconds) / count
            met = met and (cost <= BAR or activation == TANH)
            rows.append({"activation": name, "evaluated": way, "µs an observation": f"{cost:.2f}"})
    print_table(rows, title=f"Policy of two hidden layers of 32; bar for ReLU: {BAR:g} µs")
    return met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

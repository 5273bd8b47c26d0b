"""What an action of an exported policy costs: ``python -m benchmarks.policies``.

A network of two hidden layers of 32, eight observations and ten actions. CPU time, the
least of several repeats, as a busy machine can only add to it.
"""

from __future__ import annotations

import sys
import time
import timeit
from typing import Any

import numba
import numpy as np

from simhelm.agents.network import ARGMAX, RELU, TANH, discrete_action
from simhelm.agents.policy import Policy, PolicyMetadata, network_of
from simhelm.calibration.terminal import print_table

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

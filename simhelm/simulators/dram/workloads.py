"""Traces made from a seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.dram.memory import BYTES_PER_BURST
from simhelm.simulators.dram.trace import Trace

# Every memory here has at least this many bytes.
_SPAN = 1 << 30
_LINES = _SPAN // BYTES_PER_BURST

Lines = NDArray[np.int64]


def streaming(rng: np.random.Generator, count: int) -> Lines:
    """One address after the other."""
    return (int(rng.integers(_LINES)) + np.arange(count, dtype=np.int64)) % _LINES


def uniform(rng: np.random.Generator, count: int) -> Lines:
    """Addresses drawn uniformly."""
    return rng.integers(_LINES, size=count)


def strided(rng: np.random.Generator, count: int) -> Lines:
    """A column of a matrix: steps of 16 KiB, shifted by a line at the end of each pass of 512."""
    start, step, rows = int(rng.integers(_LINES)), 256, 512
    index = np.arange(count, dtype=np.int64)
    return (start + (index % rows) * step + index // rows) % _LINES


def pointer_chasing(rng: np.random.Generator, count: int) -> Lines:
    """A walk along a random cycle through 2^16 nodes, scattered over the memory."""
    nodes = 1 << 16
    places = rng.integers(_LINES, size=nodes)
    order = rng.permutation(nodes)
    start = int(rng.integers(nodes))
    return places[order[(start + np.arange(count)) % nodes]]


# Name -> (lines of an initiator, share of writes, cycles from one request to the next).
PATTERNS: dict[str, tuple[Callable[[np.random.Generator, int], Lines], float, int]] = {
    "streaming": (streaming, 0.0, 1),
    "random": (uniform, 0.0, 1),
    "strided": (strided, 0.0, 1),
    # The next address is known when the last has been read: a request in 40 cycles.
    "pointer-chasing": (pointer_chasing, 0.0, 40),
}
# Who shares the memory in the mixed workload, and how the requests divide among them.
_MIXED = (("streaming", 4), ("strided", 2), ("random", 3), ("pointer-chasing", 1))
_MIXED_WRITES = 0.3
# Requests of the mixed workload come in the mean every so many cycles: the bus could take one in
# 4, so that queues fill and empty again.
_MIXED_INTERVAL = 12.0

WORKLOADS = (*PATTERNS, "mixed")


def make_workload(name: str, *, seed: int, requests: int = 100_000) -> Trace:
    """A trace made from a seed.

    Args:
        name: ``"streaming"``, ``"random"``, ``"strided"``, ``"pointer-chasing"``: reads of one
            initiator; ``"mixed"``: four initiators, one of each kind, 30 % writes, in bursts.
        seed: everything random follows from it.
        requests: length of the trace.

    Raises:
        ValueError: unknown name, with the nearest one.
    """
    whole_number("requests", requests)
    rng = np.random.default_rng(seed)
    if name == "mixed":
        return _mixed(rng, requests)
    if name not in PATTERNS:
        raise ValueError(
            f"workload: expected one of {WORKLOADS}, got {name!r}{did_you_mean(name, WORKLOADS)}"
        )
    pattern, writes, interval = PATTERNS[name]
    lines = pattern(rng, requests)
    return Trace(
        np.arange(requests, dtype=np.int64) * interval,
        rng.random(requests) < writes,
        lines * BYTES_PER_BURST,
        np.zeros(requests, dtype=np.int64),
    )


def _mixed(rng: np.random.Generator, count: int) -> Trace:
    """Bursts of four initiators one after the other, each burst of its own length and pause."""
    weights = np.array([weight for _, weight in _MIXED], dtype=np.float64)
    bursts = rng.geometric(1 / 16, size=count)
    last = int(np.searchsorted(np.cumsum(bursts), count)) + 1
    owners = rng.choice(len(_MIXED), size=last, p=weights / weights.sum())
    initiator = np.repeat(owners, bursts[:last])[:count].astype(np.int64)
    # Within a burst a request a cycle; between bursts a pause that makes up the mean.
    pauses = rng.geometric(1 / (16 * (_MIXED_INTERVAL - 1.0)), size=last)
    steps = np.ones(count, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(bursts[: last - 1])])
    steps[starts] += pauses
    lines = np.empty(count, dtype=np.int64)
    for place, (name, _) in enumerate(_MIXED):
        mine = initiator == place
        lines[mine] = PATTERNS[name][0](rng, int(mine.sum()))
    return Trace(
        np.cumsum(steps) - steps[0],
        rng.random(count) < _MIXED_WRITES,
        lines * BYTES_PER_BURST,
        initiator,
    )

"""Timing that a noisy machine does not decide: contenders take turns, medians are compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

# Uncounted calls before a turn: they compile, and bring the contender's data into the caches.
_WARM_UP = 2


def take_turns(
    contenders: dict[str, Callable[[], object]], repeats: dict[str, int], rounds: int = 15
) -> dict[str, list[float]]:
    """CPU seconds a call of each contender, one figure a round; every round runs all of them.

    The order rotates and reverses from round to round, so that no contender always follows the
    same other one. ``repeats`` calls make one figure.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        start = turn % len(names)
        order = names[start:] + names[:start]
        for name in order if turn % 2 == 0 else reversed(order):
            seconds[name].append(_seconds_a_call(contenders[name], repeats[name]))
    return seconds


def _seconds_a_call(contender: Callable[[], object], repeats: int) -> float:
    for _ in range(_WARM_UP):
        contender()
    start = time.process_time()
    for _ in range(repeats):
        contender()
    return (time.process_time() - start) / repeats


def ratio(seconds: dict[str, list[float]], slow: str, fast: str) -> float:
    """Median over rounds of slow / fast within a round."""
    return statistics.median(a / b for a, b in zip(seconds[slow], seconds[fast], strict=True))

"""Independent systems over threads: the kernels run without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# Systems a task: small enough to even out close encounters, large enough to hide the queue.
_CHUNK = 16


def over_threads(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Call ``work(first, end)`` for pieces of ``range(count)``; results must not interact."""
    if threads == 1 or count <= _CHUNK:
        work(0, count)
        return
    starts = range(0, count, _CHUNK)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda first: work(first, min(first + _CHUNK, count)), starts))

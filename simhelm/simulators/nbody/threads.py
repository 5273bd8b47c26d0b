"""Independent systems over threads: the kernels run without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# Systems a task, at least; and tasks a thread, where there are many systems: small enough to even
# out close encounters, large enough to keep the lanes of vector registers filled.
_CHUNK, _TASKS = 16, 4


def over_threads(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Call ``work(first, end)`` for pieces of ``range(count)``; results must not interact."""
    if threads == 1 or count <= _CHUNK:
        work(0, count)
        return
    chunk = max(_CHUNK, -(-count // (_TASKS * threads)))
    starts = range(0, count, chunk)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda first: work(first, min(first + chunk, count)), starts))

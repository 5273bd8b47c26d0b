"""Shortest paths (Dijkstra 1959) with a binary heap, on stars of links."""

from __future__ import annotations

from typing import Any

import numpy as np

from simhelm.core.compiled import compiled_in_place


@compiled_in_place
def push(times: Any, codes: Any, size: int, time: float, code: int) -> int:
    """Put (time, code) on a heap of ``size`` entries; the new size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if times[above] <= time:
            break
        times[at] = times[above]
        codes[at] = codes[above]
        at = above
    times[at] = time
    codes[at] = code
    return size + 1


@compiled_in_place
def drop_first(times: Any, codes: Any, size: int) -> int:
    """Take the earliest entry, which the caller has read, off the heap; the new size."""
    size -= 1
    time, code = times[size], codes[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and times[below + 1] < times[below]:
            below += 1
        if times[below] >= time:
            break
        times[at] = times[below]
        codes[at] = codes[below]
        at = below
    times[at] = time
    codes[at] = code
    return size


@compiled_in_place
def shortest_tree(
    start: Any,
    link: Any,
    far: Any,
    cost: Any,
    root: int,
    first_through: int,
    distance: Any,
    via: Any,
    times: Any,
    codes: Any,
) -> int:
    """Distances between ``root`` and every node along a star, and the link nearest the far node.

    Args:
        start, link, far: the star, forward or backward.
        cost: of each link, not negative.
        first_through: nodes below it are not passed through.
        distance, via: filled, shape (nodes,); unreachable nodes have infinity and -1.
        times, codes: work space for links + 1 entries.

    Returns:
        Number of links looked at.
    """
    distance[:] = np.inf
    via[:] = -1
    distance[root] = 0.0
    looked = 0
    size = push(times, codes, 0, 0.0, root)
    while size > 0:
        reached, node = times[0], codes[0]
        size = drop_first(times, codes, size)
        if reached > distance[node] or (node < first_through and node != root):
            continue
        for place in range(start[node], start[node + 1]):
            other = far[place]
            new = reached + cost[link[place]]
            looked += 1
            if new < distance[other]:
                distance[other] = new
                via[other] = link[place]
                size = push(times, codes, size, new, other)
    return looked

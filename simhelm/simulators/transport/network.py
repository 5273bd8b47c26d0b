"""A road network as arrays of links."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class Network:
    """Directed links between nodes 0 ... nodes-1, of which the first ``zones`` are zones.

    The cost of a link is its time by the formula of the Bureau of Public Roads (1964),
    ``free_time * (1 + b * (flow / capacity) ** power)``, plus weighted toll and length.

    Attributes:
        nodes, zones: numbers of nodes and zones.
        tail, head: nodes that each link leaves and enters, shape (links,), int64.
        capacity: vehicles per hour, shape (links,), positive.
        free_time: minutes without traffic, shape (links,), not negative.
        length: kilometres, shape (links,), not negative.
        b, power: of the formula, shape (links,), not negative.
        toll: in money, shape (links,), not negative.
        first_through_node: routes do not pass through nodes below it; they may start or end there.
        coordinates: kilometres, shape (nodes, 2), for drawing; None if unknown.
    """

    nodes: int
    zones: int
    tail: Integers
    head: Integers
    capacity: Floats
    free_time: Floats
    length: Floats
    b: Floats
    power: Floats
    toll: Floats
    first_through_node: int = 0
    coordinates: Floats | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.zones <= self.nodes:
            raise ValueError(f"zones: expected 1 to {self.nodes} (the nodes), got {self.zones}")
        if not 0 <= self.first_through_node <= self.nodes:
            raise ValueError(
                f"first_through_node: expected 0 to {self.nodes}, got {self.first_through_node}"
            )
        for name in ("tail", "head"):
            self._check_ends(name)
        for name in ("capacity", "free_time", "length", "b", "power", "toll"):
            self._check_numbers(name)
        zero = np.flatnonzero(self.capacity <= 0.0)
        if zero.size:
            raise ValueError(
                f"capacity: expected positive numbers, got {self.capacity[zero[0]]:g} for link "
                f"{zero[0]} ({self._named(int(zero[0]))}); leave closed links out"
            )

    @property
    def links(self) -> int:
        """Number of links."""
        return int(self.tail.size)

    @property
    def places(self) -> Floats:
        """Kilometres, shape (nodes, 2); on a circle where they are not known."""
        if self.coordinates is not None:
            return self.coordinates
        angles = np.linspace(0.0, 2.0 * np.pi, self.nodes, endpoint=False)
        return 0.1 * self.nodes * np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def _named(self, link: int) -> str:
        return f"from node {self.tail[link]} to {self.head[link]}, counted from 0"

    def _check_ends(self, name: str) -> None:
        ends = np.ascontiguousarray(getattr(self, name), dtype=np.int64)
        object.__setattr__(self, name, ends)
        if ends.ndim != 1 or ends.size == 0 or ends.shape != np.shape(self.tail):
            raise ValueError(f"{name}: expected one node a link, got shape {ends.shape}")
        if ends.min() < 0 or ends.max() >= self.nodes:
            raise ValueError(f"{name}: expected nodes 0 to {self.nodes - 1}, got {ends.max()}")

    def _check_numbers(self, name: str) -> None:
        numbers = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
        object.__setattr__(self, name, numbers)
        if numbers.shape != self.tail.shape:
            raise ValueError(f"{name}: expected shape {self.tail.shape}, got {numbers.shape}")
        bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0.0)))
        if bad.size:
            raise ValueError(
                f"{name}: expected finite numbers that are not negative, got {numbers[bad[0]]} "
                f"for link {bad[0]} ({self._named(int(bad[0]))})"
            )


def make_network(
    nodes: int,
    tail: ArrayLike,
    head: ArrayLike,
    *,
    capacity: ArrayLike,
    free_time: ArrayLike,
    zones: int | None = None,
    length: ArrayLike = 0.0,
    b: ArrayLike = 0.15,
    power: ArrayLike = 4.0,
    toll: ArrayLike = 0.0,
    first_through_node: int = 0,
    coordinates: Floats | None = None,
) -> Network:
    """A network from arrays or single numbers, which hold for all links.

    Args: as the attributes of :class:`Network`; ``zones`` None makes every node a zone.
    """
    ends = np.asarray(tail, dtype=np.int64)

    def full(values: ArrayLike) -> Floats:
        numbers = np.asarray(values, dtype=np.float64)
        return np.full(ends.shape, float(numbers)) if numbers.ndim == 0 else numbers

    return Network(
        nodes=nodes,
        zones=nodes if zones is None else zones,
        tail=ends,
        head=np.asarray(head, dtype=np.int64),
        capacity=full(capacity),
        free_time=full(free_time),
        length=full(length),
        b=full(b),
        power=full(power),
        toll=full(toll),
        first_through_node=first_through_node,
        coordinates=coordinates,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Star:
    """Links sorted by a node, so that all of a node's are found at once.

    Attributes:
        start: the links of node i are ``link[start[i]:start[i + 1]]``, shape (nodes + 1,).
        link: link numbers, shape (links,).
        far: the node at the other end, shape (links,).
    """

    start: Integers
    link: Integers
    far: Integers


def star(nodes: int, near: Integers, far: Integers) -> Star:
    """Links sorted by their node ``near``; give (tail, head) to go forward, else backward."""
    order = np.argsort(near, kind="stable")
    start = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(near, minlength=nodes), out=start[1:])
    return Star(start, order.astype(np.int64), np.ascontiguousarray(far[order]))

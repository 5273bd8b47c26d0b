"""The words of the language: what a search space is made of.

A space is an ordered tree of choices. What stands below an option exists only once that option
was taken; nothing is expanded before.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from simhelm.core.parameter import Value

# The orderings of more items are too many for one choice.
LARGEST_PERMUTATION = 6


@dataclasses.dataclass(frozen=True)
class Nothing:
    """No choice at all."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of several values, each with a part of the space below it.

    Attributes:
        name: unique within its part of the tree; the full name is made of those on the path.
        options: (value, part below) in order; values differ.
        ordered: neighbouring options resemble each other.
        shared: the name stands for the whole space: met again, the choice is not made again.
    """

    name: str
    options: tuple[tuple[Value, Node], ...]
    ordered: bool = False
    shared: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not self.options:
            raise ValueError(f"choice {self.name!r}: expected at least one option")
        values = [_key(value) for value, _ in self.options]
        if len(set(values)) < len(values):
            raise ValueError(f"choice {self.name!r}: two options are equal")


@dataclasses.dataclass(frozen=True)
class Chain:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclasses.dataclass(frozen=True)
class Repeat:
    """A part several times over, under the names ``name[0]``, ``name[1]`` and so on.

    Attributes:
        name: of the choice of the number.
        part: what is repeated.
        counts: legal numbers of repetitions, increasing, from 0 on.
    """

    name: str
    part: Node
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not self.counts or list(self.counts) != sorted(set(self.counts)) or self.counts[0] < 0:
            raise ValueError(
                f"repeat {self.name!r}: expected increasing numbers from 0 on, got {self.counts}"
            )


@dataclasses.dataclass(frozen=True)
class When:
    """A part that exists while an earlier choice, by its full name, has one of some values."""

    name: str
    values: tuple[Value, ...]
    part: Node


Node = Nothing | Choice | Chain | Repeat | When


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, those of a repeated part once."""
    yield node
    below: Iterable[Node] = ()
    if isinstance(node, Choice):
        below = (part for _, part in node.options)
    elif isinstance(node, Chain):
        below = node.parts
    elif isinstance(node, (Repeat, When)):
        below = (node.part,)
    for part in below:
        yield from walk(part)


def choice(
    name: str,
    options: Sequence[Value] | Mapping[Value, Node | None],
    *,
    ordered: bool = False,
    shared: bool = False,
) -> Choice:
    """One of the values; a mapping gives the part of the space below each."""
    if isinstance(options, Mapping):
        pairs = tuple((value, part or Nothing()) for value, part in options.items())
    else:
        pairs = tuple((value, Nothing()) for value in options)
    return Choice(name, pairs, ordered, shared)


def optional(name: str, part: Node) -> Choice:
    """The part or nothing: a choice of False or True."""
    return choice(name, {False: None, True: part})


def sequence(*parts: Node) -> Chain:
    """All parts, one after the other."""
    return Chain(parts)


def repeat(name: str, part: Node, counts: Sequence[int]) -> Repeat:
    """The part as often as one of the counts says."""
    return Repeat(name, part, tuple(counts))


def when(name: str, values: Sequence[Value], part: Node) -> When:
    """The part, if the choice of that full name was made before and took one of the values."""
    return When(name, tuple(values), part)


def permutation(name: str, items: Sequence[str]) -> Choice:
    """An order of the items: a choice whose values are the names with commas between them."""
    if not 1 <= len(items) <= LARGEST_PERMUTATION or len(set(items)) < len(items):
        raise ValueError(
            f"permutation {name!r}: expected 1 to {LARGEST_PERMUTATION} different items, "
            f"got {list(items)}"
        )
    if any("," in item for item in items):
        raise ValueError(f"permutation {name!r}: items with a comma are ambiguous")
    return choice(name, [",".join(order) for order in itertools.permutations(items)])


def _check_name(name: str) -> None:
    if not name or any(letter in name for letter in "/[]?"):
        raise ValueError(f"name: expected text without / [ ] ?, got {name!r}")


def _key(value: Value) -> tuple[str, Value]:
    # True and 1 are equal to Python, and different here.
    return type(value).__name__, value

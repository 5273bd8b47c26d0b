"""A search space: its next choice, its size, all that is in it, and drawing from it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping

import numpy as np

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.parameter import Condition, Value, same_value
from simhelm.core.space.nodes import Chain, Choice, Node, Nothing, Repeat, When, walk

# Parts that are still to be walked through, each with the prefix of its names: (part, rest).
Pending = tuple[tuple[Node, str], "Pending"] | None
Assignment = Mapping[str, Value]


@dataclasses.dataclass(frozen=True)
class OpenChoice:
    """A choice to be made next.

    Attributes:
        name: full name.
        options: legal values, at least one.
        ordered: neighbouring options resemble each other.
    """

    name: str
    options: tuple[Value, ...]
    ordered: bool


@dataclasses.dataclass(frozen=True)
class _Step:
    """A choice together with what follows each option."""

    choice: OpenChoice
    below: tuple[Pending, ...]


class Space:
    """A tree of choices. An assignment gives values to full names, in the order of the walk.

    Args:
        root: made of the words of :mod:`simhelm.core.space.nodes`.
    """

    def __init__(self, root: Node) -> None:
        self.root = root

    def next_choice(self, assignment: Assignment) -> OpenChoice | None:
        """The first choice that the assignment leaves open; None if it is complete.

        Raises:
            ValueError: the assignment has a value that is no option, or a name that does not
                exist next to the others.
        """
        walked: dict[str, Value] = {}
        pending = _start(self.root)
        # What was walked so far, not the whole assignment, decides what comes up.
        while (step := _advance(pending, walked)) is not None:
            name = step.choice.name
            if name not in assignment:
                break
            walked[name] = assignment[name]
            pending = step.below[_index(step.choice, assignment[name])]
        if len(walked) < len(assignment):
            stranger = next(name for name in assignment if name not in walked)
            known = [] if step is None else [step.choice.name]
            raise ValueError(
                f"{stranger!r} does not exist here; expected next: {known}"
                + did_you_mean(stranger, known)
            )
        return None if step is None else step.choice

    def check(self, assignment: Assignment) -> None:
        """Raise ValueError unless the assignment is complete and legal."""
        open_choice = self.next_choice(assignment)
        if open_choice is not None:
            raise ValueError(f"choice {open_choice.name!r} is missing")

    def count(self) -> int:
        """The exact number of complete assignments, without enumerating them."""
        return _count(_start(self.root), {}, _watched(self.root), {})

    def enumerate(self) -> Iterator[dict[str, Value]]:
        """Every complete assignment, in the order of the options."""
        yield from _enumerate(_start(self.root), {})

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """A complete assignment, every option of every choice equally likely."""
        assignment: dict[str, Value] = {}
        pending = _start(self.root)
        while (step := _advance(pending, assignment)) is not None:
            index = int(rng.integers(len(step.choice.options)))
            assignment[step.choice.name] = step.choice.options[index]
            pending = step.below[index]
        return assignment


def _start(root: Node) -> Pending:
    return ((root, ""), None)


def _advance(pending: Pending, assignment: Assignment) -> _Step | None:
    """Expand parts until a choice comes up."""
    while pending is not None:
        (node, prefix), rest = pending
        if isinstance(node, Choice):
            step = _step(node, prefix, rest)
            if not (node.shared and step.choice.name in assignment):
                return step
            # Made before: only its part below is left.
            pending = step.below[_index(step.choice, assignment[step.choice.name])]
        elif isinstance(node, Repeat):
            return _repeat_step(node, prefix, rest)
        else:
            pending = _expand(node, prefix, rest, assignment)
    return None


def _expand(
    node: Chain | When | Nothing, prefix: str, rest: Pending, assignment: Assignment
) -> Pending:
    if isinstance(node, Chain):
        for part in reversed(node.parts):
            rest = ((part, prefix), rest)
    elif isinstance(node, When) and _holds(node, assignment):
        rest = ((node.part, prefix), rest)
    return rest


def _holds(node: When, assignment: Assignment) -> bool:
    if node.name not in assignment:
        return False
    value = assignment[node.name]
    return any(same_value(value, one) for one in node.values)


def _step(node: Choice, prefix: str, rest: Pending) -> _Step:
    name = node.name if node.shared else prefix + node.name
    below: list[Pending] = [
        rest if isinstance(part, Nothing) else ((part, f"{prefix}{node.name}/"), rest)
        for _, part in node.options
    ]
    options = tuple(value for value, _ in node.options)
    return _Step(OpenChoice(name, options, node.ordered), tuple(below))


def _repeat_step(node: Repeat, prefix: str, rest: Pending) -> _Step:
    name = prefix + node.name
    below: list[Pending] = []
    for count in node.counts:
        pending = rest
        for index in reversed(range(count)):
            pending = ((node.part, f"{name}[{index}]/"), pending)
        below.append(pending)
    return _Step(OpenChoice(name, node.counts, ordered=True), tuple(below))


def _index(choice: OpenChoice, value: Value) -> int:
    for index, option in enumerate(choice.options):
        if same_value(option, value):
            return index
    hint = did_you_mean(str(value), map(str, choice.options))
    raise ValueError(f"{choice.name}: expected one of {choice.options}, got {value!r}{hint}")


def _watched(root: Node) -> frozenset[str]:
    """Full names whose values decide about other parts: of conditions and of shared choices."""
    shared = {node.name for node in walk(root) if isinstance(node, Choice) and node.shared}
    return frozenset(shared | {node.name for node in walk(root) if isinstance(node, When)})


def _count(
    pending: Pending, seen: dict[str, Value], watched: frozenset[str], known: dict[object, int]
) -> int:
    """Assignments from here on: a function of what is pending and of the watched values."""
    factor = 1
    while pending is not None and not _touches(pending[0][0], watched):
        factor *= _count_free(pending[0][0])
        pending = pending[1]
    if pending is None:
        return factor
    key = pending, tuple(sorted((name, repr(value)) for name, value in seen.items()))
    if key not in known:
        known[key] = _count_step(pending, seen, watched, known)
    return factor * known[key]


def _count_step(
    pending: Pending, seen: dict[str, Value], watched: frozenset[str], known: dict[object, int]
) -> int:
    step = _advance(pending, seen)
    if step is None:
        return 1
    return sum(
        _count(below, _noted(seen, step.choice.name, value, watched), watched, known)
        for value, below in zip(step.choice.options, step.below, strict=True)
    )


def _count_free(node: Node) -> int:
    """Assignments of a part that depends on nothing outside, and nothing on it."""
    if isinstance(node, Choice):
        return sum(_count_free(part) for _, part in node.options)
    if isinstance(node, Chain):
        return math.prod(map(_count_free, node.parts))
    if isinstance(node, Repeat):
        one = _count_free(node.part)
        return sum(one**count for count in node.counts)
    return 1


def _touches(part: Node, watched: frozenset[str]) -> bool:
    """Whether a part has conditions, or choices that others may depend on."""
    # By the last part of a full name: too often at worst, which costs time only.
    last = {full.rpartition("/")[2] for full in watched}
    return any(
        isinstance(node, When) or (isinstance(node, (Choice, Repeat)) and node.name in last)
        for node in walk(part)
    )


def _noted(
    seen: dict[str, Value], name: str, value: Value, watched: frozenset[str]
) -> dict[str, Value]:
    return {**seen, name: value} if name in watched else seen


def _enumerate(pending: Pending, assignment: dict[str, Value]) -> Iterator[dict[str, Value]]:
    step = _advance(pending, assignment)
    if step is None:
        yield dict(assignment)
        return
    for value, below in zip(step.choice.options, step.below, strict=True):
        assignment[step.choice.name] = value
        yield from _enumerate(below, assignment)
        del assignment[step.choice.name]


def all_choices(space: Space) -> dict[str, tuple[tuple[Value, ...], Condition | None]]:
    """Every choice that may come up, by full name: its options, and when it exists.

    The condition is the nearest one; where that parent does not exist, neither does the choice.

    Raises:
        ValueError: a choice is reached under several conditions.
    """
    found: dict[str, tuple[tuple[Value, ...], Condition | None]] = {}
    for name, options, condition in _walk_all(space.root, "", None):
        if name in found and found[name] != (options, condition):
            raise ValueError(f"{name}: a parameter cannot have several conditions")
        found[name] = options, condition
    return found


def _walk_all(
    node: Node, prefix: str, condition: Condition | None
) -> Iterator[tuple[str, tuple[Value, ...], Condition | None]]:
    """Every choice of the whole tree with its nearest condition."""
    if isinstance(node, Choice):
        name = node.name if node.shared else prefix + node.name
        yield name, tuple(value for value, _ in node.options), condition
        for value, part in node.options:
            yield from _walk_all(part, f"{prefix}{node.name}/", (name, (value,)))
    elif isinstance(node, Chain):
        for part in node.parts:
            yield from _walk_all(part, prefix, condition)
    elif isinstance(node, Repeat):
        name = prefix + node.name
        yield name, node.counts, condition
        for index in range(node.counts[-1]):
            enough = tuple(count for count in node.counts if count > index)
            yield from _walk_all(node.part, f"{name}[{index}]/", (name, enough))
    elif isinstance(node, When):
        if condition is not None:
            raise ValueError(f"{node.name}: a parameter cannot have a condition within another")
        yield from _walk_all(node.part, prefix, (node.name, node.values))

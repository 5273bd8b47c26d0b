"""Bisection: ordered choices as a few questions of lower or upper half."""

from __future__ import annotations

from collections.abc import Mapping

from simhelm.core.space.nodes import Value
from simhelm.core.space.tree import OpenChoice, Space

HALVES: tuple[Value, ...] = ("lower", "upper")


class Bisected:
    """A space in which k ordered options are at most ceil(log2 k) questions (DeepArchitect, 2017).

    Neighbours share their first answers, so that what is learned of one helps the others. The
    questions on ``x`` have the names ``x?0``, ``x?1`` and so on.

    Args:
        space: the space behind it.
    """

    def __init__(self, space: Space) -> None:
        self.space = space

    def next_choice(self, answers: Mapping[str, Value]) -> OpenChoice | None:
        """The next question or choice; None when all is answered."""
        return self._walk(answers)[0]

    def resolve(self, answers: Mapping[str, Value]) -> dict[str, Value]:
        """The assignment in the space behind, as far as it is decided."""
        return self._walk(answers)[1]

    def _walk(self, answers: Mapping[str, Value]) -> tuple[OpenChoice | None, dict[str, Value]]:
        assignment: dict[str, Value] = {}
        while (choice := self.space.next_choice(assignment)) is not None:
            question, options = self._narrow(choice, answers)
            if question is not None:
                return question, assignment
            assignment[choice.name] = options[0]
        return None, assignment

    def _narrow(
        self, choice: OpenChoice, answers: Mapping[str, Value]
    ) -> tuple[OpenChoice | None, tuple[Value, ...]]:
        """Follow the answers on one choice: the question that is open, or the option left."""
        options, depth = choice.options, 0
        if not choice.ordered:
            if choice.name not in answers:
                return choice, options
            return None, (answers[choice.name],)
        while len(options) > 1:
            name = f"{choice.name}?{depth}"
            if name not in answers:
                return OpenChoice(name, HALVES, ordered=False), options
            if answers[name] not in HALVES:
                raise ValueError(f"{name}: expected one of {HALVES}, got {answers[name]!r}")
            middle = (len(options) + 1) // 2
            options = options[:middle] if answers[name] == "lower" else options[middle:]
            depth += 1
        return None, options

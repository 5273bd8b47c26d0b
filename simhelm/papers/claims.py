"""Sentences of a paper and whether they held, judged from the tables of its reproduction."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Callable, Iterable, Sequence

from simhelm.papers.table import Row, Table

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


class Verdict(enum.StrEnum):
    """What came of a published sentence."""

    BEATEN = "beaten"
    REPRODUCED = "reproduced"
    IN_PART = "reproduced in part"
    NOT_REPRODUCED = "not reproduced"
    NOT_TESTED = "not tested"


class NotMeasured(LookupError):  # noqa: N818 - named for what happened
    """A claim is judged by a row that this run does not have."""


class Tables:
    """The rows of a finished reproduction, to be looked up by title and quantity."""

    def __init__(self, parts: Iterable[Table]) -> None:
        self._parts = {part.title: part for part in parts}

    def row(self, title: str, what: str) -> Row:
        """The first row of a quantity.

        Raises:
            NotMeasured: there is no such table or row, as where an optional library is missing.
        """
        for row in self._parts[title].rows if title in self._parts else ():
            if row.what == what:
                return row
        raise NotMeasured(f"this run has no row {what!r} of {title!r}")

    def text(self, title: str, what: str) -> str:
        """What was measured, as printed; errors as :meth:`row`."""
        return self.row(title, what).measured

    def number(self, title: str, what: str) -> float:
        """The first number of what was measured; errors as :meth:`row`."""
        return numbers(self.text(title, what))[0]

    def after(self, beginning: str) -> dict[str, dict[str, float]]:
        """By what stands behind a common beginning of titles: the first number of every row.

        Raises:
            NotMeasured: no title begins so.
        """
        found = {
            title.removeprefix(beginning): {row.what: numbers(row.measured)[0] for row in part.rows}
            for title, part in self._parts.items()
            if title.startswith(beginning)
        }
        if not found:
            raise NotMeasured(f"this run has no table {beginning!r} ...")
        return found


@dataclasses.dataclass(frozen=True)
class Claim:
    """One sentence of a paper.

    Attributes:
        sentence: what it says, in our words.
        place: where: abstract, a section, the authors' log.
        judge: makes of the tables what was measured here, in words, and the verdict.
    """

    sentence: str
    place: str
    judge: Callable[[Tables], tuple[str, Verdict]]


def judged(claims: Sequence[Claim], parts: Iterable[Table]) -> list[dict[str, str]]:
    """The claims for printing: claim, place, measured here, verdict.

    One whose tables are missing is not tested: hours of work are not lost to it.
    """
    tables = Tables(parts)
    found = []
    for claim in claims:
        try:
            measured, verdict = claim.judge(tables)
        except NotMeasured as error:
            measured, verdict = str(error), Verdict.NOT_TESTED
        found.append(
            {
                "claim": claim.sentence,
                "place": claim.place,
                "measured here": measured,
                "verdict": verdict.value,
            }
        )
    return found


def numbers(text: str) -> list[float]:
    """All numbers of a text: "1,544 of 3" has 1544 and 3."""
    return [float(word.replace(",", "")) for word in _NUMBER.findall(text)]


def verdict_of(held: Sequence[bool]) -> Verdict:
    """For a sentence that was looked at in several cases."""
    if all(held):
        return Verdict.REPRODUCED
    return Verdict.IN_PART if any(held) else Verdict.NOT_REPRODUCED


def untested(why: str) -> Callable[[Tables], tuple[str, Verdict]]:
    """The judge of a sentence that is not looked at here."""
    return lambda tables: (why, Verdict.NOT_TESTED)

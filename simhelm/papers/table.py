"""One table of a reproduction: measured beside expected, with a verdict a row."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured quantity.

    Attributes:
        what: what was measured.
        measured: as text, with its spread where it has one.
        expected: the published or required value as text, empty where there is none.
        met: whether the expectation holds; None where nothing is required.
    """

    what: str
    measured: str
    expected: str = ""
    met: bool | None = None


@dataclasses.dataclass(frozen=True)
class Table:
    """A titled table with remarks."""

    title: str
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether no requirement failed."""
        return all(row.met is not False for row in self.rows)

    def records(self) -> list[dict[str, str]]:
        """The rows for printing."""
        words = {True: "yes", False: "NO", None: ""}
        return [
            {
                "what": row.what,
                "measured": row.measured,
                "expected": row.expected,
                "met": words[row.met],
            }
            for row in self.rows
        ]

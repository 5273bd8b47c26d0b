"""Shares by category that a simulator writes a row an iteration, and how far they are from targets.

Agent-based transport simulations write their mode shares so: BEAM ``realizedModeChoice.csv`` and
``referenceRealizedModeChoice.csv``, MATSim ``modestats.csv``. They rewrite the file in each
iteration, its columns are the modes seen so far, and rows hold counts, percent or fractions.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Annotated

import pydantic

from simhelm.core.problem import Output
from simhelm.simulators.executable.fields import STRICT, FoundName, Identifier, Number, Source
from simhelm.simulators.executable.outputs import BadOutput, number_at, table_rows

ERROR = "share_error"
OTHER = "share_other"
# The row of BEAM's reference table that repeats the targets.
_BENCHMARK = "benchmark"


class ShareTable(pydantic.BaseModel):
    """``shares``: a table with a row an iteration and a column a category.

    Attributes:
        file: in the trial's directory; ``*`` stands for what the simulator makes up, and exactly
            one file has to match.
        step, separator: title of the column that counts iterations, and what is between columns.
        targets: percent by category; categories left out have a target of 0.
        benchmark: instead of targets, a CSV file of BEAM's form: a line of names and a line of
            shares, whose first columns are not read.
        poll: seconds between looks while the simulator runs.
    """

    model_config = STRICT

    file: FoundName
    step: str = "iterations"
    separator: Annotated[str, pydantic.Field(min_length=1, max_length=1)] = ","
    targets: dict[Identifier, Annotated[Number, pydantic.Field(ge=0.0)]] = {}
    benchmark: Source | None = None
    poll: Annotated[float, pydantic.Field(ge=0.01, allow_inf_nan=False)] = 1.0

    @pydantic.model_validator(mode="after")
    def _has_one_source_of_targets(self) -> ShareTable:
        if bool(self.targets) == (self.benchmark is not None):
            raise ValueError("expected exactly one of targets and benchmark")
        if self.targets:
            _check_sum(self.targets)
        return self


@dataclasses.dataclass(frozen=True)
class ShareCurve:
    """A table of shares with its targets, which is a learning curve and gives outputs.

    Attributes:
        table: where it is.
        targets: percent by category.
    """

    table: ShareTable
    targets: Mapping[str, float]

    @property
    def file(self) -> str:
        """Name in the trial's directory."""
        return self.table.file

    @property
    def poll(self) -> float:
        """Seconds between looks."""
        return self.table.poll

    def outputs(self) -> list[Output]:
        """L1 distance from the targets (0 to 200), every target's share, and all others'."""
        what = "L1 distance of the shares from their targets"
        shares = [Output(f"share_{name}", "%", 0.0, 100.0, "share") for name in self.targets]
        return [
            Output(ERROR, "percentage points", 0.0, 200.0, what),
            *shares,
            Output(OTHER, "%", 0.0, 100.0, "share of categories without a target"),
        ]

    def points(self, text: str) -> list[tuple[float, float]]:
        """(iteration, L1 distance) of every row; nan for a row that holds no shares."""
        return [(step, self._error(shares)) for step, _, shares in self._rows(text)]

    def values(self, text: str, budget: int) -> dict[str, float]:
        """The outputs at the last row.

        Raises:
            BadOutput: it is not the row of iteration ``budget``, or holds no shares.
        """
        rows = self._rows(text)
        if not rows:
            raise BadOutput(f"{self.file}: no row of an iteration")
        step, line, shares = rows[-1]
        if step != budget:
            raise BadOutput(f"{self.file}:{line}: ends at iteration {step:g}, expected {budget}")
        if not shares:
            raise BadOutput(f"{self.file}:{line}: expected counts or shares with a positive sum")
        named = {f"share_{name}": shares.get(name, 0.0) for name in self.targets}
        other = sum(share for name, share in shares.items() if name not in self.targets)
        return {ERROR: self._error(shares), **named, OTHER: other}

    def _error(self, shares: Mapping[str, float]) -> float:
        if not shares:
            return math.nan
        # Of all categories: one that only the run or only the targets know counts as well.
        names = sorted({*shares, *self.targets})
        return sum(abs(shares.get(name, 0.0) - self.targets.get(name, 0.0)) for name in names)

    def _rows(self, text: str) -> list[tuple[float, int, dict[str, float]]]:
        """(iteration, line, percent by category) of every iteration."""
        found = []
        for line, row in table_rows(self.file, text, self.table.separator):
            if row.get(self.table.step) != _BENCHMARK:
                step = number_at(self.file, line, row, self.table.step)
                names = [name for name in row if name != self.table.step]
                numbers = {name: number_at(self.file, line, row, name) for name in names}
                found.append((step, line, _percent(numbers)))
        return found


def resolved_shares(table: ShareTable | None, benchmark: str | None) -> ShareCurve | None:
    """The table with its targets.

    Args:
        benchmark: content of the file of that name.

    Raises:
        ValueError: shares that are none.
    """
    if table is None:
        return None
    if benchmark is None:
        return ShareCurve(table, table.targets)
    try:
        rows = list(table_rows(f"{table.benchmark}", benchmark))
        line, row = rows[0]
        names = list(row)[1:]
        numbers = {name: number_at(f"{table.benchmark}", line, row, name) for name in names}
    except (BadOutput, IndexError) as error:
        raise ValueError(f"{table.benchmark}: expected names and shares; {error}") from error
    targets = _percent(numbers)
    if not targets:
        raise ValueError(f"{table.benchmark}: expected shares with a positive sum, got {numbers}")
    return ShareCurve(table, targets)


def _percent(numbers: Mapping[str, float]) -> dict[str, float]:
    """Counts, fractions or percent as percent; nothing if they have no positive sum."""
    total = math.fsum(numbers.values()) if all(map(math.isfinite, numbers.values())) else math.nan
    if not total > 0.0 or min(numbers.values()) < 0.0:
        return {}
    return {name: 100.0 * number / total for name, number in numbers.items()}


def _check_sum(targets: Mapping[str, float]) -> None:
    total = math.fsum(targets.values())
    if abs(total - 100.0) > 0.01:
        raise ValueError(
            f"targets: expected a sum of 100 %, got {total:g}; rescale them, or name what is "
            "missing"
        )

"""Following a learning curve while its file grows."""

from __future__ import annotations

import math
from pathlib import Path

from simhelm.simulators.executable.outputs import BadOutput, curve_points, read_output
from simhelm.simulators.executable.specification import CurveTable
from simhelm.simulators.problem import Watch


class CurveFile:
    """Passes every new point of a curve on, once, in order.

    Args:
        table: where the curve is; None if there is none.
        directory: of the trial.
        watch: told every point while the simulator runs; its False ends the run.
    """

    def __init__(self, table: CurveTable | None, directory: Path, watch: Watch) -> None:
        self._table, self._directory, self._watch = table, directory, watch
        self._seen = 0
        self.last_step: float | None = None

    @property
    def every(self) -> float | None:
        """Seconds between looks; None if there is nothing to look at."""
        return None if self._table is None else self._table.poll

    def poll(self) -> bool:
        """Pass new points on; False once the watch wants the run to end."""
        try:
            return self._pass_on(complete=False)
        except BadOutput:
            return True  # not there yet, or being written: judged at the end

    def read_the_rest(self) -> None:
        """Pass on what is left when the simulator has ended.

        Raises:
            BadOutput: the file is not what was declared.
        """
        if self._table is not None and (self._directory / self._table.file).exists():
            self._pass_on(complete=True)

    def _pass_on(self, *, complete: bool) -> bool:
        if self._table is None:
            return True
        table = self._table
        text = read_output(self._directory, table.file, since=0.0)
        if not complete:
            # A line without its end may be half a line.
            text = text[: text.rfind("\n") + 1]
        points = curve_points(table.file, text, table.step, table.value)
        for step, value in points[self._seen :]:
            self._seen += 1
            if math.isfinite(step):
                self.last_step = step
            if not self._watch(step, value) and not complete:
                return False
        return True

"""Following a learning curve while its file grows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

from simhelm.core.problem import Watch
from simhelm.simulators.executable.outputs import BadOutput, read_output


class Curve(Protocol):
    """Where a learning curve is, and how to read it."""

    @property
    def file(self) -> str:
        """Name in the trial's directory."""

    @property
    def poll(self) -> float:
        """Seconds between looks."""

    def points(self, text: str) -> list[tuple[float, float]]:
        """(step, value) of the curve so far, from the file's complete lines."""


class CurveFile:
    """Passes every new point of a curve on, once, in order.

    Args:
        curve: where it is; None if there is none.
        directory: of the trial.
        budget: the last step; a run that has reached it is not ended, as its work is done.
        watch: told every point while the simulator runs; its False ends the run.
    """

    def __init__(self, curve: Curve | None, directory: Path, budget: int, watch: Watch) -> None:
        self._budget = budget
        self._curve, self._directory, self._watch = curve, directory, watch
        self._seen = 0
        self.last_step: float | None = None

    @property
    def every(self) -> float | None:
        """Seconds between looks; None if there is nothing to look at."""
        return None if self._curve is None else self._curve.poll

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
        if self._curve is not None and any(self._directory.glob(self._curve.file)):
            self._pass_on(complete=True)

    def _pass_on(self, *, complete: bool) -> bool:
        if self._curve is None:
            return True
        text = read_output(self._directory, self._curve.file, since=0.0)
        if not complete:
            # A line without its end may be half a line.
            text = text[: text.rfind("\n") + 1]
        # Where the file is rewritten in each iteration, it may be shorter for a moment.
        for step, value in self._curve.points(text)[self._seen :]:
            self._seen += 1
            if math.isfinite(step):
                self.last_step = step
            if not self._watch(step, value) and not complete and step < self._budget:
                return False
        return True

"""An executable as a problem: fresh directory, command, limits, outputs."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Value, Watch, WatchedProblem, go_on
from simhelm.simulators.executable.capture import last_lines
from simhelm.simulators.executable.curve import CurveFile
from simhelm.simulators.executable.fields import parse_size
from simhelm.simulators.executable.formatting import fill_argument, fill_file
from simhelm.simulators.executable.limits import without_job
from simhelm.simulators.executable.outputs import (
    BadOutput,
    from_csv,
    from_json,
    from_pattern,
    read_output,
)
from simhelm.simulators.executable.process import Limits, ProcessOutcome, run_process
from simhelm.simulators.executable.signals import signal_name
from simhelm.simulators.executable.specification import (
    ExecutableSpecification,
    OutputTable,
)

# What programs say when they are refused memory.
_NO_MEMORY = (
    "MemoryError",
    "bad_alloc",
    "Cannot allocate memory",
    "out of memory",
    "Out of memory",
)


class ExecutableProblem(WatchedProblem):
    """Any executable with knobs, as a table describes it.

    Its directory after a trial holds the inputs, ``stdout.log``, ``stderr.log`` and whatever the
    simulator wrote.

    Args:
        specification: checked tables.
    """

    def __init__(self, specification: ExecutableSpecification) -> None:
        self.specification = specification
        self._cancellation: Cancellation | None = None
        simulator = specification.simulator
        objective, direction = specification.objective
        outputs = tuple(specification.declared())
        judged = next(output for output in outputs if output.name == objective)
        self.description = Description(
            name=simulator.name,
            parameters=specification.parameters,
            outputs=outputs,
            objective=objective,
            direction=direction,
            worst_objective=judged.high if direction == "minimize" else judged.low,
            work_unit=simulator.work_unit,
            full_budget=simulator.full_budget,
        )

    def evaluate(
        self, config: Config, *, seed: int, budget: int | None = None, watch: Watch = go_on
    ) -> Metrics:
        """Run in a temporary directory that is removed afterwards."""
        self.check_config(config)
        with tempfile.TemporaryDirectory(prefix="simhelm-") as folder:
            directory = Path(folder) / "trial"
            return self.run_in(directory, config, seed=seed, budget=budget, watch=watch)

    def run_in(
        self,
        directory: Path,
        config: Config,
        *,
        seed: int,
        budget: int | None = None,
        slot: int = 0,
        watch: Watch = go_on,
    ) -> Metrics:
        """Run in a directory that does not exist yet, so that nothing old can be read.

        Args:
            config, seed, budget, watch: as :meth:`evaluate`.
            slot: for the placeholder of that name.

        Raises:
            FileExistsError: the directory exists.
            OSError: it cannot be written to.
        """
        self.check_config(config)
        directory = directory.resolve()
        values = self._values(config, seed, budget, slot, directory)
        self._fill(directory, values)
        curve = CurveFile(self.specification.curve, directory, self._ordered(budget), watch)
        started = time.time()
        try:
            outcome = self._run(directory, values, curve)
        except OSError as error:
            details = f"{self.specification.program} cannot be started: {error.strerror or error}"
            return Metrics.failure(EndReason.EXIT, cost=0.0, details=details)
        try:
            failure = self._failure(outcome, directory)
            # A run that was killed may leave half a file, which is not why it failed.
            tolerated = () if failure is None else (BadOutput,)
            with contextlib.suppress(*tolerated):
                curve.read_the_rest()
            spent = self._spent(budget, curve)
            if failure is not None:
                return Metrics.failure(failure[0], cost=spent, details=failure[1])
            return self._metrics(directory, started, self._ordered(budget), spent)
        except BadOutput as error:
            details = f"{error}; see {directory}"
            return Metrics.failure(
                EndReason.BAD_OUTPUT, cost=self._spent(budget, curve), details=details
            )

    def cancel_with(self, cancellation: Cancellation) -> None:
        """Let every run end as INTERRUPTED once the flag is set."""
        self._cancellation = cancellation

    def identity_document(self, made_of: object) -> dict[str, Any]:
        """The tables, and the content of the files that they name."""
        return {"executable": self.specification.document()}

    def command_line(
        self,
        config: Config,
        *,
        seed: int,
        budget: int | None = None,
        slot: int = 0,
        directory: Path,
    ) -> list[str]:
        """The exact arguments of a run."""
        return self._arguments(self._values(config, seed, budget, slot, directory))

    def _values(
        self,
        config: Config,
        seed: int,
        budget: int | None,
        slot: int,
        directory: Path,
    ) -> dict[str, Value]:
        spent = self._ordered(budget)
        return {**config, "seed": seed, "budget": spent, "slot": slot, "directory": str(directory)}

    def _arguments(self, values: Mapping[str, Value]) -> list[str]:
        rest = [fill_argument(word, values) for word in self.specification.simulator.command[1:]]
        return [self.specification.program, *(word for word in rest if word is not None)]

    def _fill(self, directory: Path, values: Mapping[str, Value]) -> None:
        directory.mkdir(parents=True)
        (directory / "tmp").mkdir()
        for name, source in self.specification.files.items():
            shutil.copyfile(source, directory / name)
            if os.access(source, os.X_OK):
                (directory / name).chmod(0o755)
        for name, text in self.specification.templates.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fill_file(text, values), encoding="utf-8")

    def _run(
        self,
        directory: Path,
        values: Mapping[str, Value],
        curve: CurveFile,
    ) -> ProcessOutcome:
        simulator = self.specification.simulator
        environment = {
            **without_job(os.environ),
            "TMPDIR": str(directory / "tmp"),
            **simulator.environment,
        }
        return run_process(
            self._arguments(values),
            directory=directory,
            environment=environment,
            limits=self._limits(),
            poll=curve.poll,
            poll_every=curve.every,
            cancellation=self._cancellation,
        )

    def _limits(self) -> Limits:
        simulator = self.specification.simulator
        memory = None if simulator.memory_limit is None else parse_size(simulator.memory_limit)
        log = parse_size(simulator.log_limit)
        return Limits(simulator.time_limit, simulator.grace, simulator.cpu_limit, memory, log)

    def _failure(self, outcome: ProcessOutcome, directory: Path) -> tuple[EndReason, str] | None:
        if outcome.reason is not None:
            return outcome.reason, outcome.details
        if outcome.code in self.specification.simulator.success_codes:
            return None
        printed = last_lines(directory / "stderr.log")
        log = f"the log is {directory / 'stderr.log'}; its last lines:\n{printed}"
        if self._was_short_of_memory(outcome, printed):
            return EndReason.MEMORY, f"failed at its memory limit; {log}"
        if outcome.code >= 0:
            return EndReason.EXIT, f"exit code {outcome.code}; {log}"
        if signal_name(-outcome.code).endswith("(SIGXCPU)"):
            return EndReason.TIMEOUT, f"CPU time over {self._limits().cpu:g} s; {log}"
        return EndReason.SIGNAL, f"{signal_name(-outcome.code)}; {log}"

    def _was_short_of_memory(self, outcome: ProcessOutcome, printed: str) -> bool:
        limit = self._limits().memory
        if limit is None:
            return False
        return outcome.peak_memory > 0.8 * limit or any(word in printed for word in _NO_MEMORY)

    def _spent(self, budget: int | None, curve: CurveFile) -> float:
        """Work units of a run: as far as its curve came, else what was ordered."""
        if curve.last_step is not None and math.isfinite(curve.last_step):
            return max(0.0, curve.last_step)
        return float(self._ordered(budget))

    def _ordered(self, budget: int | None) -> int:
        return self.full_budget if budget is None else budget

    def _metrics(self, directory: Path, started: float, budget: int, spent: float) -> Metrics:
        values, shares = {}, self.specification.shares
        if shares is not None:
            text = read_output(directory, shares.file, since=started)
            values.update(shares.values(text, budget))
        for table in self.specification.outputs:
            values[table.name] = _read(table, directory, started)
        bad = [f"{name} = {value}" for name, value in values.items() if not math.isfinite(value)]
        if bad:
            details = f"{', '.join(bad)}; see {directory}"
            return Metrics.failure(EndReason.NOT_FINITE, cost=spent, details=details)
        cost = self.specification.simulator.cost
        if cost is not None and values[cost] < 0.0:
            raise BadOutput(f"{cost} = {values[cost]}: a cost cannot be negative")
        return Metrics(values, EndReason.COMPLETED, spent if cost is None else values[cost])


def _read(table: OutputTable, directory: Path, started: float) -> float:
    if table.csv is not None:
        text = read_output(directory, table.csv.file, since=started)
        return from_csv(table.csv.file, text, table.csv.column)
    if table.json_ is not None:
        text = read_output(directory, table.json_.file, since=started)
        return from_json(table.json_.file, text, table.json_.pointer)
    assert table.regex is not None, "an output has exactly one source"
    text = read_output(directory, table.regex.path, since=started)
    return from_pattern(table.regex.path, text, table.regex.pattern)

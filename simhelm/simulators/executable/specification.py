"""The tables that describe an executable simulator, checked before anything runs."""

from __future__ import annotations

import dataclasses
import fnmatch
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.fingerprint import fingerprint
from simhelm.core.parameter import Parameter, Value, check_conditions
from simhelm.core.problem import Direction, Output
from simhelm.core.validation import explained
from simhelm.simulators.executable.fields import (
    STRICT,
    Argument,
    FoundName,
    Identifier,
    LocalName,
    Number,
    Pattern,
    Pointer,
    Seconds,
    Size,
    Source,
    Variable,
    local_name,
)
from simhelm.simulators.executable.formatting import check_placeholders
from simhelm.simulators.executable.outputs import curve_points
from simhelm.simulators.executable.share_table import (
    ShareCurve,
    ShareTable,
    resolved_shares,
)

_LOGS = ("stdout", "stderr")
# Placeholders beside the parameters, with examples to try formats on.
RESERVED: dict[str, Value] = {"seed": 1, "budget": 1, "slot": 0, "directory": "/d"}


class CurveTable(pydantic.BaseModel):
    """``curve``: a CSV file that grows while the simulator runs; ``poll`` in seconds."""

    model_config = STRICT

    file: FoundName
    step: str
    value: str
    poll: Annotated[float, pydantic.Field(ge=0.01, allow_inf_nan=False)] = 0.1

    def points(self, text: str) -> list[tuple[float, float]]:
        """(step, value) of every row."""
        return curve_points(self.file, text, self.step, self.value)


class SimulatorTable(pydantic.BaseModel):
    """``[simulator]``: the command, its files and its limits.

    Attributes:
        name: of the problem.
        command: list of arguments; ``{name}`` is a parameter, ``{seed}``, ``{budget}``,
            ``{slot}`` or ``{directory}``, with a number format after a colon if wanted. An
            argument that holds an inactive parameter is left out.
        files: copied into the fresh directory of every trial.
        templates: input files by name, each rendered from the file given.
        environment: variables beside the inherited ones (those of an MPI job are not inherited).
        time_limit, grace: seconds of wall clock; between SIGTERM and SIGKILL.
        cpu_limit, memory_limit, log_limit: seconds; sizes such as ``"500 MB"``.
        success_codes: exit codes that mean success.
        work_unit, full_budget: what cost counts, and of how much a complete run consists.
        objective, direction: the output to improve.
        curve: the learning curve, if any.
        shares: shares with targets, a learning curve and outputs in one; see :class:`ShareTable`.
        cost: the output that gives the cost; else the last step of the curve, else the budget.
    """

    model_config = STRICT

    name: Annotated[str, pydantic.Field(pattern=r"^[A-Z][A-Za-z0-9]{0,63}$")] = "Executable"
    command: Annotated[list[Argument], pydantic.Field(min_length=1)]
    files: list[Source] = []
    templates: dict[LocalName, Source] = {}
    environment: dict[Variable, Argument] = {}
    time_limit: Seconds = 3600.0
    grace: Annotated[float, pydantic.Field(ge=0, le=600)] = 2.0
    cpu_limit: Seconds | None = None
    memory_limit: Size | None = None
    log_limit: Size = "1 MB"
    success_codes: Annotated[list[int], pydantic.Field(min_length=1)] = [0]
    work_unit: str = "simulator runs"
    full_budget: Annotated[int, pydantic.Field(ge=1)] = 1
    objective: str | None = None
    direction: Literal["minimize", "maximize"] = "minimize"
    curve: CurveTable | None = None
    shares: ShareTable | None = None
    cost: str | None = None

    @pydantic.model_validator(mode="after")
    def _has_one_curve(self) -> SimulatorTable:
        if self.curve is not None and self.shares is not None:
            raise ValueError("expected at most one of curve and shares: shares are a curve")
        return self


class ConditionTable(pydantic.BaseModel):
    """``condition``: the parameter exists only while another has one of these values."""

    model_config = STRICT

    name: str
    values: Annotated[list[str | bool | int | float], pydantic.Field(min_length=1)]

    @property
    def pair(self) -> tuple[str, tuple[Value, ...]]:
        """As :class:`Parameter` has it."""
        return self.name, tuple(self.values)


class ParameterTable(pydantic.BaseModel):
    """``[[parameter]]``: a knob, see :class:`Parameter`."""

    model_config = STRICT

    name: Identifier
    kind: Literal["float", "integer", "categorical"] = "float"
    default: str | bool | int | float
    low: Number | None = None
    high: Number | None = None
    log: bool = False
    choices: list[Argument | bool | int | Number] = []
    unit: str = "1"
    condition: ConditionTable | None = None
    description: str = ""

    def parameter(self) -> Parameter:
        """The same as the rest of simhelm knows it.

        Raises:
            ValueError, TypeError: bounds, choices or default that do not fit together.
        """
        is_float = self.kind == "float" and type(self.default) is int
        return Parameter(
            name=self.name,
            kind=self.kind,
            default=float(self.default) if is_float else self.default,
            low=math.nan if self.low is None else self.low,
            high=math.nan if self.high is None else self.high,
            log=self.log,
            choices=tuple(self.choices),
            unit=self.unit,
            condition=None if self.condition is None else self.condition.pair,
            description=self.description,
        )


class CsvTable(pydantic.BaseModel):
    """``csv``: a column at the last row of a CSV file."""

    model_config = STRICT

    file: FoundName
    column: str


class JsonTable(pydantic.BaseModel):
    """``json``: a JSON pointer into a file."""

    model_config = STRICT

    file: FoundName
    pointer: Pointer


class RegexTable(pydantic.BaseModel):
    """``regex``: one group, the last match; ``file`` may be ``stdout`` or ``stderr``."""

    model_config = STRICT

    file: FoundName
    pattern: Pattern

    @property
    def path(self) -> str:
        """The file's name in the trial's directory."""
        return f"{self.file}.log" if self.file in _LOGS else self.file


class OutputTable(pydantic.BaseModel):
    """``[[output]]``: a number that the simulator gives, and where it stands."""

    model_config = STRICT

    name: Identifier
    unit: str = "1"
    low: Number = -1e12
    high: Number = 1e12
    description: str = ""
    csv: CsvTable | None = None
    json_: JsonTable | None = pydantic.Field(default=None, alias="json")
    regex: RegexTable | None = None

    @pydantic.model_validator(mode="after")
    def _has_one_source(self) -> OutputTable:
        if sum(source is not None for source in (self.csv, self.json_, self.regex)) != 1:
            raise ValueError("expected exactly one of csv, json and regex")
        return self

    def output(self) -> Output:
        """The same as the rest of simhelm knows it."""
        return Output(self.name, self.unit, self.low, self.high, self.description)


class _Tables(pydantic.BaseModel):
    model_config = STRICT

    simulator: SimulatorTable
    parameter: Annotated[list[ParameterTable], pydantic.Field(min_length=1, max_length=1000)]
    output: Annotated[list[OutputTable], pydantic.Field(max_length=1000)] = []


@dataclasses.dataclass(frozen=True)
class ExecutableSpecification:
    """An executable simulator, checked: what to run, with what, and what to read.

    Attributes:
        simulator, outputs: the tables.
        shares: the table of shares with its targets, if there is one.
        parameters: as the rest of simhelm knows them.
        program: path of the executable; relative to the trial's directory if it is copied there.
        files: sources of the copied files by their name in the trial's directory.
        templates: content of the templates by the name of the rendered file.
        digests: SHA-256 of everything that was read, by name.
    """

    simulator: SimulatorTable
    outputs: tuple[OutputTable, ...]
    shares: ShareCurve | None
    parameters: tuple[Parameter, ...]
    program: str
    files: Mapping[str, Path]
    templates: Mapping[str, str]
    digests: Mapping[str, str]

    @classmethod
    def load(cls, table: Mapping[str, Any], folder: Path) -> ExecutableSpecification:
        """Check the tables ``simulator``, ``parameter`` and ``output``, and the files they name.

        Args:
            folder: where relative paths start.

        Raises:
            ValueError: with what was expected, what was found and the nearest valid name.
        """
        tables = _parsed(table)
        simulator = tables.simulator
        parameters = tuple(_made(entry) for entry in tables.parameter)
        files = {Path(name).name: _existing(folder / name) for name in simulator.files}
        sources = {name: _existing(folder / source) for name, source in simulator.templates.items()}
        templates = {name: _text(source) for name, source in sources.items()}
        program = _program(simulator.command[0], files, folder)
        digests = {name: fingerprint(path) for name, path in {**files, **sources}.items()}
        shares = resolved_shares(simulator.shares, _benchmark(simulator.shares, folder))
        if Path(program).is_absolute():
            digests["command"] = fingerprint(Path(program))
        outputs = tuple(tables.output)
        found = cls(simulator, outputs, shares, parameters, program, files, templates, digests)
        found._check()
        return found

    @property
    def objective(self) -> tuple[str, Direction]:
        """Output to improve, and direction."""
        name = self.simulator.objective
        return (self.declared()[0].name if name is None else name), self.simulator.direction

    @property
    def curve(self) -> CurveTable | ShareCurve | None:
        """The learning curve."""
        return self.simulator.curve if self.shares is None else self.shares

    def declared(self) -> list[Output]:
        """All outputs as the rest of simhelm knows them, those of shares first."""
        shares = [] if self.shares is None else self.shares.outputs()
        return shares + [table.output() for table in self.outputs]

    def document(self) -> dict[str, Any]:
        """What results depend on; the same wherever the folder lies."""
        return {
            "simulator": self.simulator.model_dump(mode="json", exclude=self._not_in_document()),
            "outputs": [table.model_dump(mode="json", by_alias=True) for table in self.outputs],
            **({} if self.shares is None else {"targets": dict(self.shares.targets)}),
            "contents": dict(self.digests),
        }

    def _not_in_document(self) -> dict[str, Any]:
        """Keys whose files' contents count, not their places, and a key that is not used."""
        shares = True if self.shares is None else {"benchmark", "poll"}
        return {"files": True, "templates": True, "shares": shares}

    def _check(self) -> None:
        _check_unique("output", [output.name for output in self.declared()])
        check_conditions(self.parameters)
        self._check_names()
        self._check_formats()

    def _check_names(self) -> None:
        simulator, outputs = self.simulator, [output.name for output in self.declared()]
        if not outputs:
            raise ValueError("expected an [[output]], or shares in [simulator]")
        if simulator.objective is None and len(outputs) > 1 and self.shares is None:
            raise ValueError(f"simulator.objective: name one of {outputs}")
        for key, name in (("objective", simulator.objective), ("cost", simulator.cost)):
            if name is not None and name not in outputs:
                raise ValueError(
                    f"simulator.{key}: unknown output {name!r}; expected one of {outputs}"
                    + did_you_mean(name, outputs)
                )
        for name in [*self.files, *simulator.templates]:
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.written()):
                raise ValueError(f"{name!r} is an input and an output: it would never be stale")
        if len(self.files) < len(simulator.files) or set(self.files) & set(simulator.templates):
            raise ValueError("files and templates: two of them have the same name")

    def _check_formats(self) -> None:
        examples = {p.name: p.default for p in self.parameters}
        for name in RESERVED.keys() & examples.keys():
            raise ValueError(f"parameter {name!r}: this name is reserved for a placeholder")
        examples |= RESERVED
        for place, argument in enumerate(self.simulator.command):
            check_placeholders(f"simulator.command[{place}]", argument, examples, in_file=False)
        for name, text in self.templates.items():
            check_placeholders(f"template of {name}", text, examples, in_file=True)

    def written(self) -> set[str]:
        """The files that the simulator is expected to write."""
        found = {
            source.file
            for table in self.outputs
            for source in (table.csv, table.json_)
            if source is not None
        }
        found |= {table.regex.path for table in self.outputs if table.regex is not None}
        return found | ({self.curve.file} if self.curve else set())


def _parsed(table: Mapping[str, Any]) -> _Tables:
    try:
        return _Tables.model_validate(dict(table))
    except pydantic.ValidationError as error:
        raise ValueError(explained(_Tables, error, "executable")) from None


def _made(table: ParameterTable) -> Parameter:
    try:
        return table.parameter()
    except (ValueError, TypeError) as error:
        raise ValueError(f"parameter {error}") from error


def _check_unique(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {twice} are declared twice")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    local_name(path.name)
    return path.resolve()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text") from error


def _benchmark(shares: ShareTable | None, folder: Path) -> str | None:
    if shares is None or shares.benchmark is None:
        return None
    return _text(_existing(folder / shares.benchmark))


def _program(word: str, files: Mapping[str, Path], folder: Path) -> str:
    if "{" in word:
        raise ValueError("simulator.command[0]: the program itself cannot be a placeholder")
    if "/" not in word:
        found = shutil.which(word)
        if found is None:
            raise ValueError(f"simulator.command[0]: no program {word!r} on PATH")
        return str(Path(found).absolute())
    if Path(word).name in files:
        return f"./{Path(word).name}"
    return str(_existing(folder / word))

"""What a study is of: a problem and a configuration, and when two are the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simhelm.calibration.study.configuration import (
    EXECUTABLE_KEYS,
    StudyConfig,
    parse_study,
    resolved_arguments,
)
from simhelm.calibration.study.identity import describe, warn_of_untold_arguments
from simhelm.calibration.study.problem_source import (
    ExecutableSource,
    InstanceSource,
    ProblemSource,
    ProxySource,
    RegisteredSource,
)
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Direction, Problem, ReportsCurve
from simhelm.experiments.schema import load_table
from simhelm.simulators.registry import load_problem

if TYPE_CHECKING:
    from simhelm.agents.samplers.registry import SamplerFactory

# What may change between two runs of one study: how far it goes, what it is called.
_FREE = {"title", "trials", "max_cost"}
# What the description of the problem says already.
_OF_PROBLEM = {"problem", "proxy"}


@dataclasses.dataclass(frozen=True)
class Definition:
    """A problem, how workers make it, and the study's configuration.

    Attributes:
        tables: those of an executable, as in the file.
        folder: where relative paths start.
        factory: what makes the sampler, where a script gave it; the configuration has its name.
    """

    config: StudyConfig
    problem: Problem
    source: ProblemSource
    tables: Mapping[str, Any]
    folder: Path
    factory: SamplerFactory | None = None

    @property
    def objectives(self) -> list[tuple[str, Direction]]:
        """(output, direction) of every objective."""
        if self.config.objective:
            return [(table.name, table.direction) for table in self.config.objective]
        return [(self.problem.objective, self.problem.direction)]

    def identity(self) -> dict[str, Any]:
        """A JSON-like description; two studies are the same when it is equal."""
        settings = self.config.model_dump(mode="json", exclude=_FREE | _OF_PROBLEM)
        return {"problem": describe(self.problem), "study": settings}

    def stored(self) -> dict[str, Any]:
        """What a later process needs to define the same study again."""
        return {
            "config": self.config.model_dump(mode="json"),
            "tables": dict(self.tables),
            "folder": str(self.folder),
            "registered": not isinstance(self.source, InstanceSource),
        }


def from_file(path: Path, changes: Mapping[str, Any] | None = None) -> Definition:
    """Read a study file.

    Args:
        changes: top-level keys that the command line sets.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    table = {**load_table(path), **(changes or {})}
    return from_table(table, path.parent.resolve(), str(path))


def from_table(table: Mapping[str, Any], folder: Path, where: str) -> Definition:
    """Check the content of a study file.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    config = parse_study(table, where)
    if config.warm_start is not None:
        config = config.model_copy(
            update={"warm_start": str((folder / config.warm_start).resolve())}
        )
    if config.proxy is not None:
        config = config.model_copy(update={"proxy": str((folder / config.proxy).resolve())})
    tables = {key: table[key] for key in EXECUTABLE_KEYS if key in table}
    if config.problem is None:
        true: ProblemSource = ExecutableSource(tables, folder)
    else:
        name, kind = config.problem.name, _problem_class(config.problem.name)
        true = RegisteredSource(name, resolved_arguments(config.problem, kind, folder))
    source = true if config.proxy is None else ProxySource(config.proxy, true)
    try:
        problem = source.make()
    except ConfigurationError:
        raise
    except (ValueError, TypeError, OSError, MemoryError, OverflowError) as error:
        raise ConfigurationError(f"{where}: {str(error) or type(error).__name__}") from error
    return checked(Definition(config, problem, source, tables, folder))


def of_object(
    problem: Problem, config: StudyConfig, factory: SamplerFactory | None = None
) -> Definition:
    """A study of a problem object, and perhaps of a sampler's factory.

    Raises:
        ConfigurationError: the configuration does not fit the problem.
    """
    warn_of_untold_arguments(problem)
    return checked(Definition(config, problem, InstanceSource(problem), {}, Path(), factory))


def checked(definition: Definition) -> Definition:
    """The definition, if its parts fit together.

    Raises:
        ConfigurationError: unknown objective, illegal initial configuration, and the like.
    """
    config, problem = definition.config, definition.problem
    known = [output.name for output in problem.outputs]
    for name, _ in definition.objectives:
        if name not in known:
            raise ConfigurationError(f"[[objective]]: unknown output {name!r}; expected {known}")
    several = len(definition.objectives) > 1
    if several and (config.hyperband is not None or config.early_stopping is not None):
        raise ConfigurationError("hyperband and early_stopping need a single objective")
    if config.early_stopping is not None and not isinstance(problem, ReportsCurve):
        raise ConfigurationError(f"early_stopping: {problem.name} reports no learning curve")
    if config.hyperband is not None:
        largest = config.hyperband.max_budget or problem.full_budget
        if not config.hyperband.min_budget <= largest <= problem.full_budget:
            raise ConfigurationError(
                f"[hyperband]: expected min_budget <= max_budget <= {problem.full_budget} "
                f"{problem.work_unit}, got {config.hyperband.min_budget} and {largest}"
            )
    for place, initial in enumerate(config.initial):
        try:
            problem.check_config(initial)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"initial[{place}]: {error}") from error
    return definition


def _problem_class(name: str) -> type[Problem]:
    try:
        return load_problem(name)
    except KeyError as error:
        raise ConfigurationError(f"[problem]: {error.args[0]}") from error

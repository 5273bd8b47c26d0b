"""What a study is of: a problem and a configuration, and when two are the same."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simhelm.calibration.study.configuration import (
    EXECUTABLE_KEYS,
    StudyConfig,
    parse_study,
    resolved_arguments,
)
from simhelm.calibration.study.problem_source import (
    ExecutableRecipe,
    InstanceRecipe,
    ProxyRecipe,
    Recipe,
    RegisteredRecipe,
)
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Direction, Output, Parameter, Problem, WatchedProblem
from simhelm.experiments.provenance import fingerprint, installed
from simhelm.experiments.schema import load_table
from simhelm.simulators.executable import ExecutableProblem
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
    recipe: Recipe
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
        return {"problem": describe(self.problem, self.recipe), "study": settings}

    def stored(self) -> dict[str, Any]:
        """What a later process needs to define the same study again."""
        return {
            "config": self.config.model_dump(mode="json"),
            "tables": dict(self.tables),
            "folder": str(self.folder),
            "registered": not isinstance(self.recipe, InstanceRecipe),
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
        true: RegisteredRecipe | ExecutableRecipe = ExecutableRecipe(tables, folder)
    else:
        name, kind = config.problem.name, _problem_class(config.problem.name)
        true = RegisteredRecipe(name, resolved_arguments(config.problem, kind, folder))
    recipe = true if config.proxy is None else ProxyRecipe(config.proxy, true)
    try:
        problem = recipe.make()
    except ConfigurationError:
        raise
    except (ValueError, TypeError, OSError, MemoryError, OverflowError) as error:
        raise ConfigurationError(f"{where}: {str(error) or type(error).__name__}") from error
    return checked(Definition(config, problem, recipe, tables, folder))


def of_object(
    problem: Problem, config: StudyConfig, factory: SamplerFactory | None = None
) -> Definition:
    """A study of a problem object, and perhaps of a sampler's factory.

    Raises:
        ConfigurationError: the configuration does not fit the problem.
    """
    return checked(Definition(config, problem, InstanceRecipe(problem), {}, Path(), factory))


def checked(definition: Definition) -> Definition:
    """The definition, if its parts fit together.

    Raises:
        ConfigurationError: unknown objective, illegal initial configuration, and the like.
    """
    config, problem = definition.config, definition.problem
    if isinstance(definition.recipe, ProxyRecipe):
        _check_same_arguments(definition.recipe, problem)
    known = [output.name for output in problem.outputs]
    for name, _ in definition.objectives:
        if name not in known:
            raise ConfigurationError(f"[[objective]]: unknown output {name!r}; expected {known}")
    several = len(definition.objectives) > 1
    if several and (config.hyperband is not None or config.early_stopping is not None):
        raise ConfigurationError("hyperband and early_stopping need a single objective")
    if config.early_stopping is not None and not isinstance(problem, WatchedProblem):
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


def _check_same_arguments(recipe: ProxyRecipe, problem: Problem) -> None:
    """A proxy of the same space, but of another network, trace or length, is another simulator's.

    Raises:
        ConfigurationError: the problem was made with other arguments than that of the proxy.
    """
    from simhelm.simulators.proxy import ProxyProblem

    assert isinstance(problem, ProxyProblem), "the recipe's own"
    fitted = problem.proxy.arguments
    here = describe(problem.true, recipe.true).get("arguments", {})
    for name in fitted:
        if here.get(name) != fitted[name]:
            raise ConfigurationError(
                f"proxy: fitted to evaluations with {name} = {fitted[name]!r}, and here it is "
                f"{here.get(name)!r}: train it on evaluations of this problem"
            )


def describe(problem: Problem, recipe: Recipe) -> dict[str, Any]:
    """What the results of a problem depend on, as far as it can be told."""
    if isinstance(recipe, ProxyRecipe):
        # Not mistaken for the simulator: another name, and the file's content.
        proxy: dict[str, Any] = {"name": problem.name, "proxy": fingerprint(Path(recipe.file))}
        proxy |= {"full_budget": problem.full_budget, "work_unit": problem.work_unit}
        return describe(recipe.true.make(), recipe.true) | proxy
    document: dict[str, Any] = {
        "name": problem.name,
        "parameters": {parameter.name: _fields(parameter) for parameter in problem.parameters},
        "outputs": {output.name: _fields(output) for output in problem.outputs},
        "objective": [problem.objective, problem.direction],
        "full_budget": problem.full_budget,
        "work_unit": problem.work_unit,
    }
    if isinstance(problem, ExecutableProblem):
        document["executable"] = _plain(problem.specification.document())
        return document
    kind = type(problem)
    document["class"] = f"{kind.__module__}:{kind.__qualname__}"
    document["version"] = _version(kind)
    given = recipe.arguments if isinstance(recipe, RegisteredRecipe) else problem.arguments
    document["arguments"] = {name: _argument(value) for name, value in given.items()}
    return document


def _problem_class(name: str) -> type[Problem]:
    try:
        return load_problem(name)
    except KeyError as error:
        raise ConfigurationError(f"[problem]: {error.args[0]}") from error


def _fields(thing: Parameter | Output) -> Any:
    fields = dataclasses.asdict(thing)
    del fields["name"], fields["description"]
    return _plain(fields)


def _argument(value: Any) -> Any:
    """A file or an array counts by its content, an object only by its class."""
    return _plain(value, _content)


def _content(value: Any) -> Any:
    if isinstance(value, (str, Path)):
        return {"sha256": fingerprint(Path(value))} if Path(value).is_file() else str(value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        content = hashlib.sha256(value.tobytes()).hexdigest()
        return {"sha256": content, "dtype": str(value.dtype), "shape": list(value.shape)}
    if isinstance(value, np.generic):
        return _plain(value.item())
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _version(kind: type) -> str | None:
    """The release of the package that a class comes from; None for a script."""
    return _release(kind.__module__.partition(".")[0])


@functools.cache
def _release(package: str) -> str | None:
    if found := installed(package):
        return found
    # Released under another name: every file of every distribution is looked at.
    distributions = importlib.metadata.packages_distributions().get(package, [])
    return installed(distributions[0]) if distributions else None


def _plain(value: Any, other: Callable[[Any], Any] = str) -> Any:
    """The value as JSON would give it back; NaN (an unused bound) becomes None.

    ``other`` is asked about text and about what JSON does not know.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(item, other) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, other) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, (int, float, bool, type(None))) else other(value)

"""How a worker comes by the problem: from its name, or as a pickle that we sent ourselves."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from simhelm.core.problem import Problem
from simhelm.simulators.executable import ExecutableProblem, ExecutableSpecification
from simhelm.simulators.registry import load_problem

if TYPE_CHECKING:
    from simhelm.simulators.proxy import ProxyProblem


class Recipe(Protocol):
    """Small, picklable, and able to make the problem anywhere."""

    def make(self) -> Problem:
        """The problem."""


@dataclasses.dataclass(frozen=True)
class RegisteredRecipe:
    """A registered problem by name and arguments."""

    name: str
    arguments: Mapping[str, Any]

    def make(self) -> Problem:
        """Import the class and call it."""
        return load_problem(self.name)(**self.arguments)


@dataclasses.dataclass(frozen=True)
class ExecutableRecipe:
    """An executable by its tables and the folder that its paths start from."""

    tables: Mapping[str, Any]
    folder: Path

    def make(self) -> Problem:
        """Check the tables once more, and the files that they name."""
        return ExecutableProblem(ExecutableSpecification.load(self.tables, self.folder))


@dataclasses.dataclass(frozen=True)
class ProxyRecipe:
    """A proxy in a file, in the place of a problem with a recipe of its own."""

    file: str
    true: RegisteredRecipe | ExecutableRecipe

    def make(self) -> ProxyProblem:
        """Read the file; it must fit the problem."""
        # Compiled code behind it, which a study without a proxy does without.
        from simhelm.simulators.proxy import ProxyProblem, load_proxy

        return ProxyProblem(self.true.make(), load_proxy(Path(self.file)))


@dataclasses.dataclass(frozen=True)
class InstanceRecipe:
    """A problem object of the caller's; executors pickle it."""

    problem: Problem

    def make(self) -> Problem:
        """The object."""
        return self.problem

    def __getstate__(self) -> dict[str, Any]:
        """Without what the problem was made with: workers do not ask, and it need not pickle."""
        problem = copy.copy(self.problem)
        problem.arguments = {}
        return {"problem": problem}

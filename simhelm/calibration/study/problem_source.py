"""How a worker comes by the problem: from its name, or as a pickle that we sent ourselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from simhelm.calibration.study.identity import describe
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Problem
from simhelm.simulators.registry import load_problem


class ProblemSource(Protocol):
    """Small, picklable, and able to make the problem anywhere."""

    def make(self) -> Problem:
        """The problem."""


@dataclasses.dataclass(frozen=True)
class RegisteredSource:
    """A registered problem by name and arguments."""

    name: str
    arguments: Mapping[str, Any]

    def make(self) -> Problem:
        """Import the class and call it."""
        problem = load_problem(self.name)(**self.arguments)
        # Whatever the class itself tells of them.
        problem.description = dataclasses.replace(problem.description, arguments=self.arguments)
        return problem


@dataclasses.dataclass(frozen=True)
class ExecutableSource:
    """An executable by its tables and the folder that its paths start from."""

    tables: Mapping[str, Any]
    folder: Path

    def make(self) -> Problem:
        """Check the tables once more, and the files that they name."""
        from simhelm.simulators.executable import ExecutableProblem, ExecutableSpecification

        return ExecutableProblem(ExecutableSpecification.load(self.tables, self.folder))


@dataclasses.dataclass(frozen=True)
class ProxySource:
    """A proxy in a file, in the place of a problem with a source of its own."""

    file: str
    true: ProblemSource

    def make(self) -> Problem:
        """Read the file; it must fit the problem.

        Raises:
            ConfigurationError: the problem was made with other arguments than that of the proxy.
        """
        # Compiled code behind it, which a study without a proxy does without.
        from simhelm.simulators.proxy import ProxyProblem, load_proxy

        true, proxy = self.true.make(), load_proxy(Path(self.file))
        problem = ProxyProblem(true, proxy)
        here = describe(true).get("arguments", {})
        # Of the same space, but of another network, trace or length, it is another simulator's.
        for name, fitted in proxy.arguments.items():
            if here.get(name) != fitted:
                raise ConfigurationError(
                    f"proxy: fitted to evaluations with {name} = {fitted!r}, and here it is "
                    f"{here.get(name)!r}: train it on evaluations of this problem"
                )
        return problem


@dataclasses.dataclass(frozen=True)
class InstanceSource:
    """A problem object of the caller's; executors pickle it."""

    problem: Problem

    def make(self) -> Problem:
        """The object."""
        return self.problem

"""A problem: a simulator with knobs, a budget and an objective.

One object serves the design environment, every sampler and the command line.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from simhelm.core.cancellation import Cancellation
from simhelm.core.description import FIELDS, Description, Direction, constructor_names, declared_by
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.metrics import Metrics, Output
from simhelm.core.parameter import Parameter, Value, configure, from_shares

__all__ = [
    "Cancellable", "Config", "Description", "Direction", "HasCommandLine", "HasIdentity", "Metrics",
    "Output", "ParallelProblem", "Parameter", "Problem", "ReportsCurve", "RunsInDirectory",
    "RunsOnRanks", "Value", "Watch", "WatchedProblem", "go_on",
]  # fmt: skip

Config = Mapping[str, Value]
# Told (step, value) of a learning curve while a simulation runs; False asks it to stop.
Watch = Callable[[float, float], bool]


class Problem(abc.ABC):
    """A simulator with knobs. Subclass it, say what it is, write :meth:`evaluate`.

    What it is stands in ``self.description``, and every field of that (see :class:`Description`)
    can be read from the problem itself. An attribute of a field's name, of the class or set on the
    instance, takes the place of the field; a class that has an attribute for each needs no
    description.

    A study goes on only with a problem that was made with the same arguments. These are the
    description's ``arguments``; of those that it does not have, attributes of the instance that
    bear the names of the constructor's parameters.
    """

    name: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    objective: str
    worst_objective: float
    direction: Direction
    work_unit: str
    full_budget: int
    pure: bool
    cites: tuple[str, ...]
    arguments: Mapping[str, Any]

    @property
    def description(self) -> Description:
        """What the problem says of itself."""
        own, declared = vars(self).get("_description"), declared_by(self)
        said = Description(**declared) if own is None else dataclasses.replace(own, **declared)
        untold = [name for name in constructor_names(self) if name not in said.arguments]
        kept = {name: vars(self)[name] for name in untold if name in vars(self)}
        return dataclasses.replace(said, arguments={**said.arguments, **kept})

    @description.setter
    def description(self, description: Description) -> None:
        if not isinstance(description, Description):
            raise TypeError(_no_description(type(self), description))
        vars(self)["_description"] = description

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "description" in vars(cls):
            raise TypeError(_no_description(cls, vars(cls)["description"]))

    if not TYPE_CHECKING:  # where it would allow any name

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property that lacks something else: let it say what
                return object.__getattribute__(self, name)
            if name == "arguments":
                return self.description.arguments
            # Without a description, the class of it has the defaults.
            said = vars(self).get("_description", Description)
            if name in FIELDS and hasattr(said, name):
                return getattr(said, name)
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    @abc.abstractmethod
    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Run the simulator once.

        Args:
            config: a value for every active parameter (see :meth:`check_config`).
            seed: everything random follows from it.
            budget: how much of ``full_budget`` to spend; None for all of it.
        """

    def default_config(self) -> dict[str, Value]:
        """The rule of thumb."""
        return configure(self.parameters, lambda parameter: parameter.default)

    def oracle_config(self) -> dict[str, Value] | None:
        """The best configuration where theory gives it, else None."""
        return None

    def config_from_shares(self, shares: Iterable[float]) -> dict[str, Value]:
        """A configuration from one number in [0, 1] a parameter; inactive ones are left out."""
        return from_shares(self.parameters, shares)

    def check_config(self, config: Config) -> None:
        """Raise ValueError or TypeError for unknown, missing, inactive or illegal parameters."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in config:
            if name not in known:
                raise ValueError(
                    f"{self.name}: unknown parameter {name!r}; expected {sorted(known)}"
                    + did_you_mean(name, known)
                )
        for name, parameter in known.items():
            if parameter.is_active(config):
                if name not in config:
                    raise ValueError(f"{self.name}: parameter {name!r} is missing")
                parameter.check(config[name])
            elif name in config:
                raise ValueError(f"{self.name}: {name!r} is set, but its condition is not met")

    def score(self, metrics: Metrics) -> float:
        """The objective as a quantity to maximise; a failure scores ``worst_objective``."""
        value = metrics.values[self.objective] if metrics.succeeded else self.worst_objective
        return -value if self.direction == "minimize" else value


def _no_description(kind: type, got: object) -> str:
    return (
        f"{kind.__name__}.description: expected self.description = Description(...) in __init__, "
        f"got a {type(got).__name__} {got!r}; give other texts another name"
    )


def go_on(step: float, value: float) -> bool:
    """A watch that never stops anything."""
    return True


class WatchedProblem(Problem):
    """A problem that reports a learning curve by ``watch``, see :class:`ReportsCurve`."""

    @abc.abstractmethod
    def evaluate(
        self, config: Config, *, seed: int, budget: int | None = None, watch: Watch = go_on
    ) -> Metrics:
        """Run the simulator once, and report to ``watch`` meanwhile."""

    def evaluate_watched(
        self, config: Config, *, seed: int, budget: int | None, watch: Watch
    ) -> Metrics:
        """See :class:`ReportsCurve`."""
        return self.evaluate(config, seed=seed, budget=budget, watch=watch)


class ParallelProblem(Problem):
    """A problem that runs on the MPI ranks of a ``communicator``, see :class:`RunsOnRanks`."""

    @abc.abstractmethod
    def evaluate(
        self, config: Config, *, seed: int, budget: int | None = None, communicator: Any = None
    ) -> Metrics:
        """Run the simulator once, on all ranks together; None for this process alone."""

    def evaluate_together(
        self, config: Config, *, seed: int, budget: int | None, communicator: Any
    ) -> Metrics:
        """See :class:`RunsOnRanks`."""
        return self.evaluate(config, seed=seed, budget=budget, communicator=communicator)


# What a problem can do beyond :meth:`Problem.evaluate`. A class that has the method can do it.


@runtime_checkable
class ReportsCurve(Protocol):
    """Its evaluation reports a learning curve while it runs, and can be stopped."""

    def evaluate_watched(
        self, config: Config, *, seed: int, budget: int | None, watch: Watch
    ) -> Metrics:
        """Run the simulator once.

        Args:
            config, seed, budget: as of :meth:`Problem.evaluate`.
            watch: called with every new point of the curve: a step in the unit of
                ``full_budget``, and the objective as it would be if the simulation ended there.
                When it returns False the simulation ends at once with
                ``EndReason.STOPPED_EARLY`` and the cost spent so far.
        """


@runtime_checkable
class RunsOnRanks(Protocol):
    """Its simulator runs on several MPI ranks at once."""

    def evaluate_together(
        self, config: Config, *, seed: int, budget: int | None, communicator: Any
    ) -> Metrics:
        """Run the simulator once on all ranks together.

        Args:
            config, seed, budget: as of :meth:`Problem.evaluate`, equal on all ranks.
            communicator: an ``mpi4py.MPI.Comm`` of the ranks that evaluate together; None for
                this process alone. The result of its rank 0 counts.
        """


@runtime_checkable
class RunsInDirectory(Protocol):
    """Its simulator leaves files, and a study keeps a directory of every trial."""

    def run_in(
        self,
        directory: Path,
        config: Config,
        *,
        seed: int,
        budget: int | None,
        slot: int,
        watch: Watch,
    ) -> Metrics:
        """Run the simulator once in a directory that does not exist yet.

        Args:
            config, seed, budget, watch: as of :meth:`ReportsCurve.evaluate_watched`.
            slot: number of the trial.
        """


@runtime_checkable
class HasCommandLine(Protocol):
    """Its evaluation is a command that one could type."""

    def command_line(
        self, config: Config, *, seed: int, budget: int | None, slot: int, directory: Path
    ) -> list[str]:
        """The exact arguments of a run."""


@runtime_checkable
class Cancellable(Protocol):
    """A running evaluation can be asked to stop."""

    def cancel_with(self, cancellation: Cancellation) -> None:
        """Let every run end as ``EndReason.INTERRUPTED`` once the flag is set."""


@runtime_checkable
class HasIdentity(Protocol):
    """Something other than its class and arguments tells whether a problem is the same."""

    def identity_document(
        self, made_of: Callable[[Problem], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """JSON-like, and equal where the results are.

        Args:
            made_of: gives the same of another problem.
        """

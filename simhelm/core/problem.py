"""A problem: a simulator with knobs, a budget and an objective.

One object serves the design environment, every sampler and the command line.
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal, Self

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.end_reason import EndReason
from simhelm.core.parameter import Parameter, Value, configure, from_shares

__all__ = [
    "Direction",
    "Metrics",
    "Output",
    "ParallelProblem",
    "Parameter",
    "Problem",
    "Value",
    "Watch",
    "WatchedProblem",
    "go_on",
]

Direction = Literal["minimize", "maximize"]
# Told (step, value) of a learning curve while a simulation runs; False asks it to stop.
Watch = Callable[[float, float], bool]


@dataclasses.dataclass(frozen=True)
class Output:
    """One number that a simulation reports.

    Attributes:
        low, high: finite range that observations of it are clipped to; the values themselves
            may lie outside.
    """

    name: str
    unit: str
    low: float
    high: float
    description: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"{self.name}: expected finite low < high, got {self.low}, {self.high}"
            )


@dataclasses.dataclass(frozen=True)
class Metrics:
    """What one evaluation gave.

    It can be pickled, so that workers can send it.

    Attributes:
        values: named outputs, finite (empty where the evaluation failed); not to be changed.
        end_reason: COMPLETED or CONVERGED for a usable result, else the failure.
        cost: simulator work units spent, at least 0.
        details: a sentence on what happened, for people.
    """

    values: Mapping[str, float]
    end_reason: EndReason
    cost: float
    details: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cost) and self.cost >= 0.0):
            raise ValueError(f"cost: expected a finite number >= 0, got {self.cost!r}")
        bad = [name for name, value in self.values.items() if not math.isfinite(value)]
        if bad:
            raise ValueError(
                f"outputs {bad} are not finite; report the failure with "
                "Metrics.failure(EndReason.NOT_FINITE, ...) instead"
            )
        object.__setattr__(self, "values", dict(self.values))

    @property
    def succeeded(self) -> bool:
        """Whether the values may be used."""
        return self.end_reason.succeeded

    @classmethod
    def failure(cls, end_reason: EndReason, *, cost: float, details: str = "") -> Metrics:
        """An evaluation without a usable result."""
        return cls({}, end_reason, cost, details)


_DECLARED = (
    "parameters", "outputs", "objective", "direction", "worst_objective", "work_unit",
    "full_budget", "pure", "cites",
)  # fmt: skip


class Problem(abc.ABC):
    """A simulator with knobs. Subclass it, set the attributes, write :meth:`evaluate`.

    Attributes:
        name: CamelCase, the name under which the problem is registered.
        parameters: the knobs, a condition's parent before its children.
        outputs: what an evaluation reports.
        objective: the output to improve, and ``direction`` says how.
        worst_objective: objective value charged to a failed evaluation; no success is worse.
        work_unit: what ``Metrics.cost`` counts.
        full_budget: work units, or simulated size, of a complete evaluation, at least 1.
        pure: an evaluation cannot crash and changes nothing in its process (no working
            directory, no signal handlers, no floating-point flags, no global generators), so a
            study may evaluate it in its own process; otherwise it uses a process beside.
        cites: the papers and software behind it, keys of ``references.toml``.
        arguments: what it was made with, defaults included. A study goes on only with a problem
            that was made with the same.
    """

    name: ClassVar[str]
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    objective: ClassVar[str]
    direction: ClassVar[Direction] = "minimize"
    worst_objective: float
    work_unit: ClassVar[str] = "simulator runs"
    full_budget: int = 1
    pure: ClassVar[bool] = False
    cites: ClassVar[tuple[str, ...]] = ()
    arguments: Mapping[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note the arguments, so that subclasses need not."""
        problem = super().__new__(cls)
        problem.arguments = {}
        # Arguments that do not fit raise in __init__, with its name.
        with contextlib.suppress(TypeError):
            bound = inspect.signature(cls.__init__).bind(problem, *args, **kwargs)
            bound.apply_defaults()
            problem.arguments = dict(list(bound.arguments.items())[1:])
        return problem

    def declare_as(self, other: Problem) -> None:
        """Take over what another problem says of itself, its name apart, to stand before it."""
        for name in _DECLARED:
            setattr(self, name, getattr(other, name))

    @abc.abstractmethod
    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
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

    def check_config(self, config: Mapping[str, Value]) -> None:
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


def go_on(step: float, value: float) -> bool:
    """A watch that never stops anything."""
    return True


class WatchedProblem(Problem):
    """A problem whose evaluation reports a learning curve while it runs, and can be stopped.

    The curve's value is the objective as it would be if the simulation ended at that step; the
    step counts in the unit of ``full_budget``.
    """

    @abc.abstractmethod
    def evaluate(
        self,
        config: Mapping[str, Value],
        *,
        seed: int,
        budget: int | None = None,
        watch: Watch = go_on,
    ) -> Metrics:
        """Run the simulator once, as :meth:`Problem.evaluate` does.

        Args:
            config, seed, budget: as there.
            watch: called with every new point of the curve; when it returns False the simulation
                ends at once with ``EndReason.STOPPED_EARLY`` and the cost spent so far.
        """


class ParallelProblem(Problem):
    """A problem whose simulator runs on several MPI ranks at once."""

    @abc.abstractmethod
    def evaluate(
        self,
        config: Mapping[str, Value],
        *,
        seed: int,
        budget: int | None = None,
        communicator: Any = None,
    ) -> Metrics:
        """Run the simulator once, as :meth:`Problem.evaluate` does, on all ranks together.

        Args:
            config, seed, budget: as there, equal on all ranks.
            communicator: an ``mpi4py.MPI.Comm`` of the ranks that evaluate together; None for
                this process alone. The result of its rank 0 counts.
        """

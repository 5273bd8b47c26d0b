"""Who evaluates: this process, processes beside it, MPI ranks, or a dask cluster."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any, Protocol

from simhelm.calibration.study.dispatcher import Evaluators
from simhelm.calibration.study.evaluation import evaluate_here, evaluate_with, install
from simhelm.calibration.study.pool import SerialExecutor, WorkerPool
from simhelm.calibration.study.problem_source import ProblemSource
from simhelm.core.entry_points import Registry, Target, UnknownName
from simhelm.core.errors import ConfigurationError

# Beside its own limit, how long a remote worker may keep its answer.
_SLACK = 60.0


class OpensEvaluators(Protocol):
    """Something that can evaluate trials of a problem for a while.

    An executor of another package is announced under the entry-point group ``simhelm.executors``
    as ``name = "module:make"``; ``make(workers)`` gives one of these. Where an executor in the
    manner of ``concurrent.futures`` exists, ``open`` enters it and then :class:`Foreign`'s
    ``open`` on it. ``simhelm.testing.check_executor`` tests the rest of the contract: the trials
    equal those of :class:`Serial`, a failure is one trial's, nothing is left at the end.
    """

    def open(
        self, source: ProblemSource, time_limit: float | None
    ) -> contextlib.AbstractContextManager[Evaluators]:
        """Get ready; everything is given back at the end of the context."""


@dataclasses.dataclass(frozen=True)
class Serial:
    """Trials one after the other in this process; for pure problems."""

    @contextlib.contextmanager
    def open(self, source: ProblemSource, time_limit: float | None) -> Iterator[Evaluators]:
        """Make the problem here."""
        if time_limit is not None:
            raise ConfigurationError(
                "a time limit cannot be kept in this process: use processes instead of serial"
            )
        install(source)
        with SerialExecutor() as executor:
            yield Evaluators(executor, evaluate_here, capacity=1)


@dataclasses.dataclass(frozen=True)
class Processes:
    """Spawned processes on this machine."""

    workers: int = 1

    @contextlib.contextmanager
    def open(self, source: ProblemSource, time_limit: float | None) -> Iterator[Evaluators]:
        """Processes start at the first trial."""
        with WorkerPool(self.workers, install, (source,), time_limit) as pool:
            yield Evaluators(
                pool,
                evaluate_here,
                # One waits beside each that runs, so that no process is idle meanwhile.
                capacity=2 * self.workers,
                where=lambda future, slot: pool.where(future),
                cancel=pool.cancel_running,
            )


@dataclasses.dataclass(frozen=True)
class Foreign:
    """An executor of the caller's, whose workers can import simhelm."""

    executor: Executor
    workers: int = 1

    @contextlib.contextmanager
    def open(self, source: ProblemSource, time_limit: float | None) -> Iterator[Evaluators]:
        """The executor stays open afterwards."""
        function = functools.partial(evaluate_with, source)
        yield Evaluators(
            self.executor,
            function,
            capacity=2 * self.workers,
            lost_after=None if time_limit is None else time_limit + _SLACK,
        )


@dataclasses.dataclass(frozen=True)
class Dask:
    """A dask cluster by the address of its scheduler."""

    address: str

    @contextlib.contextmanager
    def open(self, source: ProblemSource, time_limit: float | None) -> Iterator[Evaluators]:
        """Connect; the cluster itself is left running."""
        try:
            import distributed
        except ImportError as error:
            raise ImportError("dask:// needs distributed: pip install 'simhelm[dask]'") from error
        try:
            library: Any = distributed
            client: Any = library.Client(self.address, timeout=10)
        except OSError as error:
            raise ConfigurationError(f"no dask scheduler at {self.address}: {error}") from error
        with client:
            threads = sum(client.nthreads().values())
            executor = client.get_executor(pure=False)
            with Foreign(executor, max(1, threads)).open(source, time_limit) as evaluators:
                yield evaluators


_HERE = "simhelm.calibration.study"
EXECUTORS = Registry(
    "executor",
    {
        "serial": Target(f"{_HERE}.executors:Serial"),
        "processes": Target(f"{_HERE}.executors:Processes"),
        "mpi": Target(f"{_HERE}.mpi:Ranks"),
        "dask://host:port": Target(f"{_HERE}.executors:Dask"),
    },
)


def by_name(name: str, workers: int) -> OpensEvaluators:
    """An executor as the command line names it.

    Raises:
        ConfigurationError: unknown name, with the nearest known one.
        ImportError: a plug-in cannot be imported.
    """
    if name == "serial":
        return Serial()
    if name.startswith("dask://"):
        return Dask(name.replace("dask://", "tcp://", 1))
    try:
        made: OpensEvaluators = EXECUTORS.load(name)(workers)
    except UnknownName as error:
        raise ConfigurationError(str(error)) from None
    return made

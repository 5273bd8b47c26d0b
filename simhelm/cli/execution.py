"""How verbs execute a study: in this process, by workers, MPI ranks or dask; and its end."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from simhelm.cli.app import OutputFormat, log
from simhelm.cli.proxies import print_rescored
from simhelm.core.errors import ConfigurationError, Interrupted, SimhelmError

if TYPE_CHECKING:
    from simhelm.calibration.study.study import Execution, Study
    from simhelm.calibration.study.view import StudyView


def supervise(ranks: int | None, max_restarts: int) -> None:
    """Where it is asked for, run this command below mpiexec or again after crashes, and exit."""
    if ranks is not None or max_restarts:
        from simhelm.cli.supervisor import supervise as run_below

        raise typer.Exit(run_below(ranks, max_restarts))


def execution_by(
    workers: int,
    executor: str | None,
    timeout: float | None = None,
    ranks_per_trial: int = 1,
    earlier: Any = None,
) -> Execution:
    """The execution that options ask for.

    Raises:
        ConfigurationError: options that do not go together, or an unknown executor.
    """
    from simhelm.calibration.study.executors import by_name
    from simhelm.calibration.study.mpi import Ranks, uses_mpi, world
    from simhelm.calibration.study.study import Execution

    if uses_mpi(executor):
        chosen: Any = Ranks(world(), ranks_per_trial)
    else:
        if ranks_per_trial > 1:
            raise ConfigurationError("--ranks-per-trial needs mpiexec, or --ranks")
        chosen = by_name(executor or "processes", workers)
    return Execution(executor=chosen, timeout=timeout, earlier=earlier)


def run_study(
    study: Study,
    execution: Execution,
    form: OutputFormat,
    tell: Callable[[StudyView, OutputFormat], None] | None = None,
) -> None:
    """Run a study to its end or until a signal, and print what ``tell`` makes of it."""
    from simhelm.calibration.study.dispatcher import Stopped
    from simhelm.calibration.study.progress import progress
    from simhelm.cli.studies import print_outcome
    from simhelm.experiments.signals import signals

    visible = log.isEnabledFor(logging.INFO)
    with (
        signals(execution.stop) as received,
        progress(study.directory, study.definition, visible) as finished,
    ):
        try:
            study.run(_completed(execution, finished, received))
        except Stopped as stop:
            number = received()
            how = f"`simhelm resume {study.directory}` goes on"
            if number is not None:
                raise Interrupted(f"interrupted, everything is saved: {how}", number) from None
            log.info("%s: %s", stop, how)
        except SimhelmError:
            log.info("what was finished is in %s", study.directory)
            raise
    (tell or print_outcome)(study.view(), form)
    if study.definition.config.proxy is not None:
        print_rescored(study, form)


def _completed(execution: Execution, finished: Any, received: Any) -> Execution:
    from simhelm.calibration.study.mpi import Ranks

    executor = execution.executor
    if isinstance(executor, Ranks):
        executor = dataclasses.replace(executor, abort_code=lambda: 128 + (received() or 0))
    return dataclasses.replace(execution, finished=finished, executor=executor)


def serve_other_ranks(executor: str | None) -> bool:
    """Evaluate trials until rank 0's study is done, and give True; on rank 0 only give False."""
    from simhelm.calibration.study.mpi import serve, uses_mpi, world
    from simhelm.experiments.signals import left_to_rank_0

    if not uses_mpi(executor) or world().rank == 0:
        return False
    with left_to_rank_0():
        serve(world())
    return True


@contextlib.contextmanager
def dismissing_ranks(executor: str | None) -> Iterator[None]:
    """On rank 0: let the other ranks go at the end, even where the study cannot begin."""
    try:
        yield
    finally:
        from simhelm.calibration.study.mpi import dismiss, uses_mpi, world

        if uses_mpi(executor):
            dismiss(world())

"""The verbs ``run`` and ``resume``."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.calibration.cli import monte_carlo, steering, training
from simhelm.calibration.cli.app import (
    DirectoryArgument,
    FormatOption,
    OutputFormat,
    RanksOption,
    RestartsOption,
    app,
    log,
)
from simhelm.calibration.cli.proxies import print_rescored
from simhelm.calibration.errors import ConfigurationError, Interrupted, SimhelmError
from simhelm.simulators.names import nearest

if TYPE_CHECKING:
    from simhelm.calibration.study.study import Execution, Study
    from simhelm.calibration.study.view import StudyView

TrialsOption = Annotated[
    int | None, typer.Option("--n-trials", help="Instead of the trials in FILE.", min=1)
]
TimeoutOption = Annotated[
    float | None, typer.Option(help="Seconds after which the run ends, to be resumed.", min=0)
]
WorkersOption = Annotated[
    int, typer.Option(help="Processes that evaluate trials; no trial depends on it.", min=1)
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(help="serial, processes, mpi (chosen under mpiexec) or dask://host:port."),
]
RanksPerTrialOption = Annotated[
    int, typer.Option(help="MPI ranks that evaluate one trial together.", min=1)
]


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What to run.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory; runs/<name of FILE> by default.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the seed in FILE.", min=0)] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is in the directory.")
    ] = False,
    form: FormatOption = OutputFormat.table,
    n_trials: TrialsOption = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = 1,
    executor: ExecutorOption = None,
    ranks: RanksOption = None,
    ranks_per_trial: RanksPerTrialOption = 1,
    max_restarts: RestartsOption = 0,
    proxy: Annotated[
        Path | None,
        typer.Option(
            metavar="PROXY",
            help="Search in the proxy that `simhelm train-proxy` made; evaluate the winner and "
            "the rule of thumb in the simulator.",
        ),
    ] = None,
    fork: Annotated[
        Path | None,
        typer.Option(
            metavar="NEW_DIR",
            help="Where FILE no longer fits the study in its directory: a new study in NEW_DIR "
            "that is told the earlier trials which are still legal.",
        ),
    ] = None,
    from_optuna: Annotated[
        str | None, typer.Option(metavar="URL", help="Tell a new study Optuna's trials first.")
    ] = None,
    study_name: Annotated[
        str | None, typer.Option(help="Of the Optuna study, where URL holds several.")
    ] = None,
) -> None:
    """Run FILE: a study tunes, learners steer an environment, or a Monte Carlo samples.

    The same command again goes on where it was stopped. Results do not depend on --workers.
    """
    from simhelm.calibration.schema import load_table

    if ranks is not None or max_restarts:
        from simhelm.calibration.supervisor import supervise

        raise typer.Exit(supervise(ranks, max_restarts))
    changes: dict[str, Any] = {"seed": seed, "trials": n_trials}
    changes["proxy"] = None if proxy is None else str(proxy.resolve())
    changes = {key: value for key, value in changes.items() if value is not None}
    directory = Path("runs") / file.stem if out is None else out
    if file.is_file() and "monte_carlo" in (table := load_table(file)):
        if n_trials is not None or timeout is not None:
            raise ConfigurationError("--n-trials and --timeout belong to studies, not to samples")
        monte_carlo.run_file(
            {**table, **changes}, file, directory,
            overwrite=overwrite, executor=executor, workers=workers, form=form,
        )  # fmt: skip
        return
    if _is_served_rank(executor):
        return
    with _dismissing_ranks(executor):
        table = load_table(file)
        if "environment" in table:
            for option, given in (("--n-trials", n_trials), ("--proxy", proxy)):
                if given is not None:
                    raise ConfigurationError(f"{option} belongs to studies; this file steers")
            steering.run_file({**table, **changes}, file, directory, overwrite=overwrite, form=form)
            return
        for key in table:
            if hint := nearest(key, ("environment", "monte_carlo")):
                raise ConfigurationError(f"{file}: unknown table {key!r}{hint}")
        from simhelm.calibration.study.definition import from_table
        from simhelm.calibration.study.study import Study

        definition = from_table({**table, **changes}, file.parent.resolve(), str(file))
        if overwrite:
            _remove_study(directory)
        study = Study(directory if fork is None else fork, definition)
        execution = _execution(
            workers, executor, timeout, ranks_per_trial,
            _earlier(directory if fork else None, from_optuna, study_name),
        )  # fmt: skip
        _run_study(study, execution, form)


@app.command()
def resume(
    directory: DirectoryArgument,
    form: FormatOption = OutputFormat.table,
    n_trials: TrialsOption = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = 1,
    executor: ExecutorOption = None,
    ranks: RanksOption = None,
    ranks_per_trial: RanksPerTrialOption = 1,
    max_restarts: RestartsOption = 0,
) -> None:
    """Go on with a study or a training where it was stopped, as its command again would."""
    if ranks is not None or max_restarts:
        from simhelm.calibration.supervisor import supervise

        raise typer.Exit(supervise(ranks, max_restarts))
    if training.is_training(directory):
        training.resume(directory, form)
        return
    if _is_served_rank(executor):
        return
    with _dismissing_ranks(executor):
        from simhelm.calibration.study.study import Study

        study = Study.stored(directory, {} if n_trials is None else {"trials": n_trials})
        execution = _execution(workers, executor, timeout, ranks_per_trial, None)
        _run_study(study, execution, form)


def _run_study(
    study: Study,
    execution: Execution,
    form: OutputFormat,
    tell: Callable[[StudyView, OutputFormat], None] | None = None,
) -> None:
    from simhelm.calibration.cli.studies import print_outcome
    from simhelm.calibration.study.dispatcher import Stopped
    from simhelm.calibration.study.progress import progress
    from simhelm.calibration.study.signals import signals

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


def _execution(
    workers: int, executor: str | None, timeout: float | None, ranks_per_trial: int, earlier: Any
) -> Execution:
    from simhelm.calibration.study.executors import by_name
    from simhelm.calibration.study.mpi import Ranks, world
    from simhelm.calibration.study.study import Execution

    if _uses_mpi(executor):
        chosen: Any = Ranks(world(), ranks_per_trial)
    else:
        if ranks_per_trial > 1:
            raise ConfigurationError("--ranks-per-trial needs mpiexec, or --ranks")
        chosen = by_name(executor or "processes", workers)
    return Execution(executor=chosen, timeout=timeout, earlier=earlier)


def _earlier(directory: Path | None, url: str | None, name: str | None) -> Any:
    """What tells a new study of an older one: the study it is forked from, or Optuna's."""
    from simhelm.calibration.study.earlier import forked_trials, optuna_trials

    if directory is not None and url is not None:
        raise ConfigurationError("give --fork or --from-optuna, not both")
    if directory is not None:
        return lambda definition: forked_trials(directory, definition)
    if url is not None:
        return lambda definition: optuna_trials(url, name, definition)
    return None


def _uses_mpi(executor: str | None) -> bool:
    from simhelm.calibration.study.mpi import inside_mpi_job

    return executor == "mpi" or (executor is None and inside_mpi_job())


def _is_served_rank(executor: str | None) -> bool:
    """On all MPI ranks but the first: evaluate trials until the study is done."""
    if not _uses_mpi(executor):
        return False
    from simhelm.calibration.study.mpi import serve, world
    from simhelm.calibration.study.signals import left_to_rank_0

    if world().rank == 0:
        return False
    with left_to_rank_0():
        serve(world())
    return True


class _dismissing_ranks:  # noqa: N801 - used as a function
    """On rank 0: where the study cannot begin, let the other ranks go."""

    def __init__(self, executor: str | None) -> None:
        self._mpi = _uses_mpi(executor)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        if self._mpi:
            from simhelm.calibration.study.mpi import dismiss, world

            dismiss(world())


def _remove_study(directory: Path) -> None:
    """Delete a study, and nothing else that may be in the directory."""
    from simhelm.calibration.lock import exclusive
    from simhelm.calibration.study.store import DATABASE

    if not (directory / DATABASE).is_file():
        return
    with exclusive(directory):
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "report.html"):
            (directory / name).unlink(missing_ok=True)
        for name in ("trials", "replays"):
            shutil.rmtree(directory / name, ignore_errors=True)

"""The verbs ``run`` and ``resume``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.cli import monte_carlo, steering, training
from simhelm.cli.app import (
    DirectoryArgument,
    FormatOption,
    OutputFormat,
    RanksOption,
    RestartsOption,
    app,
)
from simhelm.cli.execution import (
    dismissing_ranks,
    execution_by,
    run_study,
    serve_other_ranks,
    supervise,
)
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError

if TYPE_CHECKING:
    from simhelm.calibration.study.definition import Definition

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.toml", help="What to run.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Directory; runs/<name of FILE> by default.")
]
SeedOption = Annotated[int | None, typer.Option(help="Instead of the seed in FILE.", min=0)]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace what is in the directory.")
]
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
ProxyOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PROXY",
        help="Search in the proxy that `simhelm train-proxy` made; evaluate the winner and "
        "the rule of thumb in the simulator.",
    ),
]
ForkOption = Annotated[
    Path | None,
    typer.Option(
        metavar="NEW_DIR",
        help="Where FILE no longer fits the study in its directory: a new study in NEW_DIR "
        "that is told the earlier trials which are still legal.",
    ),
]
OptunaOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Tell a new study Optuna's trials first.")
]
NameOption = Annotated[
    str | None, typer.Option(help="Of the Optuna study, where URL holds several.")
]


@app.command()
def run(
    file: FileArgument,
    out: OutOption = None,
    seed: SeedOption = None,
    overwrite: OverwriteOption = False,
    form: FormatOption = OutputFormat.table,
    n_trials: TrialsOption = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = 1,
    executor: ExecutorOption = None,
    ranks: RanksOption = None,
    ranks_per_trial: RanksPerTrialOption = 1,
    max_restarts: RestartsOption = 0,
    proxy: ProxyOption = None,
    fork: ForkOption = None,
    from_optuna: OptunaOption = None,
    study_name: NameOption = None,
) -> None:
    """Run FILE: a study tunes, learners steer an environment, or a Monte Carlo samples.

    The same command again goes on where it was stopped. Results do not depend on --workers.
    """
    from simhelm.experiments.schema import load_table

    supervise(ranks, max_restarts)
    changes: dict[str, Any] = {"seed": seed, "trials": n_trials}
    changes["proxy"] = None if proxy is None else str(proxy.resolve())
    changes = {key: value for key, value in changes.items() if value is not None}
    directory = Path("runs") / file.stem if out is None else out
    of_studies: dict[str, Any] = {
        "--n-trials": n_trials,
        "--timeout": timeout,
        "--proxy": proxy,
        "--fork": fork,
    }
    of_studies |= {"--from-optuna": from_optuna, "--study-name": study_name}
    if file.is_file() and "monte_carlo" in (table := load_table(file)):
        _refuse(of_studies, f"{file} samples")
        monte_carlo.run_file(
            {**table, **changes}, file, directory,
            overwrite=overwrite, executor=executor, workers=workers, form=form,
        )  # fmt: skip
        return
    if serve_other_ranks(executor):
        return
    with dismissing_ranks(executor):
        table = {**load_table(file), **changes}
        if "environment" in table:
            _refuse(of_studies, f"{file} steers")
            steering.run_file(table, file, directory, overwrite=overwrite, form=form)
            return
        from simhelm.calibration.study.study import Study

        definition = _definition(table, file)
        if overwrite:
            _remove_study(directory)
        earlier = _earlier(directory if fork else None, from_optuna, study_name)
        execution = execution_by(workers, executor, timeout, ranks_per_trial, earlier)
        run_study(Study(directory if fork is None else fork, definition), execution, form)


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
    supervise(ranks, max_restarts)
    if training.is_training(directory):
        _refuse({"--n-trials": n_trials, "--timeout": timeout}, f"{directory} trains")
        training.resume(directory, form)
        return
    if serve_other_ranks(executor):
        return
    with dismissing_ranks(executor):
        from simhelm.calibration.study.study import Study

        study = Study.stored(directory, {} if n_trials is None else {"trials": n_trials})
        run_study(study, execution_by(workers, executor, timeout, ranks_per_trial), form)


def _refuse(options: dict[str, Any], what: str) -> None:
    """Stop at options that would mean nothing to what samples, steers or trains."""
    for option, value in options.items():
        if value is not None:
            raise ConfigurationError(f"{option} belongs to studies; {what}")


def _definition(table: dict[str, Any], file: Path) -> Definition:
    from simhelm.calibration.study.definition import from_table

    for key in table:
        if hint := did_you_mean(key, ("environment", "monte_carlo")):
            raise ConfigurationError(f"{file}: unknown table {key!r}{hint}")
    return from_table(table, file.parent.resolve(), str(file))


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


def _remove_study(directory: Path) -> None:
    """Delete a study, and nothing else that may be in the directory."""
    from simhelm.calibration.study.store import DATABASE
    from simhelm.experiments.lock import exclusive

    if not (directory / DATABASE).is_file():
        return
    with exclusive(directory):
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "report.html"):
            (directory / name).unlink(missing_ok=True)
        for name in ("trials", "replays"):
            shutil.rmtree(directory / name, ignore_errors=True)

"""The verbs ``run``, ``train`` and ``resume``."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.cli.app import (
    DirectoryArgument,
    EnvArgument,
    FormatOption,
    OutputFormat,
    SeedsOption,
    SetOption,
    app,
    assignments,
    log,
    print_shown,
    seed_pair,
)
from simhelm.core.errors import ConfigurationError

if TYPE_CHECKING:
    from simhelm.experiments.kinds import Entry

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.toml", help="What to run.")]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Directory; runs/<name of FILE> or runs/<environment>-<algo> by default."
    ),
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
    int | None,
    typer.Option(
        help="Processes that evaluate trials, sample, or hold a training's environments; no "
        "result depends on it.",
        min=0,
    ),
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(help="serial, processes, mpi (chosen under mpiexec) or dask://host:port."),
]
RanksOption = Annotated[int | None, typer.Option(help="Start mpiexec with N ranks.", min=2)]
RanksPerTrialOption = Annotated[
    int, typer.Option(help="MPI ranks that evaluate one trial together.", min=1)
]
RestartsOption = Annotated[
    int, typer.Option("--max-restarts", help="Start again after N crashes of the run.", min=0)
]
ProxyOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PROXY",
        help="Search in the proxy that `simhelm train-proxy` made; evaluate the winner and "
        "the default in the simulator.",
    ),
]
ForkOption = Annotated[
    Path | None,
    typer.Option(
        metavar="NEW_DIR",
        help="Where FILE no longer fits the study in its directory: a new study in NEW_DIR "
        "that observes the earlier trials which are still legal.",
    ),
]
OptunaOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Report Optuna's trials to a new study's sampler first."),
]
NameOption = Annotated[
    str | None, typer.Option(help="Of the Optuna study, where URL holds several.")
]
AlgorithmOption = Annotated[str, typer.Option(help="dqn, qrdqn, ppo or sac.")]
StepsOption = Annotated[int, typer.Option(help="Environment steps.", min=1)]
LearnerOption = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An argument of the algorithm."),
]
TrainingSeedOption = Annotated[int, typer.Option(help="Of the training.", min=0)]
EnvsOption = Annotated[int, typer.Option(help="Environments stepped together.", min=1)]
HiddenOption = Annotated[str, typer.Option(help="Widths of the hidden layers.")]
ScaleOption = Annotated[float, typer.Option(help="Factor of the learner's rewards.")]
EpisodesOption = Annotated[int, typer.Option(help="Of each validation.", min=1)]
EveryOption = Annotated[
    int | None, typer.Option(help="Steps between two of them; a tenth of all by default.")
]
RepeatsOption = Annotated[
    int, typer.Option(help="Independent trainings with the seeds from --seed on.", min=1)
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
    workers: WorkersOption = None,
    executor: ExecutorOption = None,
    ranks: RanksOption = None,
    ranks_per_trial: RanksPerTrialOption = 1,
    max_restarts: RestartsOption = 0,
    proxy: ProxyOption = None,
    fork: ForkOption = None,
    from_optuna: OptunaOption = None,
    study_name: NameOption = None,
) -> None:
    """Run FILE: a study tunes, learners steer, a policy is trained, or a Monte Carlo samples.

    The same command again continues where it was stopped. Results do not depend on --workers.
    """
    from simhelm.experiments.kinds import Options

    _supervise(ranks, max_restarts, overwrite=overwrite)
    changes = {"seed": seed, "trials": n_trials, "proxy": proxy and str(proxy.resolve())}
    found = _read(file, executor, {k: v for k, v in changes.items() if v is not None})
    if found is None:
        return
    entry, table = found
    _refuse(
        entry,
        str(file),
        {"--n-trials": n_trials, "--timeout": timeout, "--proxy": proxy, "--fork": fork,
         "--from-optuna": from_optuna, "--study-name": study_name},
    )  # fmt: skip
    options = Options(
        workers, executor, timeout, ranks_per_trial, fork, from_optuna, study_name,
        overwrite=overwrite, visible=_visible(), command=_command(),
    )  # fmt: skip
    print_shown(entry.load().run(table, file, out or Path("runs") / file.stem, options), form)


@app.command()
def train(
    env: EnvArgument,
    algo: AlgorithmOption,
    steps: StepsOption,
    arguments: SetOption = None,
    options: LearnerOption = None,
    out: OutOption = None,
    seed: TrainingSeedOption = 0,
    envs: EnvsOption = 4,
    hidden: HiddenOption = "32,32",
    reward_scale: ScaleOption = 1.0,
    training_seeds: SeedsOption = None,
    validation_seeds: SeedsOption = None,
    validation_episodes: EpisodesOption = 20,
    evaluate_every: EveryOption = None,
    checkpoint_every: EveryOption = None,
    workers: WorkersOption = None,
    repeats: RepeatsOption = 1,
    ranks: RanksOption = None,
    max_restarts: RestartsOption = 0,
    overwrite: OverwriteOption = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Train a policy, as `simhelm run` does with a FILE of kind = "training".

    Episodes start from the environment's training seeds, policies are chosen on its validation
    seeds. The result depends neither on --workers nor on the number of MPI ranks.
    """
    from simhelm.experiments.kinds import Options, named

    _supervise(ranks, max_restarts, overwrite=overwrite)
    table = {
        "environment": {"id": env, **assignments(arguments, "--set")},
        "algorithm": algo, "steps": steps, "seed": seed, "envs": envs, "hidden": _widths(hidden),
        "reward_scale": reward_scale, "options": assignments(options, "--option"),
        "training_seeds": seed_pair(training_seeds, "--training-seeds"),
        "validation_seeds": seed_pair(validation_seeds, "--validation-seeds"),
        "validation_episodes": validation_episodes, "repeats": repeats,
        "evaluate_every": evaluate_every, "checkpoint_every": checkpoint_every,
    }  # fmt: skip
    how = Options(workers, overwrite=overwrite, visible=_visible(), command=_command())
    directory = out or Path("runs") / f"{env.rpartition('/')[2]}-{algo}"
    print_shown(named("training").load().run(table, Path("simhelm train"), directory, how), form)


@app.command()
def resume(
    directory: DirectoryArgument,
    form: FormatOption = OutputFormat.table,
    n_trials: TrialsOption = None,
    timeout: TimeoutOption = None,
    workers: WorkersOption = None,
    executor: ExecutorOption = None,
    ranks: RanksOption = None,
    ranks_per_trial: RanksPerTrialOption = 1,
    max_restarts: RestartsOption = 0,
) -> None:
    """Continue what DIR holds where it was stopped, as its command again would."""
    from simhelm.experiments.kinds import Options, of_directory

    _supervise(ranks, max_restarts)
    entry = of_directory(directory)
    _refuse(entry, str(directory), {"--n-trials": n_trials, "--timeout": timeout})
    changes = {} if n_trials is None else {"trials": n_trials}
    options = Options(
        workers, executor, timeout, ranks_per_trial,
        visible=_visible(), command=_command(), changes=changes,
    )  # fmt: skip
    print_shown(entry.load().resume(directory, options), form)


def _supervise(ranks: int | None, max_restarts: int, *, overwrite: bool = False) -> None:
    """Where it is asked for, run this command below mpiexec or again after crashes, and exit."""
    if overwrite and max_restarts:
        raise ConfigurationError(
            "--overwrite would begin anew after a crash; give it without --max-restarts"
        )
    if ranks is not None or max_restarts:
        from simhelm.cli.supervisor import supervise

        raise typer.Exit(supervise(ranks, max_restarts))


def _read(
    file: Path, executor: str | None, changes: Mapping[str, Any]
) -> tuple[Entry, dict[str, Any]] | None:
    """The kind and the table of a file; None on an MPI rank where rank 0 says what is wrong."""
    from simhelm.experiments.kinds import of_table
    from simhelm.experiments.ranks import is_helper
    from simhelm.experiments.schema import load_table

    try:
        return of_table({**load_table(file), **changes}, str(file))
    except ConfigurationError:
        if is_helper(executor):
            return None
        raise


def _refuse(entry: Entry, what: str, options: Mapping[str, Any]) -> None:
    """Stop at options that would mean nothing to what samples, steers or trains."""
    for option, value in options.items():
        if value is not None and entry.name != "study":
            raise ConfigurationError(f"{option} belongs to studies; {what} {entry.does}")


def _visible() -> bool:
    return log.isEnabledFor(logging.INFO)


def _command() -> str:
    return f"simhelm {shlex.join(sys.argv[1:])}"


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError:
        raise ConfigurationError(f"--hidden: expected widths such as 32,32, got {text!r}") from None

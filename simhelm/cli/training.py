"""The verbs ``train`` and ``evaluate``."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.cli.app import (
    FormatOption,
    OutputFormat,
    RanksOption,
    RestartsOption,
    app,
    interruptible,
    log,
    print_records,
)
from simhelm.cli.execution import execution_by, run_study, serve_other_ranks, supervise
from simhelm.core.errors import ConfigurationError, Interrupted

if TYPE_CHECKING:
    from simhelm.control.training.configuration import TrainingConfig
    from simhelm.control.training.train import FinishedTraining

EnvArgument = Annotated[str, typer.Argument(metavar="ENV", help="Id of an environment.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An argument of the environment."),
]
SeedsOption = Annotated[str | None, typer.Option(metavar="A:B", help="Seeds A to B - 1.")]


AlgorithmOption = Annotated[str, typer.Option(help="dqn, qrdqn, ppo or sac.")]
StepsOption = Annotated[int, typer.Option(help="Environment steps.", min=1)]
LearnerOption = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An argument of the algorithm."),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Directory; runs/<environment>-<algo> by default.")
]
SeedOption = Annotated[int, typer.Option(help="Of the training.", min=0)]
EnvsOption = Annotated[int, typer.Option(help="Environments stepped together.", min=1)]
HiddenOption = Annotated[str, typer.Option(help="Widths of the hidden layers.")]
ScaleOption = Annotated[float, typer.Option(help="Factor of the learner's rewards.")]
EpisodesOption = Annotated[int, typer.Option(help="Of each validation.", min=1)]
ValidationsOption = Annotated[
    int | None, typer.Option(help="Steps between validations; a tenth of all by default.")
]
CheckpointsOption = Annotated[
    int | None, typer.Option(help="Steps between checkpoints; a tenth of all by default.")
]
WorkersOption = Annotated[
    int, typer.Option(help="Processes that hold the environments, or run --repeats.", min=0)
]
RepeatsOption = Annotated[
    int, typer.Option(help="Independent trainings with the seeds from --seed on.", min=1)
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace the training in the directory.")
]


@app.command()
def train(
    env: EnvArgument,
    algo: AlgorithmOption,
    steps: StepsOption,
    arguments: SetOption = None,
    options: LearnerOption = None,
    out: OutOption = None,
    seed: SeedOption = 0,
    envs: EnvsOption = 4,
    hidden: HiddenOption = "32,32",
    reward_scale: ScaleOption = 1.0,
    training_seeds: SeedsOption = None,
    validation_seeds: SeedsOption = None,
    validation_episodes: EpisodesOption = 20,
    evaluate_every: ValidationsOption = None,
    checkpoint_every: CheckpointsOption = None,
    workers: WorkersOption = 0,
    repeats: RepeatsOption = 1,
    ranks: RanksOption = None,
    max_restarts: RestartsOption = 0,
    overwrite: OverwriteOption = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Train a policy; the same command again goes on where it was stopped.

    Episodes start from the environment's training seeds, policies are chosen on its validation
    seeds. The result depends neither on --workers nor on the number of MPI ranks.
    """
    if overwrite and max_restarts:
        raise ConfigurationError(
            "--overwrite would begin anew after a crash; give it without --max-restarts"
        )
    supervise(ranks, max_restarts)
    if _serve_other_ranks(repeats):
        return
    with _dismissing(repeats):
        config = _config(
            environment={"id": env, **_settings(arguments, "--set")},
            algorithm=algo, steps=steps, seed=seed, envs=envs, hidden=_widths(hidden),
            reward_scale=reward_scale, options=_settings(options, "--option"),
            training_seeds=_seed_pair(training_seeds, "--training-seeds"),
            validation_seeds=_seed_pair(validation_seeds, "--validation-seeds"),
            validation_episodes=validation_episodes,
            evaluate_every=evaluate_every, checkpoint_every=checkpoint_every,
        )  # fmt: skip
        directory = Path("runs") / f"{env.rpartition('/')[2]}-{algo}" if out is None else out
        if repeats > 1:
            _sweep(config, directory, repeats, workers, form, overwrite=overwrite)
        else:
            _train_one(config, directory, workers, form, overwrite=overwrite)


@app.command()
def evaluate(
    env: EnvArgument,
    policy: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="A policy file or training directory; may be repeated."),
    ],
    arguments: SetOption = None,
    seeds: SeedsOption = None,
    tolerance: Annotated[
        float | None, typer.Option(help="Episodes that end with a larger error failed.", min=0)
    ] = None,
    baselines: Annotated[
        str, typer.Option(help="all, none, or names separated by commas.")
    ] = "all",
    algo: Annotated[str | None, typer.Option(help="Of a .zip of Stable-Baselines3.")] = None,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Read .zip files, which can run any program when read."),
    ] = False,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Play test episodes with policies and with every baseline, and print both.

    Without --seeds: the first 100 of the environment's test seeds.
    """
    from simhelm.control.environments import make_environment
    from simhelm.control.training.evaluation import evaluate as play
    from simhelm.control.training.foreign import load_policy
    from simhelm.envs.seed_ranges import seed_ranges_of
    from simhelm.experiments.terminal import progress_bar

    loaded = {_title(path): load_policy(path, algorithm=algo, trust=trust) for path in policy}
    given = _trained_on(env, list(loaded.values())) | _settings(arguments, "--set")
    made = make_environment(env, given)
    pair = _seed_pair(seeds, "--seeds")
    chosen = seed_ranges_of(made)["test"][:100] if pair is None else range(*pair)
    _refuse_seen_seeds(loaded, chosen)
    names = {"all": None, "none": []}.get(baselines, baselines.split(","))
    with interruptible(), progress_bar(enabled=log.isEnabledFor(logging.INFO)) as progress:
        found = play(made, loaded, chosen, tolerance=tolerance, baselines=names, progress=progress)
    made.close()
    _print_evaluation(found, env, chosen, form)


def _settings(words: Sequence[str] | None, option: str) -> dict[str, Any]:
    """``NAME=VALUE`` as a dictionary; values are JSON where they can be, else text.

    Raises:
        ConfigurationError: a word without a name.
    """
    found: dict[str, Any] = {}
    for word in words or ():
        name, sign, text = word.partition("=")
        if not (name.isidentifier() and sign):
            raise ConfigurationError(f"{option}: expected NAME=VALUE, got {word!r}")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def show(directory: Path, form: OutputFormat) -> None:
    """Print the validations of a finished training."""
    from simhelm.control.training.train import read_training

    _print_training(read_training(directory), form)


def report(directory: Path) -> Path:
    """Write report.html of a training, finished or not."""
    from simhelm.control.training.report import write_report

    return write_report(directory)


def resume(directory: Path, form: OutputFormat) -> None:
    """Go on with the training in a directory."""
    from simhelm.control.training.run_files import TrainingDirectory

    config = TrainingDirectory(directory).stored_config()
    if _serve_other_ranks(1):
        return
    with _dismissing(1):
        _train_one(config, directory, 0, form, overwrite=False)


def is_training(directory: Path) -> bool:
    """Whether the directory holds a training."""
    from simhelm.control.training.run_files import TrainingDirectory

    return TrainingDirectory(directory).is_training


def _config(**table: Any) -> TrainingConfig:
    from simhelm.control.training.configuration import resolve_training

    return resolve_training(table)


def _train_one(
    config: TrainingConfig, directory: Path, workers: int, form: OutputFormat, *, overwrite: bool
) -> None:
    from simhelm.control.training.run_files import TrainingStopped
    from simhelm.control.training.train import TrainingExecution
    from simhelm.control.training.train import train as run
    from simhelm.core.cancellation import Cancellation
    from simhelm.envs.vector import EnvironmentFailed
    from simhelm.experiments.signals import signals
    from simhelm.experiments.terminal import progress_bar

    stop = Cancellation()
    visible = log.isEnabledFor(logging.INFO)
    with signals(stop) as received, progress_bar(enabled=visible) as progress:
        execution = TrainingExecution(
            workers, _communicator(), progress, stop, f"simhelm {shlex.join(sys.argv[1:])}"
        )
        try:
            finished = run(config, directory, overwrite=overwrite, execution=execution)
        except EnvironmentFailed as error:
            raise _failed(error) from error
        except TrainingStopped:
            raise Interrupted(
                f"interrupted, everything is saved: `simhelm resume {directory}` goes on",
                received() or 2,
            ) from None
    _print_training(finished, form)
    log.info("policy: %s", directory / "policy.npz")


def _failed(error: Exception) -> Exception:
    from simhelm.core.errors import SimhelmError

    return SimhelmError(str(error))


def _sweep(
    config: TrainingConfig,
    directory: Path,
    repeats: int,
    workers: int,
    form: OutputFormat,
    *,
    overwrite: bool,
) -> None:
    from simhelm.control.training.sweep import sweep_study

    if overwrite:
        raise ConfigurationError("--overwrite replaces one training; remove a sweep by hand")
    command = f"simhelm {shlex.join(sys.argv[1:])}"
    problem, study = sweep_study(config, directory, repeats, command=command)
    run_study(study, execution_by(max(1, workers), None), form, _print_sweep)
    places = " ".join(f"--policy {problem.place(seed)}" for seed in problem.seeds)
    log.info("judge all of them: simhelm evaluate %s %s", config.environment.id, places)


def _serve_other_ranks(repeats: int) -> bool:
    """Hold environments, or evaluate trials, until rank 0 is done, and give True; there False."""
    from simhelm.calibration.study.mpi import inside_mpi_job

    if repeats > 1:
        return serve_other_ranks(None)
    if not inside_mpi_job():
        return False
    from simhelm.calibration.study.mpi import world
    from simhelm.envs.vector import serve_environments
    from simhelm.experiments.signals import left_to_rank_0

    if world().rank == 0:
        return False
    with left_to_rank_0():
        serve_environments(world())
    return True


@contextlib.contextmanager
def _dismissing(repeats: int) -> Iterator[None]:
    """On rank 0: let the other ranks go at the end, come what may."""
    try:
        yield
    finally:
        from simhelm.calibration.study.mpi import dismiss, inside_mpi_job, world
        from simhelm.envs.vector import dismiss_ranks

        if inside_mpi_job():
            (dismiss if repeats > 1 else dismiss_ranks)(world())


def _communicator() -> Any:
    from simhelm.calibration.study.mpi import inside_mpi_job, world

    return world() if inside_mpi_job() else None


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError:
        raise ConfigurationError(f"--hidden: expected widths such as 32,32, got {text!r}") from None


def _seed_pair(text: str | None, name: str) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, stop = text.partition(":")
    if not (first.isdecimal() and stop.isdecimal() and int(first) < int(stop)):
        raise ConfigurationError(f"{name}: expected A:B with 0 <= A < B, got {text!r}")
    return int(first), int(stop)


def _title(path: Path) -> str:
    """What tables call a policy: the end of its path that tells it from others."""
    return "/".join(path.parts[-2:])


def _trained_on(env: str, policies: list[Any]) -> dict[str, Any]:
    """The arguments that a policy was trained with, if it was trained on this environment."""
    found: dict[str, Any] = {}
    for policy in policies:
        trained = policy.metadata.environment
        if trained == env:
            found = dict(policy.metadata.arguments)
        elif trained:
            log.warning("this policy was trained on %s, not on %s", trained, env)
    return found


def _refuse_seen_seeds(policies: dict[str, Any], seeds: range) -> None:
    for name, policy in policies.items():
        seen = policy.metadata.training_seeds
        if seen is not None and max(seen[0], seeds.start) < min(seen[1], seeds.stop):
            raise ConfigurationError(
                f"--seeds {seeds.start}:{seeds.stop}: {name} was trained on the seeds "
                f"{seen[0]}:{seen[1]}; a test must use others"
            )


def _print_training(finished: FinishedTraining, form: OutputFormat) -> None:
    rows = [
        {**entry, "chosen": "yes" if entry == finished.best else ""}
        for entry in finished.validations
    ]
    print_records(rows, form, title=f"Validations in {finished.path}")


def _print_sweep(view: Any, form: OutputFormat) -> None:
    """Every training, none singled out: which seed is best nobody knows beforehand."""
    rows = [
        {
            "training seed": trial.config["training_seed"],
            "end": (trial.end_reason.label if trial.end_reason else "not done"),
            **trial.values,
        }
        for trial in sorted(view.trials(), key=lambda trial: int(trial.config["training_seed"]))
    ]
    print_records(rows, form, title=view.definition["config"]["title"])


def _print_evaluation(found: Any, env: str, seeds: range, form: OutputFormat) -> None:
    from simhelm.control.training.evaluation import cells

    if form is OutputFormat.json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2, allow_nan=False))
        return
    rows = [cells(row, found.judged) for row in found.rows]
    tolerance = "" if found.tolerance is None else f", tolerance {found.tolerance:g}"
    title = f"{env}, seeds {seeds.start}:{seeds.stop}{tolerance}; 95 % bootstrap intervals"
    print_records(rows, form, title=title)
    if form is OutputFormat.table:
        typer.echo(found.verdict)

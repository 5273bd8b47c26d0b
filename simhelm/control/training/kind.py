"""Trainings and sweeps of them, as the verbs of the command line see them."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simhelm.calibration import StudyView
from simhelm.control.training.configuration import TrainingConfig, parse_training
from simhelm.control.training.report import report_page, write_report
from simhelm.control.training.run_files import POLICY, TrainingDirectory, TrainingStopped
from simhelm.control.training.sweep import STUDY, stored_sweep, sweep_study
from simhelm.control.training.train import (
    FinishedTraining,
    TrainingExecution,
    read_training,
    train,
)
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError, DirectoryError, Interrupted, SimhelmError
from simhelm.envs.vector import EnvironmentFailed, dismiss_ranks, serve_environments
from simhelm.experiments.kinds import Kind, Options, Shown, Status, named
from simhelm.experiments.lock import owner
from simhelm.experiments.ranks import inside_mpi_job, leading, world
from simhelm.experiments.signals import signals
from simhelm.experiments.terminal import progress_bar

log = logging.getLogger("simhelm")


class _Trainings:
    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        # Paths of a command line stay as they are: they start where it is given.
        folder = file.parent if file.is_file() else None
        define = functools.partial(parse_training, table, str(file), folder)
        if table.get("repeats", 1) != 1:
            return _sweep(define, directory, options)
        with leading(None, serve_environments, dismiss_ranks) as leads:
            return _train(define(), directory, options) if leads else []

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        files = TrainingDirectory(directory)
        with leading(None, serve_environments, dismiss_ranks) as leads:
            if not leads:
                return []
            if files.is_finished:
                log.info("%s: the training is complete", directory)
                return [self.show(directory)]
            return _train(files.stored_config(), directory, options)

    def status(self, directory: Path) -> Status:
        files = TrainingDirectory(directory)
        config = files.stored_config()
        title = f"{config.algorithm} on {config.environment.id}"
        return Status(title, owner(directory), files.steps, config.steps, "steps")

    def show(self, directory: Path, **selection: Any) -> Shown:
        return _shown(read_training(directory))

    def report(self, directory: Path) -> Path:
        return write_report(directory)

    def page(self, directory: Path) -> str:
        return report_page(directory)


class _Sweeps:
    """Studies of trainings; their table has one row per training."""

    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        return TRAINING.run(table, file, directory, options)

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        return _sweep(lambda: stored_sweep(directory), directory, options)

    def status(self, directory: Path) -> Status:
        return _studies().status(directory / STUDY)

    def show(self, directory: Path, **selection: Any) -> Shown:
        if any(selection.values()):
            return _studies().show(directory / STUDY, **selection)
        return _trainings_of(StudyView(directory / STUDY))

    def report(self, directory: Path) -> Path:
        return _studies().report(directory / STUDY)

    def page(self, directory: Path) -> str:
        return _studies().page(directory / STUDY)


TRAINING, SWEEPS = _Trainings(), _Sweeps()


def _studies() -> Kind:
    return named("study").load()


def _train(config: TrainingConfig, directory: Path, options: Options) -> list[Shown]:
    stop = Cancellation()
    with signals(stop) as received, progress_bar(enabled=options.visible) as progress:
        communicator = world() if inside_mpi_job() else None
        execution = TrainingExecution(
            options.workers or 0, communicator, progress, stop, options.command
        )
        try:
            finished = train(config, directory, overwrite=options.overwrite, execution=execution)
        except EnvironmentFailed as error:
            raise SimhelmError(str(error)) from error
        except TrainingStopped:
            raise Interrupted(
                f"interrupted, everything is saved: `simhelm resume {directory}` continues it",
                received() or 2,
            ) from None
    log.info("policy: %s", directory / POLICY)
    return [_shown(finished)]


def _shown(finished: FinishedTraining) -> Shown:
    rows = [
        {**entry, "chosen": "yes" if entry == finished.best else ""}
        for entry in finished.validations
    ]
    return Shown(f"Validations in {finished.path}", rows)


def _sweep(define: Callable[[], TrainingConfig], directory: Path, options: Options) -> list[Shown]:
    if options.overwrite:
        raise ConfigurationError("--overwrite replaces one training; remove a sweep by hand")
    command = _first_command(directory) or options.command
    studies: Any = _studies()
    study = studies.execute(lambda: sweep_study(define(), directory, command=command), options)
    if study is None:
        return []
    sweep = study.definition.problem
    policies = " ".join(f"--policy {sweep.place(seed)}" for seed in sweep.seeds)
    environment = sweep.config.environment.id
    log.info("judge all of them: simhelm evaluate %s %s", environment, policies)
    return [_trainings_of(study.view())]


def _first_command(directory: Path) -> str | None:
    """By which a sweep was begun: its study knows itself by it; None before."""
    with contextlib.suppress(DirectoryError, KeyError):
        identity = StudyView(directory / STUDY).property("identity")
        return str(identity["problem"]["arguments"]["command"])
    return None


def _trainings_of(view: StudyView) -> Shown:
    """Every training, none singled out: which seed is best is known in hindsight only."""
    rows = [
        {
            "training seed": trial.config["training_seed"],
            "end": trial.end_reason.label if trial.end_reason else "not done",
            **trial.values,
        }
        for trial in sorted(view.trials(), key=lambda trial: int(trial.config["training_seed"]))
    ]
    return Shown(view.definition["config"]["title"], rows)

"""Independent trainings with several seeds, run by the study engine."""

from __future__ import annotations

from pathlib import Path

from simhelm.calibration import Study
from simhelm.control.training.configuration import TrainingConfig
from simhelm.control.training.train import TrainingExecution, train
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import DirectoryError
from simhelm.core.problem import Config, Description, Metrics, Output, Parameter, Problem
from simhelm.experiments.directory import Layout, read_json, subdirectory

_SEED = "training_seed"
SWEEP, STUDY = "sweep.json", "study"
LAYOUT = Layout("sweep", SWEEP)
# No sum of rewards is beyond this.
_HUGE = 1e15


class TrainingSweep(Problem):
    """One training per trial; the only parameter is the training's seed.

    Args:
        config: of every training, but for the seed.
        directory: where the trainings' directories are made.
        seeds: of the trainings, in order.
        command: what the user wrote.
    """

    def __init__(
        self, config: TrainingConfig, directory: Path, seeds: tuple[int, ...], command: str = ""
    ) -> None:
        self.config, self.directory, self.seeds = config, directory, seeds
        self.command = command
        self.description = Description(
            name="TrainingSweep",
            parameters=(Parameter(_SEED, "categorical", seeds[0], choices=seeds),),
            outputs=(
                Output("validation_reward", "1", -_HUGE, _HUGE, "of the policy that was kept"),
                Output("last_validation_reward", "1", -_HUGE, _HUGE, "of the policy at the end"),
            ),
            objective="validation_reward",
            direction="maximize",
            worst_objective=-_HUGE,
            work_unit="environment steps",
            full_budget=config.steps,
        )

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Train, or resume a training that was interrupted."""
        self.check_config(config)
        chosen = int(config[_SEED])
        finished = train(
            self.config.model_copy(update={"seed": chosen}),
            subdirectory(self.place(chosen)),
            execution=TrainingExecution(command=self.command),
        )
        last = finished.validations[-1]
        values = {
            "validation_reward": finished.best["mean_reward"],
            "last_validation_reward": last["mean_reward"],
        }
        return Metrics(values, EndReason.COMPLETED, float(last["steps"]))

    def place(self, seed: int) -> Path:
        """The directory of one training."""
        return self.directory / f"seed-{seed}"


def sweep_study(config: TrainingConfig, directory: Path, *, command: str = "") -> Study:
    """A study of ``config.repeats`` trainings with the seeds from ``config.seed`` on.

    Raises:
        ConfigurationError: the directory holds another sweep.
    """
    # The study knows the seeds only.
    identity = {"config": config.model_dump(mode="json"), "repeats": config.repeats}
    with LAYOUT.claimed(directory, identity):
        pass
    seeds = tuple(range(config.seed, config.seed + config.repeats))
    return Study.of(
        TrainingSweep(config, directory.resolve(), seeds, command),
        subdirectory(directory / STUDY),
        title=f"{config.algorithm} on {config.environment.id}",
        seed=config.seed,
        trials=config.repeats,
        batch=config.repeats,
        baselines=[],
        initial=[{_SEED: seed} for seed in seeds],
        sampler={"name": "RandomSampler"},
    )


def stored_sweep(directory: Path) -> TrainingConfig:
    """What a directory sweeps.

    Raises:
        DirectoryError: no sweep there, or a corrupt one.
    """
    content = read_json(directory / SWEEP)
    try:
        return TrainingConfig.model_validate({**content["config"], "repeats": content["repeats"]})
    except (ValueError, KeyError, TypeError) as error:
        raise DirectoryError(f"{directory / SWEEP}: corrupt: {error}") from error

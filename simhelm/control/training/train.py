"""Train a policy in a directory; the same call again resumes where it was stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from simhelm.agents.policy import Policy, PolicyMetadata
from simhelm.agents.samplers.isolation import isolated
from simhelm.control.environments import make_environment
from simhelm.control.training.algorithms import make_model
from simhelm.control.training.checkpoint import restore
from simhelm.control.training.configuration import TrainingConfig
from simhelm.control.training.episodes import make_training_env
from simhelm.control.training.run_files import (
    FINISHED,
    LAYOUT,
    POLICY,
    PROVENANCE,
    TrainingDirectory,
    identity_of,
)
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError
from simhelm.core.torch_threads import single_thread
from simhelm.experiments.atomic_write import write_json
from simhelm.experiments.provenance import installed, versions

_TRAINED_BY = ("simhelm", "numpy", "gymnasium", "stable-baselines3", "sb3-contrib", "torch")
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TrainingExecution:
    """How a training is run; nothing here changes its result.

    Attributes:
        workers: processes that hold the environments; 0: this one.
        communicator: an MPI communicator whose ranks hold them instead; the other ranks are in
            :func:`simhelm.envs.vector.serve_environments`.
        progress: called with (steps done, steps in all, name).
        stop: asks the training to save its state and end.
        command: what the user wrote, for the metadata.
    """

    workers: int = 0
    communicator: Any = None
    progress: Callable[[int, int, str], None] = lambda done, total, name: None
    stop: Cancellation = dataclasses.field(default_factory=Cancellation)
    command: str = ""


@dataclasses.dataclass(frozen=True)
class FinishedTraining:
    """A complete training.

    Attributes:
        path: its directory.
        policy: the one of the best validation.
        validations: in their order: steps, mean_reward, mean_cost, failures, episodes.
        best: the validation that chose the policy.
    """

    path: Path
    policy: Policy
    validations: list[dict[str, Any]]
    best: dict[str, Any]


def train(
    config: TrainingConfig,
    directory: str | Path,
    *,
    overwrite: bool = False,
    execution: TrainingExecution | None = None,
) -> FinishedTraining:
    """Train a policy.

    Args:
        config: what to train (see :func:`~simhelm.control.parse_training`).
        directory: where everything is kept, made if needed.
        overwrite: replace another training there.
        execution: who holds the environments, progress, stop.

    Raises:
        ConfigurationError: the directory holds something else, or the algorithm refuses the
            environment or its options.
        DirectoryError: training cannot resume from a checkpoint.
        StudyLocked: another process holds the lock of the directory.
        TrainingStopped: ``execution.stop`` was set.
        EnvironmentFailed: an environment raised an exception.
    """
    files = TrainingDirectory(Path(directory))
    with LAYOUT.claimed(files.path, identity_of(config), overwrite=overwrite) as complete:
        if not complete:
            with _deterministic(config.seed):
                _train(config, files, execution or TrainingExecution())
    return read_training(files.path)


def read_training(path: Path) -> FinishedTraining:
    """A complete training, read back.

    Raises:
        DirectoryError: there is none.
    """
    content = TrainingDirectory(path).finished()
    policy = Policy.load(path / POLICY)
    return FinishedTraining(path, policy, content["validations"], content["best"])


def _train(config: TrainingConfig, files: TrainingDirectory, execution: TrainingExecution) -> None:
    from stable_baselines3.common.logger import configure

    from simhelm.control.training.callback import TrainingCallback

    env = make_environment(config.environment.id, config.environment.arguments)
    metadata = _metadata(config, env, execution.command)
    write_json(files.path / PROVENANCE, {"command": execution.command, "versions": versions()})
    callback = TrainingCallback(config, files, env, metadata, execution.progress, execution.stop)
    vector = _vector(config, execution)
    try:
        model = _model(config, vector)
        model.set_logger(configure(str(files.tensorboard), ["tensorboard"]))
        if (found := files.newest()) is not None:
            # Buffers that learn() would make at its first call.
            model._setup_learn(0, None, reset_num_timesteps=True)
            restore(model, *found)
            callback.resume(found[0])
            log.info("resuming after %d steps", model.num_timesteps)
        left = config.steps - model.num_timesteps
        if left > 0:
            # Their count begins where the model's stands.
            model.learn(left, callback=callback, reset_num_timesteps=False, log_interval=10)
        else:
            callback.init_callback(model)
        callback.num_timesteps = model.num_timesteps
        write_json(files.path / FINISHED, callback.finish())  # last: only a complete one has it
        model.logger.close()
    finally:
        vector.close()
        env.close()


def _vector(config: TrainingConfig, execution: TrainingExecution) -> Any:
    from simhelm.control.training.batched import batched_env
    from simhelm.envs.vector.sb3 import LocalVecEnv, MPIVecEnv, ProcessVecEnv

    environment, seeds = config.environment, range(*config.training_seeds)
    kind = environment.id, environment.arguments
    makers = [functools.partial(make_training_env, *kind, seeds, config.reward_scale)] * config.envs
    if execution.communicator is not None:
        return MPIVecEnv(makers, execution.communicator)
    if execution.workers:
        return ProcessVecEnv(makers, execution.workers)
    together = batched_env(*kind, config.envs, seeds, config.reward_scale)
    return LocalVecEnv(makers) if together is None else together


def _model(config: TrainingConfig, vector: Any) -> Any:
    from simhelm.agents.export import policy_of

    try:
        model = make_model(
            config.algorithm, vector, steps=config.steps, seed=config.seed, hidden=config.hidden,
            options=config.options,
        )  # fmt: skip
        # What cannot be exported in the end is refused now.
        policy_of(model)
    except (AssertionError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{config.algorithm}: {error}") from error
    # Series of episodes: neighbouring seeds of trainings must not share any.
    vector.seed(int(np.random.SeedSequence(config.seed, spawn_key=(1,)).generate_state(1)[0]))
    return model


def _metadata(config: TrainingConfig, env: Any, command: str) -> PolicyMetadata:
    values = getattr(env.unwrapped, "arm_values", None)
    discrete = type(env.action_space).__name__ == "Discrete"
    return PolicyMetadata(
        environment=config.environment.id,
        arguments=config.environment.arguments,
        algorithm=config.algorithm,
        training_seeds=config.training_seeds,
        seed=config.seed,
        steps=config.steps,
        action_values=None if values is None or not discrete else tuple(map(float, values)),
        command=command,
        versions={name: found for name in _TRAINED_BY if (found := installed(name))},
    )


@contextlib.contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """Global generators that Stable-Baselines3 seeds are put back; torch computes on one thread."""
    import torch

    state = torch.get_rng_state()
    words = np.random.SeedSequence(seed).generate_state(5).astype(np.uint32)
    with isolated(words), warnings.catch_warnings(), single_thread():
        try:
            yield
        finally:
            torch.set_rng_state(state)

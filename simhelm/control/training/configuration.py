"""What a training is: environment, algorithm, budget, seeds."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from simhelm.control.environments import EnvironmentTable, complete_arguments, make_environment
from simhelm.control.training.algorithms import algorithm_class
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError
from simhelm.envs.seed_ranges import check_disjoint, seed_ranges_of
from simhelm.experiments.schema import Strict, Text, validated

AlgorithmName = Literal["dqn", "ppo", "sac", "qrdqn"]
Count = Annotated[int, pydantic.Field(ge=1, le=10_000_000_000)]
Seeds = tuple[Annotated[int, pydantic.Field(ge=0)], Annotated[int, pydantic.Field(ge=1)]]
Option = bool | int | float | str | None

# Arguments of the algorithms that are decided here.
_DECIDED = {
    "self", "policy", "env", "seed", "device", "verbose", "tensorboard_log", "policy_kwargs",
    "replay_buffer_class", "replay_buffer_kwargs", "rollout_buffer_class",
    "rollout_buffer_kwargs", "_init_setup_model", "action_noise", "optimize_memory_usage",
    "use_sde", "sde_sample_freq", "use_sde_at_warmup",
}  # fmt: skip


class TrainingConfig(Strict):
    """A training, the content of a TOML file; equal configurations give equal policies.

    Attributes:
        environment: id and arguments.
        algorithm: dqn, qrdqn (discrete actions), sac (continuous ones) or ppo (both).
        steps: environment steps; the algorithm may exceed them by less than a rollout.
        seed: everything random follows from it, but the episodes' seeds' range.
        envs: environments stepped together; it changes the results, who holds them does not.
        hidden: widths of the hidden layers (ReLU between them).
        reward_scale: rewards are multiplied by it before the learner sees them.
        options: further arguments of the algorithm.
        training_seeds, validation_seeds: (first, one past the last) seed of the episodes.
        validation_episodes: how many of the validation seeds, from the first on, are used.
        evaluate_every, checkpoint_every: steps between two of them, at least.
        repeats: independent trainings with the seeds from ``seed`` on, a sweep; no part of what
            identifies a single training, so it is never stored with one.
    """

    model_config = pydantic.ConfigDict(strict=False)  # lists of JSON become tuples

    environment: EnvironmentTable
    algorithm: AlgorithmName
    steps: Count
    seed: Annotated[int, pydantic.Field(ge=0, lt=2**63)] = 0
    envs: Annotated[int, pydantic.Field(ge=1, le=10_000)] = 4
    hidden: Annotated[tuple[Annotated[int, pydantic.Field(ge=1, le=10_000)], ...], pydantic.Field(min_length=1)] = (32, 32)  # fmt: skip  # noqa: E501
    reward_scale: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0
    options: dict[Text, Option] = {}
    training_seeds: Seeds
    validation_seeds: Seeds
    validation_episodes: Count = 20
    evaluate_every: Count
    checkpoint_every: Count
    repeats: Annotated[int, pydantic.Field(ge=1, le=10_000, exclude=True)] = 1


def parse_training(
    table: Mapping[str, Any], where: str = "training", folder: Path | None = None
) -> TrainingConfig:
    """The configuration with every default filled in.

    Args:
        table: the attributes of :class:`TrainingConfig`; seeds and intervals may be left out, and
            ``kind = "training"`` may stand there.
        where: what messages begin with, such as the path of a TOML file.
        folder: where relative paths among the environment's arguments start; None leaves them.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    given = {key: value for key, value in table.items() if value is not None and key != "kind"}
    steps = given.get("steps")
    tenth = max(1, steps // 10) if isinstance(steps, int) else 1
    unknown = (0, 1)  # until the environment is made
    defaults = {
        "evaluate_every": tenth, "checkpoint_every": tenth,
        "training_seeds": unknown, "validation_seeds": unknown,
    }  # fmt: skip
    config = validated(TrainingConfig, {**defaults, **given}, where)
    if folder is not None:
        config = config.model_copy(update={"environment": _absolute(config, where, folder)})
    config = config.model_copy(update=_seed_ranges(config, given, where))
    _check_options(config, where)
    return config


resolve_training = parse_training  # its name in version 0.1.0


def _absolute(config: TrainingConfig, where: str, folder: Path) -> EnvironmentTable:
    """The environment with absolute paths; its defaults are left out, as on the command line."""
    given = config.environment
    complete = complete_arguments(given, f"{where}: environment", folder).arguments
    return EnvironmentTable(id=given.id, **{name: complete[name] for name in given.arguments})


def _seed_ranges(
    config: TrainingConfig, given: Mapping[str, Any], where: str
) -> dict[str, tuple[int, int]]:
    """The seeds that were given, else the environment's; none of them is a test seed."""
    environment = config.environment
    env = make_environment(environment.id, environment.arguments, f"{where}: {environment.id}")
    try:
        ranges = dict(seed_ranges_of(env))
        for purpose in ("training", "validation"):
            if f"{purpose}_seeds" in given:
                ranges[purpose] = _given_range(config, f"{purpose}_seeds")
        check_disjoint(ranges)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{where}: {error}") from error
    finally:
        env.close()
    return {
        f"{purpose}_seeds": (ranges[purpose].start, ranges[purpose].stop)
        for purpose in ("training", "validation")
    }


def _given_range(config: TrainingConfig, name: str) -> range:
    first, stop = getattr(config, name)
    if first >= stop:
        raise ValueError(f"{name}: expected first < last, got {first}:{stop}")
    return range(first, stop)


def _check_options(config: TrainingConfig, where: str) -> None:
    """Refuse arguments that the algorithm does not have."""
    signature = inspect.signature(algorithm_class(config.algorithm).__init__)
    known = sorted(set(signature.parameters) - _DECIDED)
    for name in config.options:
        if name not in known:
            raise ConfigurationError(
                f"{where}: {config.algorithm}: unknown option {name!r}; expected some of {known}"
                + did_you_mean(name, known)
            )

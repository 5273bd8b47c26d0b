"""What a training is: environment, algorithm, budget, seeds."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from simhelm.control.configuration import EnvironmentTable
from simhelm.control.environments import make_environment
from simhelm.control.training.algorithms import ALGORITHMS, algorithm_class
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
    """A training; equal configurations give equal policies.

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


def resolve_training(table: Mapping[str, Any]) -> TrainingConfig:
    """The configuration with every default filled in.

    Args:
        table: its attributes; seeds and intervals may be left out.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    filled = {key: value for key, value in table.items() if value is not None}
    if filled.get("algorithm") not in ALGORITHMS:
        name = str(filled.get("algorithm"))
        hint = did_you_mean(name, ALGORITHMS)
        raise ConfigurationError(f"--algo: expected one of {sorted(ALGORITHMS)}, got {name}{hint}")
    environment = validated(EnvironmentTable, dict(filled["environment"]), "environment")
    env = make_environment(environment.id, environment.arguments)
    try:
        ranges = seed_ranges_of(env)
        for purpose in ("training", "validation"):
            own = ranges[purpose]
            filled.setdefault(f"{purpose}_seeds", (own.start, own.stop))
        seeds = {purpose: range(*filled[f"{purpose}_seeds"]) for purpose in ("training", "validation")}  # fmt: skip  # noqa: E501
        check_disjoint({**seeds, "test": ranges["test"]})
    except (ValueError, TypeError) as error:
        raise ConfigurationError(str(error)) from error
    finally:
        env.close()
    steps = int(filled.get("steps", 0))
    filled.setdefault("evaluate_every", max(1, steps // 10))
    filled.setdefault("checkpoint_every", max(1, steps // 10))
    config = validated(TrainingConfig, filled, "training")
    _check_seeds(config)
    _check_options(config)
    return config


def parse_training(table: Mapping[str, Any], where: str) -> TrainingConfig:
    """Check the table of a file or of the command line.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    missing = [key for key in ("environment", "algorithm", "steps") if table.get(key) is None]
    if missing:
        raise ConfigurationError(f"{where}: {missing[0]} is missing: a training needs one")
    return resolve_training(table)


def _check_seeds(config: TrainingConfig) -> None:
    for name in ("training_seeds", "validation_seeds"):
        first, stop = getattr(config, name)
        if first >= stop:
            raise ConfigurationError(f"{name}: expected first < last, got {first}:{stop}")


def _check_options(config: TrainingConfig) -> None:
    """Refuse arguments that the algorithm does not have."""
    signature = inspect.signature(algorithm_class(config.algorithm).__init__)
    known = sorted(set(signature.parameters) - _DECIDED)
    for name in config.options:
        if name not in known:
            raise ConfigurationError(
                f"{config.algorithm}: unknown option {name!r}; expected some of {known}"
                + did_you_mean(name, known)
            )

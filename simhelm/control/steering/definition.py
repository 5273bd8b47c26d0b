"""A steering run: its file, strictly read, and the contenders that steer the environment."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import gymnasium
import numpy as np
import pydantic
from numpy.typing import NDArray

from simhelm.agents.bandits import load_learner
from simhelm.control.environments import (
    EnvironmentTable,
    chosen_baselines,
    complete_arguments,
    make_environment,
)
from simhelm.core.errors import ConfigurationError
from simhelm.envs.baseline import Baseline
from simhelm.experiments.schema import NamedTable, Strict, Text, checked_arguments, validated

Floats = NDArray[np.float64]
# Arguments of learners that the environment and the seed of the run decide.
_FILLED_IN = ("arm_values", "context_bounds", "seed")


class LearnerTable(NamedTable):
    """``[[learner]]``: a bandit by class name, an optional label, and its options."""

    name: Text
    label: Text | None = None

    @property
    def title(self) -> str:
        """What tables call it."""
        return self.label or self.name


class SteeringConfig(Strict):
    """A run file: learners steer an environment next to its baselines.

    Attributes:
        title: heading of the report.
        seed: everything random follows from it.
        repeats: independent runs of every learner.
        baselines: ``"all"``, ``"none"``, or some of the names that the environment's
            ``baselines()`` gives (a wrong name is answered with all of them).
        environment, learner: see their classes.
    """

    title: Text = "simhelm run"
    seed: Annotated[int, pydantic.Field(ge=0)] = 0
    repeats: Annotated[int, pydantic.Field(ge=1, le=1000)] = 1
    baselines: Literal["all", "none"] | list[str] = "all"
    environment: EnvironmentTable
    learner: list[LearnerTable] = pydantic.Field(default_factory=list)

    @pydantic.model_validator(mode="after")
    def _labels_differ(self) -> SteeringConfig:
        titles = [learner.title for learner in self.learner]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f'learners {twice} share a name; give each a label = "..." of its own')
        return self


def parse_steering(
    table: Mapping[str, Any], where: str = "configuration", folder: Path = Path()
) -> SteeringConfig:
    """The configuration of a run file, with every default filled in and every path absolute.

    Args:
        table: the content of the file.
        where: what messages begin with.
        folder: where relative paths start, that of the run file.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    config = validated(SteeringConfig, dict(table), where)
    environment = complete_arguments(config.environment, "[environment]", folder)
    learners = [_complete_learner(learner) for learner in config.learner]
    return config.model_copy(update={"environment": environment, "learner": learners})


def _complete_learner(table: LearnerTable) -> LearnerTable:
    where = f"[[learner]] {table.title}"
    try:
        kind = load_learner(table.name)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    options = checked_arguments(kind, table.arguments, where, skip=_FILLED_IN)
    return LearnerTable(name=table.name, label=table.label, **options)


@runtime_checkable
class Steerable(Protocol):
    """What bandits need of an unwrapped environment, in addition to Gymnasium's API.

    Its action space is Discrete, its observation an array whose first number is the context,
    and ``info`` of a step holds ``loss``, ``cost`` and ``end_reason``.
    """

    @property
    def arm_values(self) -> Floats:
        """What the actions stand for, shape (d,)."""

    @property
    def episode_length(self) -> int:
        """Steps of an episode."""

    @property
    def is_random(self) -> bool:
        """Whether the seed of ``reset`` matters."""

    @property
    def loss_name(self) -> str:
        """What the loss counts, in the plural, for tables and pictures."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences for the report."""

    def baselines(self) -> dict[str, Baseline]:
        """Named policies to compare with."""


def steerable(env: gymnasium.Env[Any, Any]) -> Steerable:
    """The unwrapped environment, checked.

    Raises:
        ConfigurationError: it lacks what bandits need.
    """
    inner: Any = env.unwrapped
    if not isinstance(env.action_space, gymnasium.spaces.Discrete):
        raise ConfigurationError(
            "this environment cannot be steered by bandits as configured: they need a Discrete "
            f"action space, it has {env.action_space}"
        )
    if not isinstance(inner, Steerable):
        raise ConfigurationError(
            "to be steered by bandits, an environment needs arm_values, episode_length, "
            "is_random, loss_name, remarks and baselines()"
        )
    return inner


@dataclasses.dataclass(frozen=True)
class Policy:
    """What steers: an action for an observation; the loss of that action goes to ``learn``."""

    act: Callable[[Floats], Any]
    learn: Callable[[float], object]


@dataclasses.dataclass(frozen=True)
class Contender:
    """One policy that a run compares.

    Attributes:
        name: for tables.
        kind: ``"learner"``, or the kind of a baseline (rule, fixed, oracle).
        repeats: independent runs.
        policy: of a repeat; one past the last repeat for a policy that is thrown away.
    """

    name: str
    kind: str
    repeats: int
    policy: Callable[[int], Policy]


def prepared(config: SteeringConfig) -> tuple[gymnasium.Env[Any, Any], list[Contender]]:
    """The environment of a configuration, and its baselines and learners.

    Raises:
        ConfigurationError: arguments out of range, files that cannot be read, an environment that
            bandits cannot steer, an unknown baseline, or illegal options of a learner.
    """
    table = config.environment
    env = make_environment(table.id, table.arguments, "[environment]")
    # Where nothing is random, a baseline's second run would be its first.
    runs = config.repeats if steerable(env).is_random else 1
    known = steerable(env).baselines()
    names = {"all": list(known), "none": []}.get(str(config.baselines), config.baselines)
    baselines = chosen_baselines([*names], known)
    contenders = [_baseline(name, known[name].kind, runs, env) for name in baselines]
    for learner in config.learner:
        if learner.title in baselines:
            raise ConfigurationError(f"label {learner.title!r} is the name of a baseline")
        contenders.append(_learner(learner, config, env))
    if not contenders:
        raise ConfigurationError("nothing to run: add a [[learner]] or baselines")
    return env, contenders


def _baseline(name: str, kind: str, repeats: int, env: gymnasium.Env[Any, Any]) -> Contender:
    """A baseline may keep a state, so every repeat asks the environment for a fresh one."""

    def policy(repeat: int) -> Policy:
        baseline = steerable(env).baselines()[name]
        return Policy(lambda observation: baseline.policy(), lambda loss: None)

    return Contender(name, kind, repeats, policy)


def _learner(
    table: LearnerTable, config: SteeringConfig, env: gymnasium.Env[Any, Any]
) -> Contender:
    """A bandit on the first number of the observation; its action is the arm's index.

    The bandits of all repeats are built here, which checks their options, and one to throw away.
    """
    kind = load_learner(table.name)
    options = dict(table.arguments)
    if kind.needs_context:
        space: Any = env.observation_space
        options["context_bounds"] = (float(space.low[0]), float(space.high[0]))
    arms = steerable(env).arm_values
    seeds = [seeds_of(config.seed, repeat)[1] for repeat in range(config.repeats + 1)]
    try:
        bandits = [kind(arms, seed=np.random.default_rng(seed), **options) for seed in seeds]
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"[[learner]] {table.title}: {error}") from error

    def policy(repeat: int) -> Policy:
        bandit = bandits[repeat]
        return Policy(lambda observation: bandit.act(float(observation[0])), bandit.learn)

    return Contender(table.title, "learner", config.repeats, policy)


def seeds_of(seed: int, repeat: int) -> tuple[int, np.random.SeedSequence]:
    """The environment's and the learners' seed of a repeat, the same for every contender."""
    environment, learner = np.random.SeedSequence(seed, spawn_key=(repeat,)).spawn(2)
    return int(environment.generate_state(1)[0]), learner

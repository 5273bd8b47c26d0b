"""Steer an environment by one policy and keep what happened, round by round."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from simhelm.agents.bandits import Bandit, load_learner
from simhelm.control import environments
from simhelm.control.configuration import EnvironmentTable, LearnerTable, SteeringConfig
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError
from simhelm.envs.baseline import Baseline
from simhelm.experiments.schema import checked_arguments

Floats = NDArray[np.float64]


@runtime_checkable
class Steerable(Protocol):
    """What an unwrapped environment needs, beside Gymnasium's API, to be steered by bandits.

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


class Policy(Protocol):
    """What steers: an action for an observation, and the loss of that action afterwards."""

    def act(self, observation: Floats) -> Any:
        """The action to take."""

    def learn(self, loss: float) -> None:
        """Its loss."""


@dataclasses.dataclass(frozen=True)
class BaselinePolicy:
    """A baseline of the environment; it does not learn."""

    baseline: Baseline

    def act(self, observation: Floats) -> Any:
        """The baseline's action in the environment's present state."""
        return self.baseline.policy()

    def learn(self, loss: float) -> None:
        """Nothing to learn."""


@dataclasses.dataclass(frozen=True)
class BanditPolicy:
    """A bandit on the first number of the observation."""

    bandit: Bandit

    def act(self, observation: Floats) -> int:
        """The arm's index, which is the action."""
        return self.bandit.act(float(observation[0]))

    def learn(self, loss: float) -> None:
        """Pass the loss on."""
        self.bandit.learn(loss)


@dataclasses.dataclass(frozen=True)
class Entrant:
    """One policy that a run compares.

    Attributes:
        name: for tables.
        kind: ``"learner"``, or the kind of a baseline (rule, fixed, oracle).
        repeats: independent runs.
        make: builds the policy for an environment from a seed sequence.
    """

    name: str
    kind: str
    repeats: int
    make: Callable[[gymnasium.Env[Any, Any], np.random.SeedSequence], Policy]


@dataclasses.dataclass(frozen=True, eq=False)
class Episode:
    """What one policy did in one episode; arrays have shape (rounds,).

    ``setting`` is the value of the chosen arm, ``loss`` what it is judged by (iterations, or
    the cap after a failure), ``cost`` the simulator's work units, ``seconds`` the wall-clock of
    the whole episode.
    """

    context: Floats
    setting: Floats
    loss: NDArray[np.int64]
    cost: NDArray[np.int64]
    end_reason: list[str]
    seconds: float


def steer(
    env: gymnasium.Env[Any, Any],
    policy: Policy,
    seed: int,
    advance: Callable[[int], None] = lambda rounds: None,
) -> Episode:
    """Run one episode; ``advance`` is told of finished rounds, now and then."""
    arm_values = steerable(env).arm_values
    rows: list[tuple[float, float, int, int]] = []
    reasons: list[str] = []
    start = time.perf_counter()
    observation, _ = env.reset(seed=seed)
    ended = False
    while not ended:
        context = float(observation[0])
        action = policy.act(observation)
        observation, _, terminated, truncated, info = env.step(action)
        policy.learn(info["loss"])
        rows.append((context, float(arm_values[action]), info["loss"], info["cost"]))
        reasons.append(info["end_reason"])
        ended = terminated or truncated
        if len(rows) % 500 == 0:
            advance(500)
    advance(len(rows) % 500)
    seconds = time.perf_counter() - start
    contexts, settings, losses, costs = (np.array(column) for column in zip(*rows, strict=True))
    return Episode(contexts, settings, losses, costs, reasons, seconds)


def resolve(config: SteeringConfig, folder: Path = Path()) -> SteeringConfig:
    """The configuration with every default filled in and every path absolute.

    Args:
        folder: where relative paths start, that of the run file.

    Raises:
        ConfigurationError: unknown environment or learner, unknown or ill-typed arguments.
    """
    spec = _environment_spec(config.environment.id)
    creator: Any = spec.entry_point
    if isinstance(creator, str):
        creator = gymnasium.envs.registration.load_env_creator(creator)
    given = config.environment.arguments
    arguments = checked_arguments(
        creator, given, "[environment]", skip=tuple(spec.kwargs), folder=folder
    )
    environment = EnvironmentTable(id=config.environment.id, **arguments)
    learners = [_resolved_learner(table) for table in config.learner]
    return config.model_copy(update={"environment": environment, "learner": learners})


def _environment_spec(name: str) -> EnvSpec:
    if name not in gymnasium.registry:
        ours = [key for key in gymnasium.registry if key.startswith("simhelm/")]
        raise ConfigurationError(
            f"environment.id: unknown environment {name!r}; expected one of {ours}"
            + did_you_mean(name, gymnasium.registry)
        )
    return gymnasium.registry[name]


def _resolved_learner(table: LearnerTable) -> LearnerTable:
    where = f"[[learner]] {table.title}"
    try:
        kind = load_learner(table.name)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    options = checked_arguments(kind, table.arguments, where, skip=_FILLED_IN)
    return LearnerTable(name=table.name, label=table.label, **options)


# Arguments of learners that the environment and the seed of the run decide.
_FILLED_IN = ("arm_values", "context_bounds", "seed")


def make_environment(config: SteeringConfig) -> gymnasium.Env[Any, Any]:
    """The environment of a resolved configuration.

    Raises:
        ConfigurationError: arguments out of range, files that cannot be read, or an environment
            that bandits cannot steer.
    """
    table = config.environment
    env = environments.make_environment(table.id, table.arguments, "[environment]")
    steerable(env)
    return env


def entrants(config: SteeringConfig, env: gymnasium.Env[Any, Any]) -> list[Entrant]:
    """The baselines and learners of a run file.

    Raises:
        ConfigurationError: a baseline or learner that does not exist, or illegal options.
    """
    # Where nothing is random, a baseline's second run would be its first.
    runs = config.repeats if steerable(env).is_random else 1
    baselines = [
        Entrant(name, baseline.kind, runs, _baseline_maker(name))
        for name, baseline in _chosen_baselines(config, env).items()
    ]
    learners = [_learner_entrant(table, config.repeats, env) for table in config.learner]
    if not baselines and not learners:
        raise ConfigurationError("nothing to run: add a [[learner]] or baselines")
    taken = {entrant.name for entrant in baselines}
    for entrant in learners:
        if entrant.name in taken:
            raise ConfigurationError(f"label {entrant.name!r} is the name of a baseline")
    return [*baselines, *learners]


def _chosen_baselines(config: SteeringConfig, env: gymnasium.Env[Any, Any]) -> dict[str, Baseline]:
    known = steerable(env).baselines()
    if config.baselines == "all":
        return known
    names = [] if config.baselines == "none" else list(config.baselines)
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"baselines: unknown baseline {name!r}; expected some of {sorted(known)}"
                + did_you_mean(name, known)
            )
    return {name: known[name] for name in names}


def _baseline_maker(
    name: str,
) -> Callable[[gymnasium.Env[Any, Any], np.random.SeedSequence], Policy]:
    def make(env: gymnasium.Env[Any, Any], seed: np.random.SeedSequence) -> Policy:
        return BaselinePolicy(steerable(env).baselines()[name])

    return make


def _learner_entrant(table: LearnerTable, repeats: int, env: gymnasium.Env[Any, Any]) -> Entrant:
    kind = load_learner(table.name)

    def make(env: gymnasium.Env[Any, Any], seed: np.random.SeedSequence) -> Policy:
        bounds: dict[str, Any] = {}
        if kind.needs_context:
            space: Any = env.observation_space
            bounds["context_bounds"] = (float(space.low[0]), float(space.high[0]))
        rng = np.random.default_rng(seed)
        arms = steerable(env).arm_values
        return BanditPolicy(kind(arms, seed=rng, **bounds, **table.arguments))

    try:
        make(env, np.random.SeedSequence(0))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"[[learner]] {table.title}: {error}") from error
    return Entrant(table.title, "learner", repeats, make)


def seeds_of(seed: int, repeat: int) -> tuple[int, np.random.SeedSequence]:
    """The environment's and the learners' seed of a repeat, the same for every entrant."""
    environment, learner = np.random.SeedSequence(seed, spawn_key=(repeat,)).spawn(2)
    return int(environment.generate_state(1)[0]), learner


def warm_up(env: gymnasium.Env[Any, Any], field: list[Entrant]) -> None:
    """One thrown-away step of every entrant, so that compiling is not charged to the first."""
    for entrant in field:
        policy = entrant.make(env, np.random.SeedSequence(0))
        observation, _ = env.reset(seed=0)
        *_, info = env.step(policy.act(observation))
        policy.learn(info["loss"])


def play(
    env: gymnasium.Env[Any, Any],
    field: list[Entrant],
    seed: int,
    advance: Callable[[str, int], None] = lambda name, rounds: None,
) -> Iterator[tuple[Entrant, int, Episode]]:
    """Let every entrant steer; all meet the same systems in the same repeat.

    Repeat r of every entrant uses the environment seed of repeat r; a learner's own seed
    depends on its repeat, not on its place in the file. ``advance`` is told the entrant's name
    and how many rounds it has finished since the last call.
    """
    for entrant in field:
        for repeat in range(entrant.repeats):
            reset_seed, learner_seed = seeds_of(seed, repeat)
            policy = entrant.make(env, learner_seed)
            tell = functools.partial(advance, entrant.name)
            yield entrant, repeat, steer(env, policy, reset_seed, tell)

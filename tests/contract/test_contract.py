"""Every registered environment, problem and learner passes the public contract tests."""

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium
import numpy as np
import optuna
import pytest

import simhelm  # noqa: F401 - registers the environments
from simhelm import testing
from simhelm.agents.bandits import LEARNERS, Bandit, Choice, FixedArm, Oracle
from simhelm.agents.samplers import SAMPLERS
from simhelm.calibration.study.executors import Foreign, Processes, Serial
from simhelm.core.parameter import Parameter
from simhelm.envs.registration import Entry, environments
from simhelm.simulators import EndReason, Metrics, Output
from simhelm.simulators.linear.problem import RelaxationFactor
from simhelm.simulators.registry import load_problem, problem_targets
from simhelm.testing.studies import Mixed

VARIANTS = [
    ("simhelm/SolverSequence-v0", {"length": 6, "grid": 4, "action": "continuous"}),
    ("simhelm/SolverSequence-v0", {"length": 6, "grid": 4, "method": "ssor", "shifts": "none"}),
    ("simhelm/SolverSequence-v0", {"length": 6, "grid": 4, "method": "ssor_pcg"}),
    ("simhelm/ThreeBody-v0", {"steps": 5, "tolerance": (1e-9, 1e-4), "guard": True}),
    ("simhelm/Heat2D-v0", {"nx": 6, "steps": 8, "variant": "paper", "action": "continuous"}),
]


def test_every_registered_id_is_in_this_test() -> None:
    registered = {key for key in gymnasium.registry if key.startswith("simhelm/")}
    assert registered == {entry.id for entry in environments()}


@pytest.mark.parametrize("entry", environments(), ids=lambda entry: entry.id)
def test_environment(entry: Entry) -> None:
    testing.check_environment(entry.id, **entry.small)


@pytest.mark.parametrize(("env_id", "arguments"), VARIANTS)
def test_environment_variant(env_id: str, arguments: dict[str, Any]) -> None:
    testing.check_environment(env_id, **arguments)


@pytest.mark.parametrize("name", sorted(problem_targets()))
def test_problem(name: str) -> None:
    testing.check_problem(load_problem(name)(**problem_targets()[name].small))


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_learner(name: str) -> None:
    kind = LEARNERS[name]

    def make() -> Bandit:
        bounds: dict[str, Any] = {"context_bounds": (0.0, 1.0)} if kind.needs_context else {}
        return kind([1.0, 1.2, 1.4, 1.6, 1.8], seed=4, **bounds)

    testing.check_bandit(make)


# Options without which a sampler would not leave its start in few trials, or cannot start.
SAMPLER_OPTIONS: dict[str, dict[str, Any]] = {
    "CmaEsSampler": {"popsize": 5},
    "GPSampler": {"n_startup_trials": 6},
    "GridSampler": {"points": 3},
    "NSGAIISampler": {"population_size": 6},
    "NSGAIIISampler": {"population_size": 6},
}
# Both search mode constants only; tests of studies of ModeChoice try them.
OF_MODE_CONSTANTS = {"LogShareSampler", "HybridSampler", "CompositeGPSampler"}


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - OF_MODE_CONSTANTS))
def test_sampler(name: str) -> None:
    if name == "GPSampler":
        pytest.importorskip("torch")
    problem = Finite() if name == "BruteForceSampler" else None
    testing.check_sampler(name, options=SAMPLER_OPTIONS.get(name), problem=problem)


class Finite(Mixed):
    """The same valley in its integer and its choice."""

    parameters: tuple[Parameter, ...] = Mixed.parameters[1:3]

    def evaluate(self, config: Any, *, seed: int, budget: int | None = None) -> Metrics:
        self.check_config(config)
        return Mixed().evaluate({"rate": 0.1, **config, **MOMENTUM[config["method"]]}, seed=seed)


MOMENTUM: dict[Any, dict[str, float]] = {"plain": {}, "momentum": {"momentum": 0.5}}


@pytest.mark.parametrize("make", [Serial, lambda: Processes(2), lambda: Threads(2)])
def test_executor(make: Any) -> None:
    testing.check_executor(make, crash=make is not Serial)


@dataclasses.dataclass(frozen=True)
class Threads:
    """An executor of somebody else's, whose workers are threads of this process."""

    workers: int

    @contextlib.contextmanager
    def open(self, recipe: Any, time_limit: float | None) -> Iterator[Any]:
        """For a while."""
        with (
            ThreadPoolExecutor(1) as executor,
            Foreign(executor, self.workers).open(recipe, time_limit) as evaluators,
        ):
            yield evaluators


def test_oracle_learner() -> None:
    costs = np.arange(3000).reshape(600, 5) % 7
    testing.check_bandit(lambda: Oracle([1.0, 1.2, 1.4, 1.6, 1.8], losses=costs))


@pytest.mark.parametrize("entry", environments(), ids=lambda entry: entry.id)
def test_docstring_has_every_section(entry: Any) -> None:
    creator = gymnasium.envs.registration.load_env_creator(entry.entry_point)
    text = (creator.__doc__ if isinstance(creator, type) else _design_docstring()) or ""
    for heading in (
        "Description", "Action space", "Observation space", "Reward", "Episode start and end",
        "Info", "Arguments", "Version history",
    ):  # fmt: skip
        assert f"## {heading}" in text, heading


def _design_docstring() -> str:
    from simhelm.envs.design import DesignEnv

    return DesignEnv.__doc__ or ""


class _Drifting(gymnasium.Env[Any, Any]):
    """An environment that breaks the contract: its reward depends on how often it was made."""

    made = 0
    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(self) -> None:
        _Drifting.made += 1
        self.offset = float(_Drifting.made)
        self.action_space = gymnasium.spaces.Discrete(2)
        self.observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,), np.float64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return np.zeros(1), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return np.zeros(1), self.offset, True, False, {}


def test_the_checks_catch_a_broken_environment() -> None:
    with pytest.raises(AssertionError, match="step 0"):
        testing.check_same_seed_same_bits(_Drifting)


class _Guessing(FixedArm):
    """A bandit whose restored copy plays on differently: it forgets part of its state."""

    def _choose(self, context: float) -> Choice:
        self.arm = (self.arm + 1) % self.arms
        return Choice(self.arm, (self.arm,))

    def _update(self, choice: Choice, loss: float) -> None:
        self.total = getattr(self, "total", 0.0) + loss

    _state_names = ("total",)
    total = 0.0

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        return {**state, "total": state["total"] if self.arm % 2 else 0.0}


def test_the_checks_catch_a_bandit_that_loses_state() -> None:
    with pytest.raises(AssertionError, match="round"):
        testing.check_bandit(lambda: _Guessing([1.0, 1.5, 1.9]))


def _problem(**changes: Any) -> RelaxationFactor:
    problem = RelaxationFactor(grid=4, systems=2)
    for name, value in changes.items():
        setattr(problem, name, value)
    return problem


def _unsteady(config: Any, *, seed: int, budget: int | None = None) -> Metrics:
    _unsteady.calls = getattr(_unsteady, "calls", 0) + 1  # type: ignore[attr-defined]
    values = {"iterations_per_solve": float(_unsteady.calls), "worst_iterations": 1.0}  # type: ignore[attr-defined]
    return Metrics(values, EndReason.COMPLETED, 1.0)


def _careless(config: Any, *, seed: int, budget: int | None = None) -> Metrics:
    return Metrics({"iterations_per_solve": 1.0, "worst_iterations": 1.0}, EndReason.COMPLETED, 1.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"evaluate": _unsteady}, "the same configuration and seed gave"),
        ({"evaluate": _careless}, "evaluate accepted"),
        ({"worst_objective": 1.0}, "worse than worst_objective"),
        ({"outputs": (Output("iterations_per_solve", "1", 0.0, 1.0),)}, "declared"),
    ],
)
def test_the_checks_catch_a_broken_problem(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        testing.check_problem(_problem(**changes))


class _Restless(optuna.samplers.RandomSampler):
    """A sampler that forgets its seed."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()


def test_the_checks_catch_a_sampler_that_does_not_repeat() -> None:
    with pytest.raises(AssertionError, match="not a function of its seed"):
        testing.check_sampler(_Restless)
    testing.check_sampler(_Restless, resumes=False)


class _Leaving(Threads):
    """An executor that leaves a process behind."""

    @contextlib.contextmanager
    def open(self, recipe: Any, time_limit: float | None) -> Iterator[Any]:
        """For a while."""
        with super().open(recipe, time_limit) as evaluators:
            left.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1))
            yield evaluators


left: list[subprocess.Popen[bytes]] = []


def test_the_checks_catch_an_executor_that_leaves_a_process() -> None:
    try:
        with pytest.raises(AssertionError, match="are left"):
            testing.check_executor(lambda: _Leaving(1))
    finally:
        for process in left:
            process.communicate()

"""Every registered environment, problem and learner passes the public contract tests."""

from typing import Any

import gymnasium
import numpy as np
import pytest

import simhelm  # noqa: F401 - registers the environments
from simhelm import testing
from simhelm.agents.bandits import LEARNERS, Bandit, Choice, FixedArm, Oracle
from simhelm.envs.registration import environments
from simhelm.simulators import EndReason, Metrics, Output
from simhelm.simulators.linear.problem import RelaxationFactor
from simhelm.simulators.registry import load_problem, problem_targets

# Short episodes, so that ends and restarts happen within the checks.
SMALL: dict[str, dict[str, Any]] = {
    "simhelm/SolverSequence-v0": {"length": 7, "grid": 5},
    "simhelm/Heat2D-v0": {"nx": 8, "steps": 9},
    "simhelm/ThreeBody-v0": {"steps": 6},
    "simhelm/ThreeBodyPaper-v0": {"steps": 6},
    "simhelm/NBody-v0": {"steps": 6, "bodies": 5, "action": "parameter"},
    "simhelm/RelaxationFactor-v0": {"systems": 2, "grid": 4},
    "simhelm/ModeChoice-v0": {"persons": 100, "days": 2},
    "simhelm/TransportStructure-v0": {"persons": 100, "days": 2},
    "simhelm/DramController-v0": {"requests": 300},
    "simhelm/Accelerator-v0": {},
    "simhelm/ImpactedPlate-v0": {"size": 0.02, "steps": 12},
    "simhelm/SubmodelEnrichment-v0": {
        "size": 0.04,
        "coarse_size": 0.04,
        "steps": 16,
        "reference": 2,
        "budget": 2.0,
    },
    "simhelm/RareEventSubmodel-v0": {
        "size": 0.04,
        "coarse_size": 0.04,
        "steps": 30,
        "batches": 4,
        "batch": 2,
        "threshold": 9.0,
    },
    "simhelm/NetworkArchitecture-v0": {"epochs": 1, "samples": 20},
}
VARIANTS = [
    ("simhelm/SolverSequence-v0", {"length": 6, "grid": 4, "action": "continuous"}),
    ("simhelm/SolverSequence-v0", {"length": 6, "grid": 4, "method": "ssor", "shifts": "none"}),
    ("simhelm/SolverSequence-v0", {"length": 6, "grid": 4, "method": "ssor_pcg"}),
    ("simhelm/ThreeBody-v0", {"steps": 5, "tolerance": (1e-9, 1e-4), "guard": True}),
    ("simhelm/Heat2D-v0", {"nx": 6, "steps": 8, "variant": "paper", "action": "continuous"}),
]


def test_every_registered_id_is_in_this_test() -> None:
    registered = {key for key in gymnasium.registry if key.startswith("simhelm/")}
    assert registered == {entry.id for entry in environments()} == set(SMALL)


@pytest.mark.parametrize("env_id", SMALL)
def test_environment(env_id: str) -> None:
    testing.check_environment(env_id, **SMALL[env_id])


@pytest.mark.parametrize(("env_id", "arguments"), VARIANTS)
def test_environment_variant(env_id: str, arguments: dict[str, Any]) -> None:
    testing.check_environment(env_id, **arguments)


@pytest.mark.parametrize("name", sorted(problem_targets()))
def test_problem(name: str) -> None:
    small = SMALL["simhelm/NetworkArchitecture-v0"] if name == "NetworkArchitecture" else {}
    testing.check_problem(load_problem(name)(**small))


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_learner(name: str) -> None:
    kind = LEARNERS[name]

    def make() -> Bandit:
        bounds: dict[str, Any] = {"context_bounds": (0.0, 1.0)} if kind.needs_context else {}
        return kind([1.0, 1.2, 1.4, 1.6, 1.8], seed=4, **bounds)

    testing.check_bandit(make)


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

"""The evolution strategy on a problem whose answer is known, and what it exports."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from simhelm.agents.evolution import Effort, LinearPolicies, as_policy, evolve, play
from simhelm.agents.policy import Policy, PolicyMetadata

FEATURES = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])


class _Signs:
    """Three steps; the right action is 0 where the number shown is above 0.2, else 1."""

    num_envs = 24
    single_observation_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed: list[int]) -> tuple[Any, dict[str, Any]]:
        self.generators = [np.random.default_rng(s) for s in seed]
        self.steps = 0
        return self._show(), {}

    def _show(self) -> Any:
        self.shown = np.array([[g.uniform(-1.0, 1.0)] for g in self.generators])
        return self.shown

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        right = np.where(self.shown[:, 0] > 0.2, 0, 1)
        rewards = (np.asarray(actions) == right).astype(float)
        self.steps += 1
        ended = np.full(self.num_envs, self.steps >= 3)
        return self._show(), rewards, ended, np.zeros_like(ended), {}


EFFORT = Effort(generations=25, candidates=6, episodes=4, spread=0.5)


def _learn(seed: int) -> LinearPolicies:
    return evolve(_Signs(), FEATURES, np.zeros((2, 2)), seeds=range(100), seed=seed, effort=EFFORT)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_finds_the_threshold(seed: int) -> None:
    env, start = _Signs(), LinearPolicies(FEATURES, np.zeros((1, 2, 2)))
    unseen = list(range(1000, 1024))
    learned = play(env, _learn(seed), unseen).mean()
    assert learned > 2.5
    assert learned > play(env, start, unseen).mean() + 0.5


def test_same_seed_same_weights() -> None:
    np.testing.assert_array_equal(_learn(3).weights, _learn(3).weights)
    assert (_learn(3).weights != _learn(4).weights).any()


def test_candidates_get_their_own_share_of_the_observations() -> None:
    weights = np.zeros((2, 2, 2))
    weights[0, 0, 1], weights[1, 1, 1] = 1.0, 1.0
    assert LinearPolicies(FEATURES, weights).act(np.zeros((6, 1))).tolist() == [0, 0, 0, 1, 1, 1]


def test_exported_policy_acts_alike(tmp_path: Path) -> None:
    policies = _learn(0)
    as_policy(policies, PolicyMetadata(algorithm="test")).save(tmp_path / "p.npz")
    loaded = Policy.load(tmp_path / "p.npz")
    observations = np.random.default_rng(0).uniform(-1.0, 1.0, (200, 1))
    np.testing.assert_array_equal(loaded.act_many(observations), policies.act(observations))
    assert [loaded.act(o) for o in observations[:20]] == policies.act(observations)[:20].tolist()
    with pytest.raises(ValueError, match="expected one"):
        as_policy(LinearPolicies(FEATURES, np.zeros((2, 2, 2))), PolicyMetadata())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": np.zeros((2, 3))}, "start"),
        ({"start": np.zeros((3, 2))}, "start"),
        ({"effort": Effort(1, candidates=5, episodes=4)}, "20 places"),
    ],
)
def test_refusals(changes: dict[str, Any], words: str) -> None:
    arguments = {"start": np.zeros((2, 2)), "effort": EFFORT, **changes}
    start = arguments.pop("start")
    with pytest.raises(ValueError, match=words):
        evolve(_Signs(), FEATURES, start, seeds=range(9), seed=0, **arguments)


def test_refused_effort() -> None:
    with pytest.raises(ValueError, match="generations"):
        Effort(0)

"""Evaluation: statistics that can be computed by hand, baselines on the same episodes."""

from typing import Any

import gymnasium
import numpy as np
import pytest

import simhelm  # noqa: F401 - registers the environments
from simhelm.agents.network import RELU
from simhelm.agents.policy import Policy, PolicyMetadata, network_of
from simhelm.control.training.evaluation import evaluate, summarise
from simhelm.control.training.rollout import EpisodeResult, run_episode
from simhelm.core.errors import ConfigurationError
from simhelm.envs.baseline import Baseline

SEEDS = range(7, 12)


def _make() -> gymnasium.Env[Any, Any]:
    return gymnasium.make("simhelm/SolverSequence-v0", length=6, grid=3)


def _always(action: int, count: int, inputs: int = 1) -> Policy:
    """A network of one layer whose bias decides."""
    weights = np.zeros((inputs + 1) * count, np.float32)
    weights[inputs * count + action] = 1.0
    sizes, zeros = np.array([inputs, count]), np.zeros(count)
    network = network_of(weights, sizes, RELU, 0, np.zeros(inputs), np.ones(inputs), zeros, zeros)
    return Policy(network, PolicyMetadata())


def _episodes(errors: list[float], rewards: list[float] | None = None) -> list[EpisodeResult]:
    given = rewards or [-10.0 * k for k in range(len(errors))]
    return [
        EpisodeResult(seed, reward, 5, 100.0 + seed, error, "")
        for seed, (error, reward) in enumerate(zip(errors, given, strict=True))
    ]


def test_a_policy_that_is_a_baseline_has_its_row() -> None:
    env = _make()
    found = evaluate(env, {"ours": _always(6, 20)}, SEEDS, baselines=["omega=1.3", "omega=1"])
    ours, same, other = found.rows
    assert (ours.kind, same.kind, other.kind) == ("policy", "fixed", "rule")
    assert found.judged == "loss"
    for name in ("median", "p90", "maximum", "cost", "failure_rate", "mean_reward"):
        assert getattr(ours, name) == getattr(same, name), name
    assert other.cost != ours.cost
    by_hand = [run_episode(_make(), lambda _: lambda _: 6, seed) for seed in SEEDS]
    assert ours.median.value == np.median([-result.total_reward for result in by_hand])
    assert ours.cost.value == pytest.approx(np.mean([result.cost for result in by_hand]))
    assert "did not pay" in found.verdict


def test_all_baselines_run_and_no_policy_is_needed() -> None:
    found = evaluate(_make(), {}, range(2))
    assert {"omega=1", "omega=1.95", "oracle (best factor a step)"} <= {r.who for r in found.rows}
    oracle = next(row for row in found.rows if row.kind == "oracle")
    assert oracle.median.value == min(row.median.value for row in found.rows)
    assert found.verdict.startswith("No verdict")


def test_where_nothing_is_random_one_episode_is_enough() -> None:
    env = gymnasium.make("simhelm/Heat2D-v0", nx=5, steps=4)
    found = evaluate(env, {"ours": _always(3, 20)}, range(50), baselines=["omega=1"])
    assert [row.episodes for row in found.rows] == [1, 1]


def test_random_baselines_are_repeatable() -> None:
    env = gymnasium.make("simhelm/RelaxationFactor-v0", grid=3, systems=1)
    one, two = (evaluate(env, {}, range(6), baselines=["random"]) for _ in range(2))
    assert one == two
    assert one.rows[0].median.low < one.rows[0].median.high


def test_errors_are_judged_at_the_tolerance() -> None:
    errors = [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, float("nan")]
    found = summarise({"ours": ("policy", _episodes(errors))}, 1e-6)
    row = found.rows[0]
    assert found.judged == "error"
    assert row.failure_rate.value == 0.6, "four of ten meet it; NaN does not"
    assert row.median.value == pytest.approx(0.5 * (1e-5 + 1e-4))
    assert row.p90.value == np.finfo(np.float64).max
    assert row.maximum == np.finfo(np.float64).max


def test_bootstrap_intervals_cover_as_they_should() -> None:
    """95 % intervals of the mean of 60 normal numbers: within 3 sigma of 95 of 100."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(100):
        rewards = rng.normal(3.0, 2.0, 60).tolist()
        found = summarise({"x": ("policy", _episodes([1.0] * 60, rewards))}, None)
        interval = found.rows[0].mean_reward
        hits += interval.low <= 3.0 <= interval.high
    assert 87 <= hits <= 100


def test_several_policies_are_pooled_and_the_pool_is_judged() -> None:
    results = {
        "one": ("policy", _episodes([1.0, 2.0], [-1.0, -1.0])),
        "two": ("policy", _episodes([1.0, 2.0], [-9.0, -9.0])),
        "rule": ("rule", _episodes([1.0, 2.0], [-4.0, -4.0])),
        "oracle": ("oracle", _episodes([1.0, 2.0], [0.0, 0.0])),
    }
    found = summarise(results, None)
    assert [row.who for row in found.rows] == ["one", "two", "all 2 policies", "rule", "oracle"]
    pooled = found.rows[2]
    assert pooled.episodes == 4
    assert pooled.mean_reward.value == -5.0
    assert (pooled.mean_reward.low, pooled.mean_reward.high) == (-9.0, -1.0)
    assert "did not pay" in found.verdict, "the pool is judged, not the better of the two"


def test_the_verdict_at_a_tolerance_compares_costs_at_no_more_failures() -> None:
    def group(cost: float, failures: int) -> list[EpisodeResult]:
        errors = [1.0] * failures + [1e-9] * (10 - failures)
        return [EpisodeResult(s, 0.0, 1, cost, error, "") for s, error in enumerate(errors)]

    rivals = {"cheap but wrong": ("fixed", group(1.0, 5)), "safe": ("fixed", group(9.0, 0))}
    found = summarise({"ours": ("policy", group(5.0, 1)), **rivals}, 1e-6)
    assert found.verdict.startswith("Learning paid")
    assert "safe" in found.verdict
    worse = summarise({"ours": ("policy", group(10.0, 1)), **rivals}, 1e-6)
    assert worse.verdict.startswith("Learning did not pay")


def test_a_difference_within_the_spread_of_the_episodes_is_none() -> None:
    """Paired: a small gain in every episode counts, a larger one of a few does not."""
    rng = np.random.default_rng(0)
    rewards = rng.normal(0.0, 5.0, 40)
    other = rng.normal(0.0, 5.0, 40)
    other += rewards.mean() + 0.3 - other.mean()

    def verdict(ours: Any) -> str:
        results = {"ours": ("policy", _episodes([1.0] * 40, ours.tolist())),
                   "rule": ("rule", _episodes([1.0] * 40, rewards.tolist()))}  # fmt: skip
        return summarise(results, None).verdict

    assert verdict(rewards + 0.1).startswith("Learning paid")
    assert verdict(other).startswith("Learning did not pay, as far as these episodes show")
    assert verdict(rewards - 0.1).startswith("Learning did not pay: ")
    assert verdict(rewards).startswith("Learning did not pay: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"policies": {"x": _always(1, 5)}}, "and one of 20"),
        ({"policies": {"x": _always(1, 20, inputs=3)}}, "3 numbers"),
        ({"policies": {}, "baselines": ["omega=1.31"]}, "did you mean 'omega=1.3'"),
        ({"policies": {"x": _always(1, 20)}, "tolerance": 1e-6}, "tells no error"),
    ],
)
def test_mistakes_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        evaluate(_make(), seeds=range(2), **{"baselines": [], **arguments})


class _Counting(gymnasium.Env[Any, Any]):
    """A baseline with a memory, and a cost that counts from the start of the episode."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012
    observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(100)
    cost_is_cumulative = True

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.t = 0
        return np.zeros(1), {}

    def step(self, action: Any) -> Any:
        self.t += 1
        info = {"cost": 10 * self.t, "error": 0.5 * action}
        if self.t == 2:
            info["failure"] = "diverged"
        return np.zeros(1), float(action), self.t == 4, False, info

    def baselines(self) -> dict[str, Baseline]:
        calls = iter(range(100))
        return {"counts": Baseline("counts", "plays 0, 1, 2, ...", lambda: next(calls))}


def test_a_baseline_starts_every_episode_afresh() -> None:
    found = evaluate(_Counting(), {}, range(3))
    row = found.rows[0]
    assert row.mean_reward.value == 0 + 1 + 2 + 3
    assert row.cost.value == 40.0
    assert row.maximum == 1.5
    assert row.failure_rate.value == 1.0, "a failure under way counts"

"""The few-body environments: published formulas, guard, tolerance, baselines, refusals."""

import math
from typing import Any

import gymnasium
import numpy as np
import pytest

import simhelm  # noqa: F401 - registers the environments
from simhelm.envs.nbody.adaptive import OBSERVATION_SIZE
from simhelm.envs.nbody.episodes import SEED_RANGES
from simhelm.envs.nbody.oracle import action_table
from simhelm.envs.nbody.published import published_reward
from simhelm.simulators.nbody import System, integrate, three_body_initial_conditions
from simhelm.simulators.nbody.system_batch import SystemBatch

ADAPTIVE, PAPER = "simhelm/ThreeBody-v0", "simhelm/ThreeBodyPaper-v0"


def _make(env_id: str = ADAPTIVE, **arguments: Any) -> Any:
    return gymnasium.make(env_id, **{"steps": 8, **arguments}).unwrapped


def _play(env: Any, policy: Any, seed: int) -> tuple[float, float, float]:
    """Sum of costs, last error, sum of rewards."""
    env.reset(seed=seed)
    cost, total, ended = 0.0, 0.0, False
    while not ended:
        _, reward, ended, _, info = env.step(policy())
        cost, total = cost + info["cost"], total + reward
    return cost, info["error"], total


@pytest.mark.parametrize(
    ("error", "step", "mu", "expected"),
    [
        (1e-6, 50, 1e-2, 0.8888888889),
        (1e-12, 10, 1e-4, 1.3472222222),
        (1e-2, 1, 0.1, -2996.0),
        (3e-9, 100, 10 ** (-7 / 3), 1.6427078934),
        (5e-2, 100, 0.1, -114.5024036881),
    ],
)
def test_published_reward(error: float, step: int, mu: float, expected: float) -> None:
    assert published_reward(error, step, mu) == pytest.approx(expected, rel=1e-10)
    assert published_reward(-error, step, mu) == published_reward(error, step, mu)
    assert math.isfinite(published_reward(1.0, step, mu))


def test_published_environment_step_by_step() -> None:
    env = _make(PAPER)
    observation, _ = env.reset(seed=4)
    system = three_body_initial_conditions(4)
    np.testing.assert_allclose(observation[:6], system.positions[:, :2].ravel() / 10, rtol=1e-6)
    np.testing.assert_allclose(observation[6:12], system.velocities[:, :2].ravel(), rtol=1e-6)
    assert observation[12] == 0.0
    observation, reward, _, _, info = env.step(9)
    run = integrate(
        system.masses, system.positions, system.velocities, 1.0883737765103703, step_parameter=0.1
    )
    assert info["cost"] == run.force_evaluations
    assert info["error"] == pytest.approx(abs(run.energy_error), rel=1e-9)
    assert observation[12] == pytest.approx(-math.log10(info["error"]), rel=1e-6)
    assert reward == pytest.approx(published_reward(info["error"], 1, 0.1))


def test_published_environment_ends_with_a_large_error() -> None:
    env = _make(PAPER, steps=300)
    ends = {}
    for seed in range(40):
        env.reset(seed=seed)
        ended, steps = False, 0
        while not ended:
            _, _, ended, _, info = env.step(9)
            steps += 1
        ends[seed] = (steps, info["error"])
    early = [error for steps, error in ends.values() if steps < 300]
    assert early
    assert min(early) > 0.1
    assert max(error for steps, error in ends.values() if steps == 300) < 0.1 or len(early) < 40


def test_observation_depends_neither_on_axes_nor_on_the_number_of_bodies() -> None:
    env = _make()
    env.reset(seed=3)
    env.step(6)
    batch = env.episodes.batch
    plain = env.episodes.observations()[0]
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    order = [2, 0, 1]
    turned = System(
        batch.masses[0][order],
        batch.positions[0][order] @ turn.T,
        batch.velocities[0][order] @ turn.T,
    )
    other = SystemBatch(1, 3)
    other.place(0, turned)
    np.testing.assert_allclose(
        other.describe(env.episodes.interval), batch.describe(env.episodes.interval), atol=1e-9
    )
    assert plain.shape == (OBSERVATION_SIZE,)
    many = _make("simhelm/NBody-v0", bodies=16)
    assert many.reset(seed=0)[0].shape == (OBSERVATION_SIZE,)


def test_reward_counts_evaluations_and_local_error() -> None:
    env = _make(tolerance=1e-7)
    env.reset(seed=5)
    before = 0.0
    for action in (6, 8, 11):
        _, reward, _, _, info = env.step(action)
        signed = float(env.episodes.batch.errors[0])
        share = abs(signed - before) / 1e-7
        assert reward == pytest.approx(-info["cost"] / 1000.0 - 7.0 * min(share, 10.0))
        assert info["error"] == abs(signed)
        before = signed


def test_guard_repeats_what_spends_too_much_and_counts_it() -> None:
    """Among training seeds the coarsest action spends more than the guard allows somewhere."""
    reckless, guarded = _make(steps=60), _make(steps=60, guard=True)
    runs = [
        (_play(reckless, lambda: 9, s), _play(guarded, lambda: 9, s)) for s in range(1000, 1004)
    ]
    assert max(free[1] for free, _ in runs) > 1e-5
    for (cost, error, _), (guarded_cost, guarded_error, _) in runs:
        assert guarded_error < 1e-5
        if error > 1e-5:
            assert guarded_cost > cost


def test_tolerance_is_drawn_from_its_range_and_shown() -> None:
    env = _make(tolerance=(1e-10, 1e-3))
    drawn = set()
    for seed in range(30):
        observation, _ = env.reset(seed=seed)
        tolerance = float(env.episodes.tolerance[0])
        drawn.add(tolerance)
        assert 1e-10 <= tolerance <= 1e-3
        assert observation[9] == pytest.approx(math.log10(tolerance) / 6.0 + 1.0, abs=1e-6)
    assert min(drawn) < 1e-8
    assert max(drawn) > 1e-5
    env.reset(seed=3)
    assert float(env.episodes.tolerance[0]) in drawn


def test_seed_ranges_are_disjoint_and_kept() -> None:
    ranges = {name: set(seeds) for name, seeds in SEED_RANGES.items()}
    assert not ranges["training"] & ranges["validation"]
    assert not ranges["training"] & ranges["test"]
    assert not ranges["validation"] & ranges["test"]
    env = _make()
    env.reset(seed=0)
    starts = {tuple(three_body_initial_conditions(s).positions[0]) for s in SEED_RANGES["test"]}
    for _ in range(20):
        env.reset()
        assert tuple(env.episodes.batch.positions[0, 0]) not in starts


def test_baselines_and_the_oracle() -> None:
    env = _make(steps=40)
    baselines = env.baselines()
    kinds = {name: baseline.kind for name, baseline in baselines.items()}
    assert sum(kind == "fixed" for kind in kinds.values()) == 16
    assert kinds["oracle allocation"] == "oracle"
    runs = {name: _play(env, b.policy, 10_003) for name, b in baselines.items()}
    meeting = [cost for name, (cost, error, _) in runs.items()
               if error <= 1e-6 and kinds[name] != "oracle"]  # fmt: skip
    cost, error, _ = runs["oracle allocation"]
    assert error <= 2e-6
    assert cost <= min(meeting)
    assert runs["Gauss-Radau eps=1e-09"][1] < 1e-11


def test_oracle_table_and_allocation() -> None:
    env = _make()
    env.reset(seed=10_000)
    table = action_table(env.episodes.batch, env.episodes.settings, 20, env.episodes.interval)
    spent = {}
    for tolerance in (1e-8, 1e-6, 1e-4):
        error, spent[tolerance] = table.spent(table.allocate(tolerance))
        assert error <= tolerance
        for action in range(20):
            fixed_error, fixed_cost = table.spent(np.full(20, action))
            if fixed_error <= tolerance:
                assert spent[tolerance] <= fixed_cost
    assert spent[1e-8] >= spent[1e-6] >= spent[1e-4]
    assert float(env.episodes.batch.errors[0]) == 0.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"action": "metod"}, "did you mean 'method'"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": (1e-3, 1e-6)}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"steps": 0}, "steps"),
        ({"interval": -1.0}, "interval"),
        ({"bodies": 17}, "bodies"),
        ({"bodies": 1}, "bodies"),
        ({"threads": 0}, "threads"),
    ],
)
def test_illegal_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _make(**arguments)


@pytest.mark.parametrize(
    ("action", "error"), [(20, ValueError), (-1, ValueError), (2.5, TypeError), (None, TypeError)]
)
def test_illegal_actions(action: Any, error: type[Exception]) -> None:
    env = _make()
    env.reset(seed=0)
    with pytest.raises(error):
        env.step(action)


def test_stepping_without_reset() -> None:
    vector: Any = gymnasium.make_vec(ADAPTIVE, num_envs=2, vectorization_mode="vector_entry_point")
    with pytest.raises(gymnasium.error.ResetNeeded):
        vector.step(np.zeros(2, dtype=int))
    vector.reset(seed=0)
    with pytest.raises(ValueError, match="expected 2"):
        vector.step(np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="integers in 0"):
        vector.step(np.array([0, 20]))
    with pytest.raises(ValueError, match="2 seeds"):
        vector.reset(seed=[1])


def test_threads_change_nothing() -> None:
    found = []
    for threads in (1, 3):
        env = gymnasium.make_vec(
            ADAPTIVE, num_envs=40, vectorization_mode="vector_entry_point", threads=threads, steps=3
        )
        env.reset(seed=0)
        env.action_space.seed(0)
        found.append([env.step(np.arange(40) % 20)[0] for _ in range(3)])
    np.testing.assert_array_equal(found[0], found[1])


def test_a_collision_ends_the_episode_with_a_failure() -> None:
    env = _make(action="parameter")
    env.reset(seed=0)
    batch = env.episodes.batch
    # Two bodies at rest fall onto each other within the interval.
    batch.place(
        0,
        System(
            np.full(3, 1.0 / 3.0),
            np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [50.0, 0.0, 0.0]]),
            np.zeros((3, 3)),
        ),
    )
    observation, reward, terminated, _, info = env.step(6)
    assert terminated
    assert info["failure"] in ("step_underflow", "step_limit", "not_finite")
    assert reward <= -30.0
    assert np.isfinite(observation).all()
    assert math.isfinite(reward)

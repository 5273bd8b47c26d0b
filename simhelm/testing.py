"""The contract tests: what every environment, problem and bandit must pass, ours or yours.

Call them from a test of your own package::

    from simhelm.calibration import testing

    def test_my_simulator():
        testing.check_problem(MySimulator())

Each raises AssertionError (or the checker's own error) with what is wrong. Stable-Baselines3
is needed for environments: ``pip install 'simhelm[rl]'``.
"""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

from simhelm.agents.bandits import Bandit
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics, Problem, Value
from simhelm.envs.design import DesignEnv

STEPS = 50

MakeEnv = Callable[[], gymnasium.Env[Any, Any]]


def check_environment(env_id: str, **arguments: Any) -> None:
    """Run every environment check on a registered id, and on its vector version if it has one."""

    def make() -> gymnasium.Env[Any, Any]:
        return gymnasium.make(env_id, **arguments).unwrapped

    check_spaces_and_api(make)
    check_same_seed_same_bits(make)
    check_pickling(make)
    check_baselines(make)
    if gymnasium.spec(env_id).vector_entry_point is not None:
        check_vector_twin(env_id, **arguments)


def check_spaces_and_api(make: MakeEnv) -> None:
    """Gymnasium's and Stable-Baselines3's own checkers, warnings being errors."""
    try:
        from stable_baselines3.common.env_checker import check_env as check_env_sb3
    except ImportError as error:
        raise ImportError(
            "the environment checks need stable-baselines3: pip install 'simhelm[rl]'"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = make()
        # Render modes can only be tried on an environment that gymnasium.make can make again.
        check_env(env, skip_render_check=env.spec is None)
        check_env_sb3(make(), warn=True)


def check_same_seed_same_bits(make: MakeEnv, steps: int = STEPS) -> None:
    """Two instances with one seed give equal observations, rewards, ends and infos."""
    _assert_equal_rollouts(make(), make(), steps)


def check_pickling(make: MakeEnv, steps: int = STEPS) -> None:
    """A pickled copy, taken in the middle of an episode, goes on like the original."""
    env = make()
    env.action_space.seed(1)
    env.reset(seed=5)
    for _ in range(3):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    copy = pickle.loads(pickle.dumps(env))  # noqa: S301 - made one line above, by this process
    _assert_equal_rollouts(env, copy, steps, seed=None)


def _assert_equal_rollouts(
    one: gymnasium.Env[Any, Any],
    two: gymnasium.Env[Any, Any],
    steps: int,
    seed: int | None = 3,
) -> None:
    if seed is not None:
        one.action_space.seed(seed)
        assert_same(one.reset(seed=seed), two.reset(seed=seed), "reset")
    for step in range(steps):
        action = one.action_space.sample()
        first, second = one.step(action), two.step(action)
        assert_same(first, second, f"step {step}")
        if first[2] or first[3]:
            assert_same(one.reset(), two.reset(), f"reset after step {step}")


def assert_same(one: Any, two: Any, where: str) -> None:
    """Equal to the bit, types and keys included; arrays and containers are walked through."""
    assert type(one) is type(two), f"{where}: {type(one).__name__} against {type(two).__name__}"
    if isinstance(one, dict):
        assert one.keys() == two.keys(), f"{where}: keys {sorted(one)} against {sorted(two)}"
        for key in one:
            assert_same(one[key], two[key], f"{where}, {key}")
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(two), f"{where}: {len(one)} against {len(two)} items"
        for place, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_same(a, b, f"{where}[{place}]")
    elif isinstance(one, np.ndarray):
        assert one.dtype == two.dtype, f"{where}: {one.dtype} against {two.dtype}"
        assert np.array_equal(one, two), f"{where}: {one} against {two}"
    else:
        assert one == two, f"{where}: {one!r} against {two!r}"


def check_baselines(make: MakeEnv) -> None:
    """``baselines()`` names at least one policy, and each gives a legal action."""
    env: Any = make()
    env.reset(seed=2)
    baselines = env.baselines()
    assert baselines, "baselines() is empty: name at least the rule of thumb"
    for name, baseline in baselines.items():
        action = baseline.policy()
        assert env.action_space.contains(action), f"baseline {name!r}: illegal action {action!r}"


def check_vector_twin(env_id: str, num_envs: int = 3, **arguments: Any) -> None:
    """The vector version equals Gymnasium's loop over the scalar one, step by step."""
    ours, twin = (
        gymnasium.make_vec(env_id, num_envs=num_envs, vectorization_mode=mode, **arguments)
        for mode in ("vector_entry_point", "sync")
    )
    ours.action_space.seed(4)
    assert_same(ours.reset(seed=11), twin.reset(seed=11), "vector reset")
    for step in range(STEPS):
        actions = ours.action_space.sample()
        assert_same(ours.step(actions), twin.step(actions), f"vector step {step}")
    ours.close()
    twin.close()


def check_problem(problem: Problem, *, seed: int = 0) -> None:
    """Defaults are legal, evaluation is repeatable and complete, mistakes are refused."""
    config = problem.default_config()
    problem.check_config(config)
    first = problem.evaluate(config, seed=seed)
    again = problem.evaluate(config, seed=seed)
    assert first == again, f"the same configuration and seed gave {first} and {again}"
    declared = {output.name for output in problem.outputs}
    assert problem.objective in declared, f"objective {problem.objective!r} is not an output"
    if first.succeeded:
        assert set(first.values) == declared, f"outputs {set(first.values)}, declared {declared}"
        worst = problem.score(Metrics.failure(EndReason.EXCEPTION, cost=0.0))
        assert problem.score(first) >= worst, "a success scored worse than worst_objective"
    assert first.cost > 0.0, "cost: an evaluation should cost some work units"
    check_refusals(problem, config)
    check_sending(problem, first, config, seed)
    check_spaces_and_api(lambda: DesignEnv(problem))
    check_same_seed_same_bits(lambda: DesignEnv(problem), steps=4)
    check_pickling(lambda: DesignEnv(problem), steps=4)
    check_baselines(lambda: DesignEnv(problem))


def check_sending(problem: Problem, metrics: Metrics, config: dict[str, Value], seed: int) -> None:
    """Problem and metrics survive pickling, as process pools and MPI send them."""
    assert pickle.loads(pickle.dumps(metrics)) == metrics  # noqa: S301 - our own bytes
    copy: Problem = pickle.loads(pickle.dumps(problem))  # noqa: S301 - our own bytes
    assert copy.evaluate(config, seed=seed) == metrics, "a pickled problem evaluates differently"


def check_refusals(problem: Problem, config: dict[str, Value]) -> None:
    """Unknown and missing parameters are ValueErrors of ``evaluate``, not silently accepted."""
    name = problem.parameters[0].name
    missing = {key: value for key, value in config.items() if key != name}
    for wrong in ({**config, "no such parameter": 1.0}, missing):
        try:
            problem.evaluate(wrong, seed=0)
        except ValueError:
            continue
        raise AssertionError(f"evaluate accepted {wrong}: call check_config(config) first")


def check_bandit(make: Callable[[], Bandit], *, rounds: int = STEPS) -> None:
    """Legal arms, refused losses, late feedback, and a saved state that continues to the bit."""
    bandit = make()
    contexts = np.random.default_rng(0).uniform(*_bounds(bandit), rounds).tolist()
    for round_number, context in enumerate(contexts):
        arm = bandit.act(context)
        assert 0 <= arm < bandit.arms, f"arm {arm} of {bandit.arms}"
        _assert_refused(bandit)
        bandit.learn(_loss(arm, round_number))
    check_restart(make, contexts)
    check_late_feedback(make, contexts)


def check_restart(make: Callable[[], Bandit], contexts: list[float]) -> None:
    """Saving at every round through JSON and loading elsewhere changes no later decision."""
    bandit = make()
    for round_number, context in enumerate(contexts):
        arm = bandit.act(context)
        state = json.loads(json.dumps(bandit.state_dict(), allow_nan=False))
        copy = make()
        copy.load_state_dict(state)
        bandit.learn(_loss(arm, round_number))
        copy.learn(_loss(arm, round_number))
        assert_same(bandit.state_dict(), copy.state_dict(), f"round {round_number}")
        bandit = copy


def check_late_feedback(make: Callable[[], Bandit], contexts: list[float]) -> None:
    """With several decisions open, tickets settle each, in any order."""
    bandit = make()
    for start in range(0, len(contexts) - 3, 3):
        opened = []
        for context in contexts[start : start + 3]:
            arm = bandit.act(context)
            opened.append((bandit.last_ticket, arm))
        try:
            bandit.learn(1.0)
        except ValueError:
            pass
        else:
            raise AssertionError("learn() without a ticket guessed among three open decisions")
        bandit.forget(opened[1][0])
        for ticket, arm in (opened[2], opened[0]):
            bandit.learn(_loss(arm, start), ticket)
    assert bandit.state_dict()["pending"] == [], "forgotten or settled decisions are still open"


def _loss(arm: int, round_number: int) -> float:
    return 10.0 + (arm - 2) ** 2 + round_number % 3


def _bounds(bandit: Bandit) -> tuple[float, float]:
    bounds: tuple[float, float] = getattr(bandit, "context_bounds", (0.0, 1.0))
    return bounds


def _assert_refused(bandit: Bandit) -> None:
    for loss in (float("nan"), float("inf"), -1.0):
        try:
            bandit.learn(loss)
        except ValueError:
            continue
        raise AssertionError(f"learn({loss}) was accepted")

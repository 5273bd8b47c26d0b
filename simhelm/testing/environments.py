"""What every Gymnasium environment must pass."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
from gymnasium.utils.env_checker import check_env

from simhelm.testing.equality import assert_same

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
    check_reset_needed(make)
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


def check_baselines(make: MakeEnv) -> None:
    """``baselines()`` names at least one policy, and each gives a legal action."""
    env: Any = make()
    env.reset(seed=2)
    baselines = env.baselines()
    assert baselines, "baselines() is empty: name at least the rule of thumb"
    for name, baseline in baselines.items():
        action = baseline.policy()
        assert env.action_space.contains(action), f"baseline {name!r}: illegal action {action!r}"


def check_reset_needed(make: MakeEnv, steps: int = 10 * STEPS) -> None:
    """A step without an episode raises ResetNeeded; an unknown option of ``reset`` ValueError."""
    env = make()
    env.action_space.seed(1)
    action = env.action_space.sample()
    _assert_refused(lambda: env.step(action), gymnasium.error.ResetNeeded, "step before reset")
    env.reset(seed=1)
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            refused = gymnasium.error.ResetNeeded
            _assert_refused(lambda: env.step(action), refused, "step after the end")
            break
    wrong = {"no such option": 1}
    _assert_refused(lambda: env.reset(options=wrong), ValueError, f"reset(options={wrong})")


def _assert_refused(call: Callable[[], Any], kind: type[Exception], what: str) -> None:
    try:
        call()
    except kind:
        return
    raise AssertionError(f"{what}: expected {kind.__name__}")


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

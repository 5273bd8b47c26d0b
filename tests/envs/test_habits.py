"""What every environment does alike: resets, ends, actions, options; and its vectors' autoreset."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import simhelm  # noqa: F401 - registers the environments
from simhelm.envs.registration import environments
from simhelm.envs.vector import ProcessVectorEnv
from simhelm.testing import assert_same
from tests.envs.vector.toys import Walk

SMALL = {entry.id: dict(entry.small) for entry in environments()}
BATCHED = [
    f"simhelm/{name}-v0"
    for name in ("SolverSequence", "Heat2D", "ThreeBody", "ThreeBodyPaper", "NBody")
]
DISCRETE = [*BATCHED, "simhelm/SubmodelEnrichment-v0"]
MODES = list(AutoresetMode)


def make(env_id: str) -> gymnasium.Env[Any, Any]:
    return gymnasium.make(env_id, disable_env_checker=True, **SMALL[env_id]).unwrapped


@pytest.mark.parametrize("env_id", sorted(SMALL))
def test_a_refusal_says_what_to_do(env_id: str) -> None:
    env = make(env_id)
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset before step"):
        env.step(env.action_space.sample())
    with pytest.raises(ValueError, match="reset: unknown option 'tolerence'"):
        env.reset(seed=0, options={"tolerence": 1e-6})


@pytest.mark.parametrize("env_id", BATCHED)
def test_an_unknown_option_of_a_vector_is_answered_with_the_nearest(env_id: str) -> None:
    vector = gymnasium.make_vec(env_id, 2, vectorization_mode="vector_entry_point", **SMALL[env_id])
    with pytest.raises(ValueError, match="did you mean 'reset_mask'"):
        vector.reset(options={"reset_mas": np.ones(2, np.bool_)})


@pytest.mark.parametrize("env_id", DISCRETE)
def test_one_number_in_any_form_is_a_discrete_action(env_id: str) -> None:
    results = []
    for action in (3, np.int64(3), np.array(3), np.array([3])):
        env = make(env_id)
        env.reset(seed=5)
        results.append(env.step(action))
    for other in results[1:]:
        assert_same(results[0], other, "step")


@pytest.mark.parametrize("env_id", DISCRETE)
@pytest.mark.parametrize("action", [2.0, True, "2", None, np.array([1, 2]), -1, 10_000])
def test_other_discrete_actions_are_refused_in_words(env_id: str, action: Any) -> None:
    env = make(env_id)
    env.reset(seed=5)
    with pytest.raises((TypeError, ValueError), match="action: expected an integer in 0"):
        env.step(action)


@pytest.mark.parametrize("env_id", ["simhelm/RelaxationFactor-v0", "simhelm/RareEventSubmodel-v0"])
def test_other_continuous_actions_are_refused_in_words(env_id: str) -> None:
    env = make(env_id)
    env.reset(seed=5)
    size = int(np.prod(env.action_space.shape or ()))
    for action in (np.full(size, np.nan), np.zeros(size + 1), "high", None):
        with pytest.raises((TypeError, ValueError), match="action: expected"):
            env.step(action)


def compare(ours: Any, theirs: Any, steps: int = 20) -> None:
    """Step by step, with masked resets where nothing restarts by itself."""
    ours.action_space.seed(4)
    assert_same(ours.reset(seed=11), theirs.reset(seed=11), "reset")
    for step in range(steps):
        actions = ours.action_space.sample()
        one, two = ours.step(actions), theirs.step(actions)
        assert_same(one, two, f"step {step}")
        ended = one[2] | one[3]
        if ours.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
            with pytest.raises(gymnasium.error.ResetNeeded):
                ours.step(actions)
            resets = [v.reset(options={"reset_mask": ended.copy()}) for v in (ours, theirs)]
            assert_same(resets[0], resets[1], f"reset after step {step}")
    ours.close()
    theirs.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("env_id", BATCHED)
def test_a_batched_vector_equals_gymnasiums_loop(env_id: str, mode: AutoresetMode) -> None:
    ours = gymnasium.make_vec(
        env_id,
        3,
        vectorization_mode="vector_entry_point",
        autoreset_mode=mode,
        **SMALL[env_id],
    )
    theirs = SyncVectorEnv([lambda: make(env_id)] * 3, autoreset_mode=mode)
    compare(ours, theirs)


@pytest.mark.parametrize("mode", MODES)
def test_a_vector_of_processes_equals_gymnasiums_loop(mode: AutoresetMode) -> None:
    makers = [Walk, Walk, lambda: Walk(3)]
    compare(
        ProcessVectorEnv(makers, 2, autoreset_mode=mode),
        SyncVectorEnv(makers, autoreset_mode=mode),
    )

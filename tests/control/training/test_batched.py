"""Environments on their batch kernel train as the same environments one by one."""

import functools
from typing import Any

import numpy as np
import pytest

from simhelm.control.training.batched import batched_env
from simhelm.control.training.episodes import make_training_env
from simhelm.envs.vector.sb3 import LocalVecEnv

SEEDS = range(1_000, 1_050)
CASES: list[tuple[str, dict[str, Any]]] = [
    ("simhelm/ThreeBody-v0", {"steps": 7, "tolerance": (1e-8, 1e-4)}),
    ("simhelm/ThreeBodyPaper-v0", {"steps": 5}),
    ("simhelm/NBody-v0", {"steps": 4, "bodies": 4}),
]


@pytest.mark.parametrize(("env_id", "arguments"), CASES)
def test_equal_to_single_environments(env_id: str, arguments: dict[str, Any]) -> None:
    together: Any = batched_env(env_id, arguments, 3, SEEDS, 0.5)
    make = functools.partial(make_training_env, env_id, arguments, SEEDS, 0.5)
    single = LocalVecEnv([make] * 3)
    assert together.observation_space == single.observation_space
    rng = np.random.default_rng(0)
    for vector in (together, single):
        vector.seed(11)
    np.testing.assert_array_equal(together.reset(), single.reset())
    for _ in range(18):
        actions = rng.integers(3, 9, 3)
        ours, theirs = together.step(actions), single.step(actions)
        for one, two in zip(ours[:3], theirs[:3], strict=True):
            np.testing.assert_array_equal(one, two)
        for info, other in zip(ours[3], theirs[3], strict=True):
            last, expected = (i.pop("terminal_observation", None) for i in (info, other))
            np.testing.assert_array_equal(last, expected)
            assert info == other
    states = together.env_method("state")
    for state, other in zip(states, single.env_method("state"), strict=True):
        np.testing.assert_equal(state, other)
    fresh: Any = batched_env(env_id, arguments, 3, SEEDS, 0.5)
    fresh.reset()
    replayed = [fresh.env_method("replay", s, indices=i)[0] for i, s in enumerate(states)]
    actions = rng.integers(3, 9, 3)
    np.testing.assert_array_equal(fresh.step(actions)[0], together.step(actions)[0])
    assert len(replayed) == 3
    single.close()


def test_others_have_no_batch_kernel() -> None:
    assert batched_env("simhelm/SolverSequence-v0", {"grid": 3}, 2, SEEDS, 1.0) is None

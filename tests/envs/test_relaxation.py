"""Environments over sequences of systems: actions, failures, baselines, the vector version."""

from typing import Any

import gymnasium
import numpy as np
import pytest

import simhelm  # noqa: F401 - registers the environments

SEQUENCE = "simhelm/SolverSequence-v0"


def _make(**arguments: Any) -> Any:
    return gymnasium.make(SEQUENCE, **{"length": 5, "grid": 5, **arguments}).unwrapped


def test_actions_and_factors_correspond() -> None:
    env = _make(omegas=[1.0, 1.3, 1.7])
    env.reset(seed=0)
    assert [env.choice.omega(a) for a in range(3)] == [1.0, 1.3, 1.7]
    assert env.choice.action(1.4) == 1
    free = _make(action="continuous", omegas=[1.0, 1.8])
    assert [free.choice.omega([x]) for x in (-1.0, 0.0, 1.0, 9.0)] == [1.0, 1.4, 1.8, 1.8]
    assert free.choice.action(1.6)[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("action", "error"),
    [(3, ValueError), (-1, ValueError), (2.7, TypeError), ("1", TypeError), (None, TypeError)],
)
def test_illegal_actions(action: Any, error: type[Exception]) -> None:
    env = _make(omegas=[1.0, 1.3, 1.7])
    env.reset(seed=0)
    with pytest.raises(error):
        env.step(action)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"omegas": [1.0, 2.0]}, r"in \(0, 2\)"),
        ({"omegas": []}, r"in \(0, 2\)"),
        ({"omegas": [1.5, 1.2]}, "ascending"),
        ({"action": "fuzzy"}, "'discrete' or 'continuous'"),
        ({"shifts": "hgih"}, "did you mean 'high'"),
        ({"length": 0}, "length"),
        ({"rtol": -1.0}, "rtol"),
    ],
)
def test_illegal_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _make(**arguments)


def test_a_failed_solve_costs_the_cap_and_says_so() -> None:
    env = _make(max_iterations=3, shifts="none")
    env.reset(seed=0)
    _, reward, _, _, info = env.step(0)
    assert reward == -3.0
    assert info["failure"] == info["end_reason"] == "max_iterations"
    assert info["loss"] == 3


def test_oracles_beat_every_fixed_factor() -> None:
    env = _make(length=30, grid=8)
    totals = {}
    for name in env.baselines():
        env.reset(seed=4)
        policy = env.baselines()[name].policy
        totals[name] = sum(-env.step(policy())[1] for _ in range(30))
    kinds = {name: baseline.kind for name, baseline in env.baselines().items()}
    best_fixed = min(total for name, total in totals.items() if kinds[name] != "oracle")
    assert totals["oracle (best factor a step)"] <= best_fixed
    assert totals["oracle (Young's factor)"] < totals["omega=1"]
    assert kinds["omega=1"] == "rule"


def test_close_factors_keep_names_of_their_own() -> None:
    env = _make(omegas=[1.0000001, 1.0000002, 1.5])
    assert sum(b.kind == "fixed" for b in env.baselines().values()) == 3


def test_remark_where_some_systems_are_indefinite() -> None:
    assert _make(grid=10).remarks == ()
    assert "indefinite" in _make(grid=20).remarks[0]


def _vector(**arguments: Any) -> Any:
    return gymnasium.make_vec(
        SEQUENCE, num_envs=3, vectorization_mode="vector_entry_point", length=4, grid=4, **arguments
    )


def test_vector_reset_takes_any_integer_lists_and_masks() -> None:
    env = _vector()
    first = env.reset(seed=np.int64(3))[0]
    np.testing.assert_array_equal(first, env.reset(seed=[3, 4, 5])[0])
    for _ in range(4):
        env.step(np.zeros(3, dtype=int))
    mask = np.array([True, False, True])
    again = env.reset(seed=[3, None, 5], options={"reset_mask": mask})[0]
    np.testing.assert_array_equal(again[mask], first[mask])
    # The masked-out one ended and restarts with the next step.
    _, rewards, terminated, _, infos = env.step(np.zeros(3, dtype=int))
    assert rewards[1] == 0.0
    assert not terminated.any()
    assert infos["_omega"].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda env: env.reset(seed=[1, 2]), "3 seeds"),
        (lambda env: env.reset(options={"reset_mask": np.array([1, 0, 1])}), "boolean"),
        (lambda env: env.reset(options={"reset_mask": np.array([True])}), "boolean"),
        (lambda env: env.step(np.zeros(4, dtype=int)), "expected 3"),
    ],
)
def test_vector_refusals(call: Any, words: str) -> None:
    env = _vector()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=words):
        call(env)


@pytest.mark.parametrize("env_id", [SEQUENCE, "simhelm/Heat2D-v0"])
def test_vector_step_before_reset(env_id: str) -> None:
    env = gymnasium.make_vec(env_id, num_envs=2, vectorization_mode="vector_entry_point")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros(2, dtype=int))


def test_vector_sequences_share_one_matrix() -> None:
    env = _vector().unwrapped
    assert len({id(sequence.matrix) for sequence in env.episodes.sequences}) == 1
    with pytest.raises(ValueError, match="num_envs"):
        gymnasium.make_vec(SEQUENCE, num_envs=0, vectorization_mode="vector_entry_point")

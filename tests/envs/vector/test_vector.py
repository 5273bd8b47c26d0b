"""Vectors in processes: equal to the libraries' own, and honest about death (F27)."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv
from stable_baselines3.common.vec_env import DummyVecEnv

import simhelm  # noqa: F401 - registers the environments
from simhelm.envs.vector import EnvironmentFailed, ProcessVectorEnv
from simhelm.envs.vector.sb3 import LocalVecEnv, ProcessVecEnv
from simhelm.envs.vector.worker_group import shares
from simhelm.testing import assert_same
from tests.envs.vector.toys import Walk

HEAT = functools.partial(gymnasium.make, "simhelm:simhelm/Heat2D-v0", nx=6, steps=4)
MAKERS: dict[str, list[Callable[[], Any]]] = {
    "walk": [functools.partial(Walk, length) for length in (3, 5, 4)],
    "continuous": [functools.partial(Walk, 4, continuous=True)] * 3,
    "heat": [HEAT] * 3,
}


@pytest.mark.parametrize("kind", ["walk", "continuous"])
def test_gymnasium_view_equals_sync_vector_env(kind: str) -> None:
    makers = MAKERS[kind]
    ours, theirs = ProcessVectorEnv(makers, 2), SyncVectorEnv(makers)
    ours.action_space.seed(4)
    assert_same(ours.reset(seed=11), theirs.reset(seed=11), "reset")
    for step in range(15):
        actions = ours.action_space.sample()
        assert_same(ours.step(actions), theirs.step(actions), f"step {step}")
    mask = np.array([True, False, True])
    one = ours.reset(seed=[3, None, 5], options={"reset_mask": mask})
    two = theirs.reset(seed=[3, None, 5], options={"reset_mask": mask})
    assert_same(one, two, "masked reset")
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("kind", "remote"), [*((kind, False) for kind in MAKERS), ("walk", True), ("heat", True)]
)
def test_sb3_view_equals_dummy_vec_env(kind: str, remote: bool) -> None:
    makers = MAKERS[kind]
    ours: Any = ProcessVecEnv(makers, 2) if remote else LocalVecEnv(makers)
    theirs = DummyVecEnv(makers)
    space = ours.action_space
    space.seed(4)
    ours.seed(7)
    theirs.seed(7)
    assert_same(ours.reset(), theirs.reset(), "reset")
    for step in range(15):
        actions = np.array([space.sample() for _ in makers])
        assert_same(ours.step(actions), theirs.step(actions), f"step {step}")
        assert_same(ours.reset_infos, theirs.reset_infos, f"reset infos, step {step}")
    ours.close()
    theirs.close()


def test_attributes_and_methods_reach_the_environments() -> None:
    vector = ProcessVecEnv(MAKERS["walk"], 2)
    assert vector.get_attr("length") == [3, 5, 4]
    vector.set_attr("length", 9, [1, 2])
    assert vector.get_attr("length") == [3, 9, 9]
    assert vector.env_method("double", 21, indices=2) == [42]
    assert vector.env_is_wrapped(gymnasium.Wrapper) == [False] * 3
    vector.close()


def test_an_exception_names_environment_and_action() -> None:
    makers = [functools.partial(Walk, fail_at=at) for at in (-1, -1, 3)]
    vector = ProcessVectorEnv(makers, 2)
    vector.reset(seed=1)
    for _ in range(2):
        vector.step([0, 1, 0])
    with pytest.raises(EnvironmentFailed, match="the walker stumbled") as caught:
        vector.step([0, 1, 1])
    assert (caught.value.index, caught.value.last_action) == (2, 1)
    assert caught.value.place.startswith("process ")
    assert "ArithmeticError" in caught.value.reason
    vector.close()


def _reset_for_gymnasium(vector: Any) -> None:
    vector.reset(seed=1)


def _reset_for_sb3(vector: Any) -> None:
    vector.seed(1)
    vector.reset()


@pytest.mark.parametrize(
    ("view", "reset"),
    [(ProcessVectorEnv, _reset_for_gymnasium), (ProcessVecEnv, _reset_for_sb3)],
)
def test_a_killed_worker_is_reported_with_its_signal(view: Any, reset: Any) -> None:
    """F27: SIGKILL of one of three workers."""
    vector = view([functools.partial(Walk, die_at=at) for at in (-1, 2, -1)], 3)
    reset(vector)
    vector.step(np.array([0, 2, 1]))
    with pytest.raises(EnvironmentFailed, match="killed by SIGKILL") as caught:
        vector.step(np.array([0, 1, 2]))
    assert (caught.value.index, caught.value.last_action) == (1, 1)
    vector.close()


def test_respawn_truncates_the_episode_for_sb3(tmp_path: Path) -> None:
    once = str(tmp_path / "died")
    makers = [functools.partial(Walk, die_at=at, once=once) for at in (-1, 2, -1)]
    vector: Any = ProcessVecEnv(makers, 3, on_death="respawn")
    vector.seed(3)
    vector.reset()
    before, *_ = vector.step(np.array([1, 1, 1]))
    after, rewards, dones, infos = vector.step(np.array([1, 1, 1]))
    assert dones.tolist() == [False, True, False]
    assert infos[1]["TimeLimit.truncated"] is True
    assert infos[1]["worker_died"] == "killed by SIGKILL"
    assert np.array_equal(infos[1]["terminal_observation"], before[1])
    assert after[1, 1] == 0.0, "a new episode"
    assert rewards[1] == 0.0
    assert "worker_died" not in infos[0]
    assert vector.step(np.array([1, 1, 1]))[0][1, 1] == 1.0
    vector.close()


def test_respawn_truncates_the_episode_for_gymnasium(tmp_path: Path) -> None:
    once = str(tmp_path / "died")
    makers = [functools.partial(Walk, die_at=at, once=once) for at in (-1, 2)]
    vector = ProcessVectorEnv(makers, 2, on_death="respawn")
    vector.reset(seed=3)
    before, *_ = vector.step(np.array([1, 1]))
    last, _, terminated, truncated, infos = vector.step(np.array([1, 1]))
    assert truncated.tolist() == [False, True]
    assert not terminated.any()
    assert np.array_equal(last[1], before[1])
    assert infos["worker_died"].tolist() == [None, "killed by SIGKILL"]
    first, _, _, truncated, _ = vector.step(np.array([1, 1]))
    assert first[1, 1] == 0.0
    assert not truncated.any()
    vector.close()


def test_a_worker_that_always_dies_is_given_up() -> None:
    vector = ProcessVecEnv([functools.partial(Walk, die_at=1)], 1, on_death="respawn")
    proxy: Any = vector._group._proxies[0]
    proxy._respawns = 9  # saves nine deaths
    vector.reset()
    vector.step(np.array([1]))
    with pytest.raises(EnvironmentFailed, match="started again 10 times"):
        vector.step(np.array([1]))
    vector.close()


def _broken() -> Any:
    raise ValueError("no such grid")


def test_an_environment_that_cannot_be_made_is_told() -> None:
    with pytest.raises(EnvironmentFailed, match="no such grid") as caught:
        ProcessVectorEnv([MAKERS["walk"][0], _broken], 2)
    assert caught.value.index == 1


def test_different_spaces_and_nested_ones_are_refused() -> None:
    with pytest.raises(EnvironmentFailed, match="differ in their spaces"):
        LocalVecEnv([MAKERS["walk"][0], MAKERS["continuous"][0]])

    class Nested(Walk):
        def __init__(self) -> None:
            super().__init__()
            self.observation_space = gymnasium.spaces.Dict({"x": self.observation_space})  # type: ignore[assignment]

    with pytest.raises(TypeError, match="FlattenObservation"):
        LocalVecEnv([Nested])


@pytest.mark.parametrize(
    ("workers", "on_death", "words"),
    [(0, "raise", "at least 1"), (1, "ignore", "'raise' or 'respawn'")],
)
def test_wrong_arguments_are_refused(workers: int, on_death: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ProcessVectorEnv(MAKERS["walk"], workers, on_death=on_death)


def test_environments_are_dealt_evenly_and_in_order() -> None:
    for total in range(1, 9):
        for parts in range(1, 6):
            dealt = shares(total, parts)
            assert [index for share in dealt for index in share] == list(range(total))
            assert max(map(len, dealt)) - min(map(len, dealt)) <= 1

"""Mistakes in the arguments of an environment are explained with what it takes."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

import simhelm  # noqa: F401 - registers the environments
from simhelm.control.environments import argument_names, make_environment
from simhelm.core.errors import ConfigurationError
from simhelm.envs.registration import SEQUENTIAL


@pytest.mark.parametrize(
    ("env_id", "wrong", "right"),
    [
        ("simhelm/Heat2D-v0", "nxx", "nx"),
        ("simhelm/ThreeBody-v0", "bodys", "bodies"),
        ("simhelm/ThreeBodyPaper-v0", "step", "steps"),
        ("simhelm/ModeChoice-v0", "person", "persons"),
        ("CartPole-v1", "render", "render_mode"),
        ("simhelm:simhelm/Heat2D-v0", "nxx", "nx"),
    ],
)
def test_an_unknown_argument_is_answered_with_the_nearest(
    env_id: str, wrong: str, right: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"here: unknown .*did you mean '{right}'"):
        make_environment(env_id, {wrong: 3}, "here")


@pytest.mark.parametrize(
    ("env_id", "told"),
    [
        ("simhelm/Heat2-v0", "did you mean 'simhelm/Heat2D-v0'"),
        ("simhelm:simhelm/Heat2-v0", "did you mean 'simhelm/Heat2D-v0'"),
        ("no_such_module:Heat2D-v0", "No module named 'no_such_module'"),
    ],
)
def test_an_unknown_id_is_answered(env_id: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        make_environment(env_id, {})


@pytest.mark.parametrize("env_id", [entry.id for entry in SEQUENTIAL])
def test_arguments_that_are_named_exist(env_id: str) -> None:
    """Docstrings, where constructors hand arguments on, and code name the same."""
    names = argument_names(gymnasium.spec(env_id))
    assert "render_mode" in names
    assert len(names) > 2
    for name in names:
        assert "unexpected keyword" not in _complaint(env_id, {name: object()})


def _complaint(env_id: str, arguments: dict[str, Any]) -> str:
    try:
        gymnasium.make(env_id, **arguments)
    except (ValueError, TypeError, AttributeError) as error:
        return str(error)
    return ""

"""Import paths of earlier releases lead to the same objects."""

import importlib

import pytest

from simhelm.moved import MOVED


@pytest.mark.parametrize("old", sorted(MOVED))
def test_an_old_path_is_the_new_module(old: str) -> None:
    assert importlib.import_module(old) is importlib.import_module(MOVED[old])


def test_names_that_users_hold() -> None:
    from simhelm.calibration import RelaxationTuner, testing
    from simhelm.core.problem import Problem
    from simhelm.simulators import Problem as Held

    assert Held is Problem
    assert callable(testing.check_problem)
    assert RelaxationTuner.__module__ == "simhelm.control.tuner"

"""The global generator after code that drew from it."""

import warnings

import numpy as np
import pytest

from simhelm.agents.samplers.isolation import isolated, seed_words


def draws(words: np.ndarray) -> list[float]:
    with isolated(words):
        return list(np.random.rand(3))  # noqa: NPY002


def test_draws_belong_to_the_words_and_leave_no_trace() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    assert draws(seed_words(1, 2)) == draws(seed_words(1, 2)) != draws(seed_words(1, 2, 0))
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002


def draw_warn_and_fail() -> None:
    with isolated(seed_words(0)):
        np.random.rand()  # noqa: NPY002
        warnings.warn("not heard", DeprecationWarning, stacklevel=1)
        assert np.isinf(np.float64(1.0) / np.float64(0.0))
        raise ZeroDivisionError


def test_nothing_remains_after_an_exception() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    traps = np.geterr()
    with pytest.raises(ZeroDivisionError):
        draw_warn_and_fail()
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002
    assert np.geterr() == traps
    with pytest.raises(DeprecationWarning):
        warnings.warn("heard again", DeprecationWarning, stacklevel=1)

"""The contract tests: what everything that can be plugged in must pass, ours or yours.

Call them from a test of your own package::

    from simhelm import testing

    def test_my_simulator():
        testing.check_problem(MySimulator())

Each raises AssertionError (or the checker's own error) with what is wrong. Stable-Baselines3
is needed for environments: ``pip install 'simhelm[rl]'``.
"""

from simhelm.testing.bandits import check_bandit, check_late_feedback, check_restart
from simhelm.testing.environments import (
    check_baselines,
    check_environment,
    check_pickling,
    check_reset_needed,
    check_same_seed_same_bits,
    check_spaces_and_api,
    check_vector_twin,
)
from simhelm.testing.equality import assert_same
from simhelm.testing.executors import check_executor
from simhelm.testing.problems import check_problem, check_refusals, check_sending
from simhelm.testing.samplers import check_sampler

__all__ = [
    "assert_same",
    "check_bandit",
    "check_baselines",
    "check_environment",
    "check_executor",
    "check_late_feedback",
    "check_pickling",
    "check_problem",
    "check_refusals",
    "check_reset_needed",
    "check_restart",
    "check_same_seed_same_bits",
    "check_sampler",
    "check_sending",
    "check_spaces_and_api",
    "check_vector_twin",
]

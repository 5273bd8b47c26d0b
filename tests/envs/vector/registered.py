"""Registers an environment that fails after some steps, for tests of the command line."""

import gymnasium

gymnasium.register("tests/Failing-v0", "tests.envs.vector.toys:Walk", kwargs={"fail_at": 2})

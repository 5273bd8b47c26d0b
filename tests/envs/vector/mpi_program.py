"""Run under mpiexec: rank 0 compares vectors over ranks with local ones, and prints what failed."""

from __future__ import annotations

import functools
import sys
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import SyncVectorEnv
from mpi4py import MPI
from stable_baselines3.common.vec_env import DummyVecEnv

import simhelm  # noqa: F401 - registers the environments
from simhelm.envs.vector import (
    EnvironmentFailed,
    MPIVectorEnv,
    dismiss_ranks,
    serve_environments,
)
from simhelm.envs.vector.sb3 import MPIVecEnv
from simhelm.testing import assert_same
from tests.envs.vector.toys import Walk

HEAT = functools.partial(gymnasium.make, "simhelm:simhelm/Heat2D-v0", nx=6, steps=4)
DESIGN = functools.partial(gymnasium.make, "simhelm:simhelm/RelaxationFactor-v0", grid=4, systems=1)
FIELDS: list[list[Any]] = [
    [functools.partial(Walk, length) for length in (3, 5, 4, 6, 2)],
    [HEAT] * 3,
    [DESIGN] * 2,
    [functools.partial(Walk, 4, continuous=True)],
]


def compare(communicator: Any, makers: list[Any]) -> None:
    ours, theirs = MPIVecEnv(makers, communicator), DummyVecEnv(makers)
    ours.seed(5)
    theirs.seed(5)
    ours.action_space.seed(2)
    assert_same(ours.reset(), theirs.reset(), "reset")
    for step in range(12):
        actions = np.array([ours.action_space.sample() for _ in makers])
        assert_same(ours.step(actions), theirs.step(actions), f"step {step}")
    ours.close()
    vector, twin = MPIVectorEnv(makers, communicator), SyncVectorEnv(makers)
    assert_same(vector.reset(seed=3), twin.reset(seed=3), "reset")
    vector.action_space.seed(1)
    for step in range(12):
        actions = vector.action_space.sample()
        assert_same(vector.step(actions), twin.step(actions), f"step {step}")
    vector.close()


def fail(communicator: Any) -> None:
    makers = [functools.partial(Walk, fail_at=at) for at in (-1, -1, 2, -1)]
    vector = MPIVecEnv(makers, communicator)
    vector.seed(1)
    vector.reset()
    vector.step(np.array([0, 1, 2, 0]))
    try:
        vector.step(np.array([0, 0, 1, 0]))
    except EnvironmentFailed as failure:
        place = failure.place.split(" (")[0]
        sys.stdout.write(f"failed: {failure.index} {failure.last_action} {place}\n")
    vector.close()


def main() -> None:
    # A part of the world, with its ranks in another order: the library must use what it is given.
    world = MPI.COMM_WORLD
    inside = world.rank != 0 or world.size < 3
    communicator = world.Split(0 if inside else MPI.UNDEFINED, key=-world.rank)
    if communicator == MPI.COMM_NULL:
        return
    if communicator.rank > 0:
        serve_environments(communicator)
        return
    try:
        for makers in FIELDS:
            compare(communicator, makers)
        fail(communicator)
        compare(communicator, FIELDS[0])
        sys.stdout.write(f"all equal on {communicator.size} ranks\n")
    finally:
        dismiss_ranks(communicator)
    sys.stdout.flush()


if __name__ == "__main__":
    main()

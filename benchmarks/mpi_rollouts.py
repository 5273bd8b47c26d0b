"""What it costs to hold environments on MPI ranks, and what it gains.

Run with the mpiexec of the environment that simhelm is installed in::

    .venv/bin/mpiexec -n 2 .venv/bin/python -m mpi4py -m benchmarks.mpi_rollouts

Two environments are stepped by the learner's side without any learning: one whose step costs
nothing, where only the messages count, and the heat equation. The time of a step of the whole
vector is the least of several repeats, as neighbours on the machine can only add to it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

import simhelm  # noqa: F401 - registers the environments
from simhelm.calibration.terminal import print_table
from simhelm.envs.vector import dismiss_ranks, serve_environments
from simhelm.envs.vector.sb3 import LocalVecEnv, MPIVecEnv, ProcessVecEnv


class Idle(gymnasium.Env[NDArray[np.float64], Any]):
    """Eight numbers that never change."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's form
    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (8,), np.float64)
    action_space = gymnasium.spaces.Discrete(4)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        """The eight numbers."""
        super().reset(seed=seed)
        return np.zeros(8), {}

    def step(self, action: Any) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        """The eight numbers."""
        return np.zeros(8), 0.0, False, False, {}


FIELDS: dict[str, Callable[[], Any]] = {
    "idle": Idle,
    "Heat2D, nx = 25": functools.partial(gymnasium.make, "simhelm:simhelm/Heat2D-v0", nx=25),
}


def seconds_a_step(vector: Any, steps: int, repeats: int) -> float:
    """The least over the repeats of the mean over the steps; the vector is closed."""
    vector.seed(0)
    vector.reset()
    actions = np.array([index % vector.action_space.n for index in range(vector.num_envs)])
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(steps):
            vector.step(actions)
        best = min(best, (time.perf_counter() - start) / steps)
    vector.close()
    return best


def row(
    name: str, kind: str, envs: int, seconds: float, local: float, messages: int
) -> dict[str, str]:
    """A line of the table."""
    overhead = 1e6 * (seconds - local) / messages if messages else None
    return {
        "environment": name,
        "environments": str(envs),
        "held by": kind,
        "vector steps/s": f"{1.0 / seconds:,.0f}",
        "environment steps/s": f"{envs / seconds:,.0f}",
        "against this process": f"{local / seconds:.2f}",
        "µs a worker and step": "" if overhead is None else f"{overhead:.1f}",
    }


def measure(
    communicator: Any, sizes: Sequence[int], steps: int, repeats: int
) -> list[dict[str, str]]:
    """The table, made on rank 0 of the communicator (None: without MPI)."""
    rows = []
    for name, make in FIELDS.items():
        for envs in sizes:
            makers = [make] * envs
            local = seconds_a_step(LocalVecEnv(makers), steps, repeats)
            rows.append(row(name, "this process", envs, local, local, 0))
            if communicator is None:
                seconds = seconds_a_step(ProcessVecEnv(makers, 2), steps, repeats)
                rows.append(row(name, "2 processes", envs, seconds, local, 2))
                continue
            seconds = seconds_a_step(MPIVecEnv(makers, communicator), steps, repeats)
            kind = f"{communicator.size} MPI ranks"
            rows.append(row(name, kind, envs, seconds, local, communicator.size - 1))
    return rows


def main(sizes: Sequence[int] = (2, 8, 32), steps: int = 200, repeats: int = 7) -> None:
    """Print the table; under mpiexec with all ranks, else with two processes."""
    from simhelm.calibration.study.mpi import inside_mpi_job, world

    communicator = world() if inside_mpi_job() else None
    if communicator is not None and communicator.rank > 0:
        serve_environments(communicator)
        return
    try:
        rows = measure(communicator, sizes, steps, repeats)
    finally:
        if communicator is not None:
            dismiss_ranks(communicator)
    print_table(rows, title=f"Vectors of environments, least of {repeats} x {steps} steps")


if __name__ == "__main__":
    main()

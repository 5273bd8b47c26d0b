"""What it costs to hold environments on MPI ranks, and what it gains.

Run with the mpiexec of the environment that simhelm is installed in::

    .venv/bin/mpiexec -n 2 .venv/bin/python -m mpi4py -m benchmarks.mpi_rollouts

Two environments are stepped by the learner's side without any learning: one whose step costs
nothing, where only the messages count, and the heat equation. The time of a step of the whole
vector is the least of several repeats, as neighbours on the machine can only add to it.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

import simhelm  # noqa: F401 - registers the environments
from benchmarks.comparison import Comparison
from simhelm.envs.vector import dismiss_ranks, serve_environments
from simhelm.envs.vector.sb3 import LocalVecEnv, MPIVecEnv, ProcessVecEnv
from simhelm.experiments.terminal import print_table


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


def seconds_a_step(vectors: dict[str, Any], steps: int, repeats: int) -> dict[str, float]:
    """Of each, the least over the repeats of the mean over the steps; the vectors are closed.

    They take turns, so that a busy time of the machine meets all of them.
    """
    best = dict.fromkeys(vectors, float("inf"))
    for vector in vectors.values():
        vector.seed(0)
        vector.reset()
    for _ in range(repeats):
        for name, vector in vectors.items():
            actions = np.arange(vector.num_envs) % vector.action_space.n
            start = time.perf_counter()
            for _ in range(steps):
                vector.step(actions)
            best[name] = min(best[name], (time.perf_counter() - start) / steps)
    for vector in vectors.values():
        vector.close()
    return best


def measure(
    communicator: Any, sizes: Sequence[int], steps: int, repeats: int
) -> list[dict[str, str]]:
    """The table, made on rank 0 of the communicator (None: without MPI)."""
    rows = []
    for name, make in FIELDS.items():
        for envs in sizes:
            makers = [make] * envs
            vectors: dict[str, Any] = {"this process": LocalVecEnv(makers)}
            if communicator is None:
                vectors["2 processes"] = ProcessVecEnv(makers, 2)
            else:
                vectors[f"{communicator.size} MPI ranks"] = MPIVecEnv(makers, communicator)
            found = seconds_a_step(vectors, steps, repeats)
            rows += [
                {
                    "environment": name,
                    "environments": str(envs),
                    "held by": kind,
                    "µs a vector step": f"{1e6 * seconds:,.1f}",
                    "environment steps/s": f"{envs / seconds:,.0f}",
                    "speed against this process": f"{found['this process'] / seconds:.2f}",
                }
                for kind, seconds in found.items()
            ]
    return rows


def compare(steps: int = 400, repeats: int = 3) -> list[Comparison]:
    """Two heat equations in two processes, beside Stable-Baselines3's."""
    from stable_baselines3.common.vec_env import SubprocVecEnv

    makers = [FIELDS["Heat2D, nx = 25"]] * 2
    peer = "Stable-Baselines3 SubprocVecEnv"
    vectors: dict[str, Any] = {
        "here": LocalVecEnv(makers),
        "ours": ProcessVecEnv(makers, 2),
        peer: SubprocVecEnv(makers, start_method="spawn"),
    }
    rate = {name: 2.0 / spent for name, spent in seconds_a_step(vectors, steps, repeats).items()}
    limit = ("two processes without messages", 2.0 * rate["here"])
    what = "Heat2D-v0 (nx = 25) in two processes"
    return [Comparison(what, "environment steps", rate["ours"], {peer: rate[peer]}, limit)]


def main(sizes: Sequence[int] = (2, 8, 32), steps: int = 200, repeats: int = 7) -> None:
    """Print the table; under mpiexec with all ranks, else with two processes."""
    from simhelm.experiments.ranks import inside_mpi_job, world

    communicator = world() if inside_mpi_job() else None
    if communicator is not None and communicator.rank > 0:
        serve_environments(communicator)
        return
    try:
        rows = measure(communicator, sizes, steps, repeats)
    finally:
        if communicator is not None:
            dismiss_ranks(communicator)
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    title = f"Vectors of environments, least of {repeats} x {steps} steps; load a core {load:.1f}"
    print_table(rows, title=title)


if __name__ == "__main__":
    main()

"""Vectors of environments in this process, in spawned processes, or on MPI ranks.

All three give the same transitions for the same seeds. The views for Stable-Baselines3 are in
``simhelm.envs.vector.sb3``, which needs the extra ``rl``.
"""

from simhelm.envs.vector.failure import EnvironmentFailed
from simhelm.envs.vector.gymnasium_view import MPIVectorEnv, ProcessVectorEnv
from simhelm.envs.vector.ranks import dismiss_ranks, serve_environments

__all__ = [
    "EnvironmentFailed",
    "MPIVectorEnv",
    "ProcessVectorEnv",
    "dismiss_ranks",
    "serve_environments",
]

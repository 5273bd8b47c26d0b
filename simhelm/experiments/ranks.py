"""The ranks of an MPI job: one leads, the others help until it is done."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from simhelm.experiments.signals import left_to_rank_0


def inside_mpi_job() -> bool:
    """Whether an MPI launcher started this process and others; imports nothing."""
    sizes = ("PMI_SIZE", "PMIX_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")
    return any(os.environ.get(name, "1") not in ("", "1") for name in sizes)


def uses_mpi(executor: str | None) -> bool:
    """Whether an executor's name means MPI; without a name, whether this is a rank of a job."""
    return executor == "mpi" or (executor is None and inside_mpi_job())


def world() -> Any:
    """``MPI.COMM_WORLD``.

    Raises:
        ImportError: mpi4py is missing.
    """
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise ImportError("ranks need mpi4py: pip install 'simhelm[mpi]'") from error
    return MPI.COMM_WORLD


def is_helper(executor: str | None) -> bool:
    """Whether this process is a rank that another one leads."""
    return uses_mpi(executor) and world().rank != 0


@contextlib.contextmanager
def leading(
    executor: str | None, serve: Callable[[Any], None], dismiss: Callable[[Any], None]
) -> Iterator[bool]:
    """Within: True for the process that leads; False on other ranks, which have served by then.

    Args:
        executor: its name on the command line.
        serve: what another rank does with the communicator until it is dismissed.
        dismiss: ends that, whatever happened within.
    """
    if not uses_mpi(executor):
        yield True
    elif world().rank:
        with left_to_rank_0():
            serve(world())
        yield False
    else:
        try:
            yield True
        finally:
            dismiss(world())

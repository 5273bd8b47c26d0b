"""A Monte Carlo in its directory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from simhelm.calibration.sampling.configuration import MonteCarloConfig
from simhelm.calibration.sampling.report import (
    draw_distribution,
    draw_hit_plate,
    records,
    write_samples,
)
from simhelm.calibration.sampling.sampling import sample
from simhelm.calibration.study.pool import local_executor
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.experiments.atomic_write import write_json
from simhelm.experiments.directory import Layout, read_json

CONFIG, SAMPLES, RECORDS = "monte_carlo.json", "samples.parquet", "records.json"
DISTRIBUTION, PLATE = "distribution.png", "plate.png"
LAYOUT = Layout("Monte Carlo", CONFIG, (RECORDS,))


def run_monte_carlo(
    config: MonteCarloConfig, directory: Path, executor: Executor, *, overwrite: bool
) -> list[dict[str, str]]:
    """Sample, write samples and pictures; returns the rows to print.

    The same file again repeats the sampling with the solves that are kept in the directory.

    Raises:
        ConfigurationError: the directory holds something else.
        DirectoryError: what it holds is damaged.
        StudyLocked: another process holds the lock.
    """
    with LAYOUT.claimed(directory, config.model_dump(), overwrite=overwrite):
        (directory / RECORDS).unlink(missing_ok=True)
        samples = sample(config, directory, executor)
        write_samples(directory / SAMPLES, samples)
        draw_distribution(directory / DISTRIBUTION, samples, config)
        draw_hit_plate(directory / PLATE, config)
        rows = records(samples, config.seed)
        write_json(directory / RECORDS, rows)
    return rows


def read_monte_carlo(directory: Path) -> tuple[str, list[dict[str, str]]]:
    """Title and rows of a finished one.

    Raises:
        DirectoryError: it did not finish, or its files are damaged.
    """
    if not (directory / RECORDS).is_file():
        raise DirectoryError(
            f"{directory}: the Monte Carlo did not finish; run the same command again"
        )
    config, rows = read_json(directory / CONFIG), read_json(directory / RECORDS, list)
    try:
        return str(config["title"]), [dict(row) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise DirectoryError(
            f"{directory}: damaged ({error!r}); run the same command with --overwrite"
        ) from error


@contextlib.contextmanager
def opened(executor: str | None, workers: int) -> Iterator[Executor | None]:
    """The executor that the command line names; None on MPI ranks that only help."""
    from simhelm.experiments.ranks import uses_mpi, world

    if uses_mpi(executor):
        communicator = world()
        from mpi4py.futures import MPICommExecutor

        library: Any = MPICommExecutor
        with library(communicator, root=0) as ranks:
            yield ranks
    elif executor in (None, "processes"):
        with local_executor(workers) as pool:
            yield pool
    elif executor == "serial":
        with local_executor(0) as serial:
            yield serial
    else:
        raise ConfigurationError(
            f"executor {executor!r}: a Monte Carlo takes serial, processes or mpi"
        )

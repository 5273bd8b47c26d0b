"""What ``run`` does with a Monte Carlo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.cli.app import OutputFormat, interruptible, log, print_records


def run_file(
    table: Mapping[str, Any],
    file: Path,
    directory: Path,
    *,
    overwrite: bool,
    executor: str | None,
    workers: int,
    form: OutputFormat,
) -> None:
    """Sample the submodel of a run file; on MPI ranks other than the first, help."""
    from simhelm.calibration.sampling.configuration import parse
    from simhelm.calibration.sampling.run import DISTRIBUTION, PLATE, opened, run_monte_carlo

    config = parse(table, where=str(file))
    with interruptible(), opened(executor, workers) as ranks:
        if ranks is None:
            return
        rows = run_monte_carlo(config, directory, ranks, overwrite=overwrite)
    print_records(rows, form, title=config.title)
    log.info("intervals are those of sampling; what the training solves leave open adds to them")
    log.info("pictures: %s, %s", directory / DISTRIBUTION, directory / PLATE)


def is_monte_carlo(directory: Path) -> bool:
    """Whether a Monte Carlo was begun there."""
    return (directory / "monte_carlo.json").is_file()


def show(directory: Path, form: OutputFormat) -> None:
    """Print the table of a finished Monte Carlo."""
    from simhelm.calibration.sampling.run import read_monte_carlo

    title, rows = read_monte_carlo(directory)
    print_records(rows, form, title=title)

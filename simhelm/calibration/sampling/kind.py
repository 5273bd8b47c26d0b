"""Monte Carlo, as the verbs of the command line see it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.calibration.sampling.configuration import MonteCarloConfig, parse
from simhelm.calibration.sampling.run import (
    CONFIG,
    DISTRIBUTION,
    LAYOUT,
    PLATE,
    opened,
    read_monte_carlo,
    run_monte_carlo,
)
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.experiments.atomic_write import write_text
from simhelm.experiments.directory import read_json
from simhelm.experiments.kinds import Options, Shown, Status
from simhelm.experiments.lock import owner
from simhelm.experiments.page import html_table, listing, page, paragraph, picture
from simhelm.experiments.signals import interruptible

log = logging.getLogger("simhelm")

_REMARK = "intervals are those of sampling; what the training solves leave open adds to them"


class _MonteCarlos:
    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        return _run(parse(table, str(file)), directory, options)

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        if LAYOUT.is_complete(directory):
            log.info("%s: the Monte Carlo is complete", directory)
            return [self.show(directory)]
        return _run(_stored(directory), directory, options)

    def status(self, directory: Path) -> Status:
        config = _stored(directory)
        samples = config.monte_carlo.samples
        done = samples if LAYOUT.is_complete(directory) else 0
        return Status(config.title, owner(directory), done, samples, "samples")

    def show(self, directory: Path, **selection: Any) -> Shown:
        return Shown(*read_monte_carlo(directory))

    def report(self, directory: Path) -> Path:
        return write_text(directory / "report.html", self.page(directory))

    def page(self, directory: Path) -> str:
        title, rows = read_monte_carlo(directory)
        pictures = {"Distribution": DISTRIBUTION, "The plate": PLATE}
        return page(
            title,
            [
                html_table([("", row) for row in rows]),
                paragraph(f"{_REMARK.capitalize()}."),
                *(
                    picture(caption, directory / name)
                    for caption, name in pictures.items()
                    if (directory / name).is_file()
                ),
                listing("Configuration", json.dumps(read_json(directory / CONFIG), indent=2)),
            ],
        )


SAMPLING = _MonteCarlos()


def _stored(directory: Path) -> MonteCarloConfig:
    try:
        return parse(read_json(directory / CONFIG), str(directory / CONFIG))
    except ConfigurationError as error:
        raise DirectoryError(f"{directory}: corrupt or of another version: {error}") from error


def _run(config: MonteCarloConfig, directory: Path, options: Options) -> list[Shown]:
    with interruptible(), opened(options.executor, options.workers or 1) as ranks:
        if ranks is None:
            return []
        rows = run_monte_carlo(config, directory, ranks, overwrite=options.overwrite)
    log.info(_REMARK)
    log.info("pictures: %s, %s", directory / DISTRIBUTION, directory / PLATE)
    return [Shown(config.title, rows)]

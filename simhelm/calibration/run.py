"""A run from configuration to directory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from simhelm.calibration.report import write_report
from simhelm.calibration.run_directory import (
    FinishedRun,
    prepare_directory,
    read_run,
    write_run,
)
from simhelm.calibration.schema import SteeringConfig
from simhelm.calibration.steering import (
    entrants,
    make_environment,
    play,
    steerable,
    warm_up,
)

log = logging.getLogger(__name__)

# Called with (rounds done, rounds in all, name of the policy at work).
Progress = Callable[[int, int, str], None]


def run_steering(
    config: SteeringConfig,
    directory: Path,
    *,
    overwrite: bool = False,
    progress: Progress = lambda done, total, name: None,
) -> FinishedRun:
    """Run every baseline and learner of a configuration and write the run directory.

    A directory that holds the same run, complete, is read instead.

    Raises:
        ConfigurationError: for a configuration or directory that cannot be used.
    """
    env = make_environment(config)
    field = entrants(config, env)
    if not prepare_directory(directory, config, overwrite=overwrite):
        return read_run(directory)
    inner = steerable(env)
    for remark in inner.remarks:
        log.info("%s", remark)
    total = inner.episode_length * sum(entrant.repeats for entrant in field)
    done = 0
    name = field[0].name

    def advance(rounds: int) -> None:
        nonlocal done
        done += rounds
        progress(done, total, name)

    episodes = []
    warm_up(env, field)
    for entrant, repeat, episode in play(env, field, config.seed, advance):
        name = entrant.name
        episodes.append((entrant, repeat, episode))
    run = write_run(directory, episodes, inner.remarks)
    write_report(run)
    return run

"""A run from configuration to directory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium

from simhelm.control.configuration import SteeringConfig
from simhelm.control.report import write_report
from simhelm.control.run_directory import (
    LAYOUT,
    REPORT,
    FinishedRun,
    identity_of,
    read_run,
    write_run,
)
from simhelm.control.steering import (
    Entrant,
    entrants,
    make_environment,
    play,
    resolve,
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
    folder: Path = Path(),
    overwrite: bool = False,
    progress: Progress = lambda done, total, name: None,
) -> FinishedRun:
    """Run every baseline and learner of a configuration and write the run directory.

    A directory that holds the same run, complete, is read instead.

    Args:
        folder: where relative paths in the configuration start.

    Raises:
        ConfigurationError: for a configuration or directory that cannot be used.
        StudyLocked: another process is at work in the directory.
    """
    config = resolve(config, folder)
    env = make_environment(config)
    field = entrants(config, env)
    with LAYOUT.claimed(directory, identity_of(config), overwrite=overwrite) as complete:
        if complete:
            log.info("%s holds this run already, complete: read, not run again", directory)
            run = read_run(directory)
        else:
            run = _played(config, directory, env, field, progress)
        if not (directory / REPORT).is_file() or overwrite:
            write_report(run)
    return run


def _played(
    config: SteeringConfig,
    directory: Path,
    env: gymnasium.Env[Any, Any],
    field: list[Entrant],
    progress: Progress,
) -> FinishedRun:
    inner = steerable(env)
    for remark in inner.remarks:
        log.info("%s", remark)
    total = inner.episode_length * sum(entrant.repeats for entrant in field)
    done = 0

    def advance(name: str, rounds: int) -> None:
        nonlocal done
        done += rounds
        progress(done, total, name)

    warm_up(env, field)
    episodes = list(play(env, field, config.seed, advance))
    return write_run(directory, config, episodes, loss_name=inner.loss_name, remarks=inner.remarks)

"""A steering run: every contender plays its episodes; and what verbs make of its directory."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from simhelm.control.steering.definition import (
    Contender,
    SteeringConfig,
    parse_steering,
    prepared,
    seeds_of,
    steerable,
)
from simhelm.control.steering.report import report_page, write_report
from simhelm.control.steering.result import (
    LAYOUT,
    REPORT,
    Episode,
    FinishedRun,
    identity_of,
    read_run,
    stored_config,
    write_run,
)
from simhelm.experiments.kinds import Options, Shown, Status
from simhelm.experiments.lock import owner
from simhelm.experiments.ranks import is_helper
from simhelm.experiments.signals import interruptible
from simhelm.experiments.terminal import progress_bar

log = logging.getLogger("simhelm")

# Called with (rounds done, rounds in all, name of the contender that plays).
Progress = Callable[[int, int, str], None]
# Rounds between two calls of it.
_ROUNDS = 500


def run_steering(
    config: SteeringConfig,
    directory: Path,
    *,
    overwrite: bool = False,
    progress: Progress = lambda done, total, name: None,
) -> FinishedRun:
    """Run every baseline and learner of a configuration and write the run directory.

    A directory that holds the same run, complete, is read instead.

    Args:
        config: see :func:`~simhelm.control.steering.definition.parse_steering`.

    Raises:
        ConfigurationError: for a configuration or directory that cannot be used.
        StudyLocked: another process holds the lock of the directory.
    """
    env, contenders = prepared(config)
    with (
        contextlib.closing(env),
        LAYOUT.claimed(directory, identity_of(config), overwrite=overwrite) as complete,
    ):
        if complete:
            log.info("%s holds this run already, complete: read, not run again", directory)
        else:
            inner = steerable(env)
            for remark in inner.remarks:
                log.info("%s", remark)
            _warm_up(env, contenders)
            episodes = list(_played(env, contenders, config.seed, progress))
            write_run(directory, config, episodes, inner.loss_name, inner.remarks)
        run = read_run(directory)
        if not (directory / REPORT).is_file() or overwrite:
            write_report(run)
    return run


def _warm_up(env: gymnasium.Env[Any, Any], contenders: list[Contender]) -> None:
    """One step of every contender, so that compiling is not charged to the first episode."""
    for contender in contenders:
        policy = contender.policy(contender.repeats)
        observation, _ = env.reset(seed=0)
        *_, info = env.step(policy.act(observation))
        policy.learn(info["loss"])


def _played(
    env: gymnasium.Env[Any, Any], contenders: list[Contender], seed: int, progress: Progress
) -> Iterator[Episode]:
    """Every episode; all contenders meet the same systems in the same repeat.

    A learner's own seed depends on the repeat, not on its position in the file.
    """
    rounds = steerable(env).episode_length
    total, done = rounds * sum(contender.repeats for contender in contenders), 0

    def advance(name: str, played: int) -> None:
        nonlocal done
        done += played
        progress(done, total, name)

    for contender in contenders:
        for repeat in range(contender.repeats):
            yield _episode(env, contender, repeat, seeds_of(seed, repeat)[0], advance)


def _episode(
    env: gymnasium.Env[Any, Any],
    contender: Contender,
    repeat: int,
    seed: int,
    advance: Callable[[str, int], None],
) -> Episode:
    arm_values = steerable(env).arm_values
    policy = contender.policy(repeat)
    rows: list[tuple[float, float, int, int]] = []
    reasons: list[str] = []
    start = time.perf_counter()
    observation, _ = env.reset(seed=seed)
    ended = False
    while not ended:
        seen = float(observation[0])
        action = policy.act(observation)
        observation, _, terminated, truncated, info = env.step(action)
        policy.learn(info["loss"])
        rows.append((seen, float(arm_values[action]), info["loss"], info["cost"]))
        reasons.append(info["end_reason"])
        ended = terminated or truncated
        if len(rows) % _ROUNDS == 0:
            advance(contender.name, _ROUNDS)
    advance(contender.name, len(rows) % _ROUNDS)
    seconds = time.perf_counter() - start
    context, setting, loss, cost = (np.array(column) for column in zip(*rows, strict=True))
    return Episode(
        contender.name, contender.kind, repeat, context, setting, loss, cost, reasons, seconds
    )


class _SteeringRuns:
    def run(
        self, table: Mapping[str, Any], file: Path, directory: Path, options: Options
    ) -> list[Shown]:
        if is_helper(options.executor):  # one process steers
            return []
        return _run(parse_steering(table, str(file), file.parent), directory, options)

    def resume(self, directory: Path, options: Options) -> list[Shown]:
        if is_helper(options.executor):
            return []
        if LAYOUT.is_complete(directory):
            log.info("%s: the run is complete", directory)
            return [self.show(directory)]
        return _run(stored_config(directory), directory, options)

    def status(self, directory: Path) -> Status:
        done = int(LAYOUT.is_complete(directory))
        return Status(stored_config(directory).title, owner(directory), done, 1, "runs")

    def show(self, directory: Path, **selection: Any) -> Shown:
        return _shown(read_run(directory))

    def report(self, directory: Path) -> Path:
        return write_report(read_run(directory))

    def page(self, directory: Path) -> str:
        return report_page(read_run(directory))


STEERING = _SteeringRuns()


def _run(config: SteeringConfig, directory: Path, options: Options) -> list[Shown]:
    with interruptible() as heed, progress_bar(enabled=options.visible) as move:

        def progress(done: int, total: int, name: str) -> None:
            heed()
            move(done, total, name)

        finished = run_steering(config, directory, overwrite=options.overwrite, progress=progress)
    log.info("report: %s", directory / REPORT)
    return [_shown(finished)]


def _shown(run: FinishedRun) -> Shown:
    styles = {"learner": "bold cyan", "oracle": "dim italic"}
    return Shown(
        run.config.title,
        run.records(),
        run.table(),
        run.verdict(),
        [styles.get(row.kind, "") for row in run.summary],
    )

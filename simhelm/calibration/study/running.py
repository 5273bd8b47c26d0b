"""A study from a file or a directory to its end: executors, progress, signals."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simhelm.calibration.study.definition import Definition, from_table
from simhelm.calibration.study.dispatcher import Stopped
from simhelm.calibration.study.earlier import forked_trials, optuna_trials
from simhelm.calibration.study.executors import by_name
from simhelm.calibration.study.mpi import Ranks, dismiss, serve
from simhelm.calibration.study.progress import progress
from simhelm.calibration.study.study import LAYOUT, Execution, Study
from simhelm.calibration.study.trial import Trial
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError, Interrupted, SimhelmError
from simhelm.experiments.directory import remove
from simhelm.experiments.kinds import Options, Shown
from simhelm.experiments.lock import exclusive
from simhelm.experiments.ranks import leading, uses_mpi, world
from simhelm.experiments.signals import interruptible, signals

log = logging.getLogger("simhelm")

Earlier = Callable[[Definition], list[Trial]]


def run_file(
    table: Mapping[str, Any], file: Path, directory: Path, options: Options
) -> Study | None:
    """Run the study of a file's table in a directory, or continue it; see :func:`execute`."""

    def define() -> Study:
        definition = from_table(table, file.parent.resolve(), str(file))
        if options.overwrite:
            _remove(directory)
        return Study(options.fork or directory, definition)

    return execute(define, options, _earlier(directory, options))


def execute(
    define: Callable[[], Study], options: Options, earlier: Earlier | None = None
) -> Study | None:
    """Run a study to its end or until a signal; None on ranks that only helped.

    Args:
        define: makes the study, where it is run.
        earlier: gives the trials that a new study's sampler observes first.

    Raises:
        Interrupted: by a signal; what was finished is saved.
    """
    with leading(options.executor, serve, dismiss) as leads:
        if not leads:
            return None
        study = define()
        try:
            _execute(study, options, earlier)
        except SimhelmError:
            log.info("what was finished is in %s", study.directory)
            raise
        return study


def _execute(study: Study, options: Options, earlier: Earlier | None) -> None:
    stop = Cancellation()
    with (
        signals(stop) as received,
        progress(study.directory, study.definition, options.visible) as finished,
    ):
        chosen: Any
        if uses_mpi(options.executor):
            chosen = Ranks(world(), options.ranks_per_trial, lambda: 128 + (received() or 0))
        elif options.ranks_per_trial > 1:
            raise ConfigurationError("--ranks-per-trial needs mpiexec, or --ranks")
        else:
            chosen = by_name(options.executor or "processes", options.workers or 1)
        try:
            study.run(Execution(chosen, options.timeout, stop, finished, earlier))
        except Stopped as stopped:
            how, number = f"`simhelm resume {study.directory}` continues it", received()
            if number is not None:
                raise Interrupted(f"interrupted, everything is saved: {how}", number) from None
            log.info("%s: %s", stopped, how)


def rescored(study: Study) -> Shown:
    """The winner and the default in the simulator."""
    from simhelm.calibration.proxy.rescoring import FILE, rescore

    with interruptible():
        found = rescore(study)
    log.info("the winner in the simulator: %s", study.directory / FILE)
    rows = [
        {
            "design": row.who,
            "output": row.objective,
            "proxy": f"{row.predicted:.6g}",
            "90 % interval": f"{row.low:.6g} .. {row.high:.6g}",
            "simulator": row.end_reason if row.true is None else f"{row.true:.6g}",
        }
        for row in found
    ]
    return Shown("In the simulator", rows)


def _earlier(directory: Path, options: Options) -> Earlier | None:
    """What gives a new study older trials: the study it is forked from, or Optuna's."""
    url, name = options.from_optuna, options.study_name
    if options.fork is not None and url is not None:
        raise ConfigurationError("give --fork or --from-optuna, not both")
    if options.fork is not None:
        return lambda definition: forked_trials(directory, definition)
    return None if url is None else lambda definition: optuna_trials(url, name, definition)


def _remove(directory: Path) -> None:
    """Delete a study, and nothing else that may be in the directory."""
    if (directory / LAYOUT.marker).is_file():
        with exclusive(directory), contextlib.suppress(FileNotFoundError):
            remove(directory, (LAYOUT.marker, *LAYOUT.results))

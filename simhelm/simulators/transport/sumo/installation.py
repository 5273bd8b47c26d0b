"""Where SUMO is, and how its programs are run."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

from simhelm.simulators.executable.limits import without_job
from simhelm.simulators.executable.process import Limits, run_process
from simhelm.simulators.transport.result import DayFailed

_LOG = 1_000_000


def sumo_home() -> Path:
    """The folder of the eclipse-sumo package, which is not imported: that changes the environment.

    Raises:
        ImportError: it is not installed.
    """
    found = importlib.util.find_spec("sumo")
    for place in (found.submodule_search_locations or []) if found is not None else []:
        if (Path(place) / "bin" / "sumo").is_file():
            return Path(place)
    raise ImportError("the SUMO back end needs SUMO: pip install 'simhelm[sumo]'")


def run_program(name: str, arguments: Sequence[str], directory: Path, time_limit: float) -> None:
    """Run ``sumo`` or ``netconvert`` in a directory, as a process of its own.

    Raises:
        DayFailed: TIMEOUT, SIGNAL or EXIT, with what it wrote to stderr.
    """
    home = sumo_home()
    outcome = run_process(
        [str(home / "bin" / name), *arguments],
        directory=directory,
        environment={**without_job(os.environ), "SUMO_HOME": str(home)},
        limits=Limits(time_limit, 2.0, None, None, _LOG),
    )
    failure = outcome.failure(directory / "stderr.log")
    if failure is not None:
        raise DayFailed(failure[0], f"{name}: {failure[1]}")

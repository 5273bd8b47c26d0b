"""What the study tests share: running, comparing, looking for what was left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from simhelm.calibration import Execution, StudyView, run_study
from simhelm.calibration.study.executors import Processes, Serial
from simhelm.calibration.study.sampler_session import trial_seed
from simhelm.core.problem import Problem

# Long enough for a slow machine; what is waited for takes a second or two.
PATIENCE = 60.0


def table(
    problem: Problem, directory: Path, *, workers: int | None = None, **settings: Any
) -> list[dict[str, Any]]:
    """Run a study and give its reproducible trial table."""
    executor = Serial() if workers is None else Processes(workers)
    view = run_study(problem, directory, execution=Execution(executor=executor), **settings)
    return view.reproducible()


def wait_until(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
    """The first true value of a condition."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience} s for {what}")


def finished_trials(directory: Path) -> int:
    """Finished trials of the search; 0 while there is no study."""
    try:
        counts = StudyView(directory).counts()
    except Exception:
        return 0
    return sum(c["trials"] for c in counts if c["series"] == "search" and c["state"] == "finished")


def mentioning(*words: str) -> list[psutil.Process]:
    """Processes whose command line or environment mentions all the words."""
    found = []
    for process in psutil.process_iter():
        try:
            text = " ".join([*process.cmdline(), *map("=".join, process.environ().items())])
        except psutil.Error:
            continue
        if process.pid != os.getpid() and all(word in text for word in words):
            found.append(process)
    return found


def nothing_left(directory: Path, words: Sequence[str] = ()) -> None:
    """Assert that no process of a study in the directory goes on."""
    wait_until(lambda: not mentioning(str(directory), *words), f"the end of {directory}")


def slots(*numbers: int, seed: int = 0) -> tuple[int, ...]:
    """The seeds by which a problem knows its slots."""
    return tuple(trial_seed(seed, slot) for slot in numbers)

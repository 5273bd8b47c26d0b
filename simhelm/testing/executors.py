"""What every executor of a study must pass."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from simhelm.calibration.study.executors import OpensEvaluators, Serial
from simhelm.testing.equality import assert_same
from simhelm.testing.studies import Mixed, is_faulty, run_small


def check_executor(make: Callable[[], OpensEvaluators], *, crash: bool = True) -> None:
    """Trials equal those of the serial executor, faults are one trial's, no process is left.

    Args:
        make: gives the executor, as ``--executor`` does.
        crash: also end a worker's process within a trial; False if nothing replaces it.
    """
    with tempfile.TemporaryDirectory() as folder:
        tables = [
            run_small(Path(folder, name), Mixed(), executor=executor).reproducible()
            for name, executor in (("serial", Serial()), ("executor", make()))
        ]
        assert_same(tables[1], tables[0], "trials of this executor and of the serial one")
        # What the first study started for good, such as multiprocessing's tracker, stays.
        before = _children()
        for fault in ("raise", "crash") if crash else ("raise",):
            view = run_small(Path(folder, fault), Mixed(fault), executor=make())
            for trial in view.trials():
                what = f"{fault} in trial {trial.slot}: {trial.end_reason} {trial.details}"
                assert trial.failed == is_faulty(trial.config), what
        left = _children() - before
        assert not left, f"processes {sorted(left)} are left after the executor was closed"


def _children() -> set[int]:
    try:
        import psutil
    except ImportError as error:
        raise ImportError("the executor checks need psutil: pip install psutil") from error
    return {process.pid for process in psutil.Process().children(recursive=True)}

"""A study with 100,000 trials is looked at without loading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.memory import WATCHED, peak_bytes
from benchmarks.study_problem import Sphere, fill
from simhelm.calibration import StudyView, run_study
from simhelm.calibration.study.store import Store
from tests.subprocesses import python

TRIALS = 100_000
LIMIT = 500_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("large") / "study"
    run_study(Sphere(), directory, trials=1, baselines=["default"])
    with Store(directory) as store:
        fill(store, TRIALS - 1)
    return directory


def peak_memory(*words: str | Path) -> tuple[str, int]:
    """What a simhelm process prints, and the most bytes that were resident."""
    done = python("-c", WATCHED, *words, check=True)
    return done.stdout, peak_bytes(done.stderr)


def test_all_trials_are_streamed(large: Path) -> None:
    printed, peak = peak_memory("show", "--trials", "--format", "csv", large)
    assert peak < LIMIT
    assert printed.count("\n") == TRIALS + 1


@pytest.mark.parametrize("words", [("status",), ("show",), ("show", "--best")])
def test_memory_stays_small(large: Path, words: tuple[str, ...]) -> None:
    more = ("3",) if "--best" in words else ()
    printed, peak = peak_memory(*words, *more, large)
    assert peak < LIMIT
    if more:
        best = StudyView(large).best(1)[0]
        assert str(best.slot) in printed
    else:
        assert str(TRIALS) in printed


def test_looking_needs_no_sampler(large: Path) -> None:
    """Neither Optuna nor numba is imported: they take longer than the answer."""
    code = (
        "import sys; from simhelm.cli import app; "
        f"app(['status', {str(large)!r}], standalone_mode=False); "
        f"app(['show', {str(large)!r}], standalone_mode=False); "
        "assert not {'optuna', 'numba', 'scipy'} & set(sys.modules)"
    )
    python("-c", code, check=True)

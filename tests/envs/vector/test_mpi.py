"""Vectors over MPI ranks, as real jobs under the mpiexec of this environment."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("ranks", "used"), [(2, 2), (4, 3)])
def test_transitions_equal_local_ones_on_any_number_of_ranks(ranks: int, used: int) -> None:
    words = [f"{sys.prefix}/bin/mpiexec", "-n", str(ranks), sys.executable, "-m", "mpi4py"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and launcher
        [*words, "-m", "tests.envs.vector.mpi_program"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all equal on {used} ranks" in done.stdout
    assert "failed: 2 1 rank 1" in done.stdout

"""Vectors over MPI ranks, as real jobs under the mpiexec of this environment."""

from pathlib import Path

import pytest

from tests.subprocesses import completed, launcher

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("ranks", "used"), [(2, 2), (4, 3)])
def test_transitions_equal_local_ones_on_any_number_of_ranks(ranks: int, used: int) -> None:
    program = [*launcher(ranks), "-m", "tests.envs.vector.mpi_program"]
    done = completed(program, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all equal on {used} ranks" in done.stdout
    assert "failed: 2 1 rank 1" in done.stdout

"""Reading a user's own systems."""

import gzip
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import scipy.io
import scipy.sparse

import simhelm  # noqa: F401 - registers the environments
from simhelm.simulators.linear import (
    poisson2d,
    prepare,
    read_matrix,
    read_right_hand_sides,
    read_shifts,
)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    scipy.io.mmwrite(tmp_path / "A.mtx", poisson2d(4), symmetry="symmetric")
    with gzip.open(tmp_path / "A.mtx.gz", "wb") as file:
        file.write((tmp_path / "A.mtx").read_bytes())
    scipy.io.mmwrite(tmp_path / "b.mtx", np.arange(48.0).reshape(16, 3))
    (tmp_path / "shifts.txt").write_text("0.0\n0.5 # a comment\n1.0\n", encoding="utf-8")
    return tmp_path


def test_round_trip_plain_and_compressed(system: Path) -> None:
    for name in ("A.mtx", "A.mtx.gz"):
        np.testing.assert_array_equal(read_matrix(system / name).toarray(), poisson2d(4).toarray())
    b = read_right_hand_sides(system / "b.mtx", 16)
    np.testing.assert_array_equal(b, np.arange(48.0).reshape(16, 3).T)
    np.testing.assert_array_equal(read_shifts(system / "shifts.txt"), [0.0, 0.5, 1.0])


def test_environment_on_files_uses_them_in_turn(system: Path) -> None:
    env = gymnasium.make(
        "simhelm/SolverSequence-v0",
        matrix=str(system / "A.mtx.gz"),
        right_hand_sides=str(system / "b.mtx"),
        shift_file=str(system / "shifts.txt"),
        length=7,
    )
    contexts = [float(env.reset(seed=0)[0][0])]
    for _ in range(6):
        observation, _, terminated, _, info = env.step(4)
        assert info["end_reason"] == "converged"
        assert not terminated
        contexts.append(float(observation[0]))
    assert contexts == [0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 0.0]
    assert env.step(4)[2]


def test_symmetry_is_known() -> None:
    assert prepare(poisson2d(4)).is_symmetric
    skewed = poisson2d(4)
    skewed[0, 1] = -0.5
    assert not prepare(skewed).is_symmetric


def test_refusals(system: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_matrix(system / "C.mtx")
    (system / "text.mtx").write_text("hello\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not a readable Matrix Market file"):
        read_matrix(system / "text.mtx")
    content = (system / "A.mtx").read_bytes()
    (system / "torn.mtx").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="not a readable Matrix Market file"):
        read_matrix(system / "torn.mtx")
    (system / "not.mtx.gz").write_bytes(b"not gzip")
    with pytest.raises(ValueError, match="not a readable Matrix Market file"):
        read_matrix(system / "not.mtx.gz")
    scipy.io.mmwrite(system / "wide.mtx", scipy.sparse.coo_array(np.ones((2, 3))))
    with pytest.raises(ValueError, match="square"):
        read_matrix(system / "wide.mtx")
    scipy.io.mmwrite(system / "complex.mtx", scipy.sparse.coo_array(np.eye(2) * 1j))
    with pytest.raises(ValueError, match="complex"):
        read_matrix(system / "complex.mtx")
    with pytest.raises(ValueError, match="expected 9 rows"):
        read_right_hand_sides(system / "b.mtx", 9)
    (system / "words.txt").write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(ValueError, match="one number a line"):
        read_shifts(system / "words.txt")

"""The cheap verdict on definiteness is never wrong when it is certain."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.simulators.linear import Definiteness, definiteness, poisson2d, prepare


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (poisson2d(5), Definiteness.PROVEN),
        (np.array([[2.0, -2.0], [-2.0, 2.0]]), Definiteness.POSSIBLE),  # singular
        (np.array([[1.0, 2.0], [2.0, 1.0]]), Definiteness.POSSIBLE),  # indefinite
        (np.array([[1.0, 0.0], [0.0, -1.0]]), Definiteness.REFUTED),
        (np.array([[2.0, 1.0], [0.0, 2.0]]), Definiteness.UNSYMMETRIC),
        (np.array([[1e15, 0, 0], [0, 2.0, 1.0], [0, -1.0, 2.0]]), Definiteness.UNSYMMETRIC),
        (
            np.array([[1, 1 + 5e-13, 0], [1 + 5e-13, 1, 1e-20], [0, 1e-20, 1]]),
            Definiteness.POSSIBLE,
        ),
        (
            scipy.sparse.csr_array(
                ([1.0, -1, 0, -1, 1, 0, 2], [0, 1, 2, 0, 1, 0, 2], [0, 3, 5, 7]), shape=(3, 3)
            ),  # singular; a stored zero ties it to a dominant row
            Definiteness.POSSIBLE,
        ),
        (
            scipy.sparse.block_diag([poisson2d(3), [[2.0, -2.0], [-2.0, 2.0]]]),
            Definiteness.POSSIBLE,
        ),
    ],
)
def test_verdicts(matrix: object, expected: Definiteness) -> None:
    assert definiteness(prepare(matrix)) is expected


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 6))
def test_certain_verdicts_agree_with_eigenvalues(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    integers = rng.integers(-2, 3, (n, n)) * (rng.random((n, n)) < 0.5)
    matrix = (integers + integers.T).astype(float)
    np.fill_diagonal(matrix, np.maximum(abs(matrix).sum(axis=1) - abs(np.diag(matrix)), 1.0))
    matrix[0, 0] += rng.integers(0, 2) * (1 if rng.random() < 0.8 else -3)
    if (np.diag(matrix) == 0.0).any():
        return
    smallest = np.linalg.eigvalsh(matrix)[0]
    verdict = definiteness(prepare(matrix))
    if verdict is Definiteness.PROVEN:
        assert smallest > 1e-12
    if verdict is Definiteness.REFUTED:
        assert smallest < 0.0

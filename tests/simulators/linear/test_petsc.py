"""PETSc agrees on iteration counts. Run by `make test-petsc` in an environment that has PETSc."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from simhelm.simulators import EndReason
from simhelm.simulators.linear import poisson2d, solve

pytest.importorskip("petsc4py", reason="PETSc is not in this environment: see `make test-petsc`")

A = poisson2d(20)
B = np.random.default_rng(0).standard_normal(400)


@pytest.mark.parametrize("omega", [0.9, 1.0, 1.3, 1.7])
@pytest.mark.parametrize("method", ["sor", "ssor", "ssor_pcg"])
def test_petsc(method: Any, omega: float) -> None:
    ours = solve(A, B, omega, method=method)
    theirs = solve(A, B, omega, method=method, backend="petsc")
    assert ours.converged
    assert theirs.converged
    # Inside CG, PETSc sweeps forward first: the count may move by one.
    assert abs(ours.iterations - theirs.iterations) <= (method == "ssor_pcg")
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)


def test_a_cap_is_a_cap() -> None:
    result = solve(A, B, 1.2, backend="petsc", max_iterations=5)
    assert result.end_reason is EndReason.MAX_ITERATIONS
    assert result.iterations == 5


UNSTABLE = scipy.sparse.csr_array(np.array([[1.0, 3.0, 0.0], [3.0, 1.0, 3.0], [0.0, 3.0, 1.0]]))
INDEFINITE = scipy.sparse.csr_array(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_petsc_failures_have_our_reasons() -> None:
    ours = solve(UNSTABLE, np.ones(3), 1.5)
    theirs = solve(UNSTABLE, np.ones(3), 1.5, backend="petsc")
    assert ours.end_reason is theirs.end_reason is EndReason.DIVERGED
    b = np.array([1.0, -1.0])
    ours = solve(INDEFINITE, b, 1.0, method="ssor_pcg")
    theirs = solve(INDEFINITE, b, 1.0, method="ssor_pcg", backend="petsc")
    assert ours.end_reason is EndReason.INDEFINITE
    assert not theirs.converged

"""Other libraries agree with our solvers where the algorithm is the same.

PETSc is missing from the main test environment; `make test-fenics` runs this file in one that
has it.
"""

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from simhelm.simulators import EndReason
from simhelm.simulators.linear import poisson2d, solve
from simhelm.simulators.linear.backends import Backend

A = poisson2d(20)
B = np.random.default_rng(0).standard_normal(400)
UNSTABLE = scipy.sparse.csr_array(np.array([[1.0, 3.0, 0.0], [3.0, 1.0, 3.0], [0.0, 3.0, 1.0]]))


@pytest.fixture(params=["pyamg", "petsc"])
def backend(request: pytest.FixtureRequest) -> Backend:
    module = {"pyamg": "pyamg", "petsc": "petsc4py"}[request.param]
    pytest.importorskip(module, reason=f"{module} is not in this environment")
    chosen: Backend = request.param
    return chosen


@pytest.mark.parametrize("omega", [0.9, 1.0, 1.3, 1.7])
@pytest.mark.parametrize("method", ["sor", "ssor", "ssor_pcg"])
def test_counts_agree(backend: Backend, method: Any, omega: float) -> None:
    ours = solve(A, B, omega, method=method)
    theirs = solve(A, B, omega, method=method, backend=backend)
    assert ours.converged
    assert theirs.converged
    # Inside CG, the others sweep forward first: the count may move by one.
    assert abs(ours.iterations - theirs.iterations) <= (method == "ssor_pcg")
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)


def test_a_cap_is_a_cap_for_all(backend: Backend) -> None:
    for name in ("simhelm", backend):
        result = solve(A, B, 1.2, backend=name, max_iterations=5)
        assert result.end_reason is EndReason.MAX_ITERATIONS
        assert result.iterations == 5


def test_divergence_is_called_so_by_all(backend: Backend) -> None:
    for name in ("simhelm", backend):
        result = solve(UNSTABLE, np.ones(3), 1.5, backend=name)
        assert result.end_reason is EndReason.DIVERGED


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("simhelm.simulators.linear.backends.importlib.import_module", missing)
    with pytest.raises(ImportError, match=r"needs pyamg.*pip install 'simhelm\[peers\]'"):
        solve(A, B, 1.2, backend="pyamg")
    with pytest.raises(ImportError, match=r"pip install 'simhelm\[fenics\]'"):
        solve(A, B, 1.2, backend="petsc")


def test_refusals() -> None:
    with pytest.raises(ValueError, match="backend: expected one of"):
        solve(A, B, 1.2, backend="hypre")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="method: expected one of"):
        solve(A, B, 1.2, method="jacobi")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="b: expected finite entries of shape"):
        solve(A, B[:-1], 1.2)

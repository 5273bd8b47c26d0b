"""Other libraries agree on iteration counts where the algorithm is the same."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from simhelm.simulators import EndReason
from simhelm.simulators.linear import poisson2d, solve

A = poisson2d(20)
B = np.random.default_rng(0).standard_normal(400)


@pytest.mark.parametrize("omega", [0.9, 1.0, 1.3, 1.7])
@pytest.mark.parametrize("method", ["sor", "ssor", "ssor_pcg"])
def test_pyamg(method: Any, omega: float) -> None:
    ours = solve(A, B, omega, method=method)
    theirs = solve(A, B, omega, method=method, backend="pyamg")
    assert ours.converged
    assert theirs.converged
    # Inside CG, PyAMG sweeps forward first: the count may move by one.
    assert abs(ours.iterations - theirs.iterations) <= (method == "ssor_pcg")
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)


def test_a_cap_is_a_cap_for_all() -> None:
    for backend in ("simhelm", "pyamg"):
        result = solve(A, B, 1.2, backend=backend, max_iterations=5)
        assert (result.iterations, result.converged) == (5, False)


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


UNSTABLE = scipy.sparse.csr_array(np.array([[1.0, 3.0, 0.0], [3.0, 1.0, 3.0], [0.0, 3.0, 1.0]]))


def test_pyamg_failures_have_our_reasons() -> None:
    ours = solve(UNSTABLE, np.ones(3), 1.5)
    theirs = solve(UNSTABLE, np.ones(3), 1.5, backend="pyamg")
    assert ours.end_reason is theirs.end_reason is EndReason.DIVERGED

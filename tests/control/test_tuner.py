"""RelaxationTuner in user code."""

import json

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

from simhelm.calibration import RelaxationTuner
from simhelm.simulators.linear import SSORPreconditioner, poisson2d, sor, ssor_pcg
from tests.simulators.linear import dense


def test_three_lines_around_a_solve_learn_a_good_factor() -> None:
    A, rng = poisson2d(10), np.random.default_rng(0)
    tuner = RelaxationTuner(context_bounds=(0.0, 2.0), seed=1)
    counts, gauss_seidel = [], []
    for _ in range(400):
        shift = float(rng.uniform(0, 2))
        b = rng.standard_normal(100)
        omega = tuner.suggest(context=shift)
        result = sor(A, b, omega, shift=shift)
        tuner.record(result.iterations)
        counts.append(result.iterations)
        gauss_seidel.append(sor(A, b, 1.0, shift=shift).iterations)
    assert sum(counts[200:]) < 0.6 * sum(gauss_seidel[200:])


def test_preconditioner_equals_the_dense_matrix() -> None:
    A = poisson2d(5)
    for omega in (0.8, 1.3, 1.9):
        M = SSORPreconditioner(A, omega, shift=0.4)
        expected = np.linalg.inv(dense.ssor_matrix(A.toarray() + 0.4 * np.eye(25), omega))
        np.testing.assert_allclose(M @ np.eye(25), expected, atol=1e-13)
        np.testing.assert_allclose(M.T @ np.eye(25), expected, atol=1e-13)
        assert M.applications == 50


def test_as_a_preconditioner_of_scipy_cg() -> None:
    A, rng = poisson2d(12), np.random.default_rng(3)
    tuner = RelaxationTuner("TsallisINF", seed=2)
    differences = []
    for _ in range(30):
        b = rng.standard_normal(144)
        steps: list[object] = []
        with tuner.preconditioner(A) as M:
            x, info = scipy.sparse.linalg.cg(A, b, rtol=1e-8, M=M, callback=steps.append)
        assert info == 0
        assert np.linalg.norm(b - A @ x) <= 1.01e-8 * np.linalg.norm(b)
        assert M.applications == len(steps)
        differences.append(M.applications - ssor_pcg(A, b, M.omega).iterations)
    # The same method in another order of sums: near 2 the system is so ill-conditioned that
    # rounding, which differs between processors, may decide about the last iteration.
    assert max(map(abs, differences)) <= 1
    assert np.count_nonzero(differences) <= 2
    assert tuner.bandit.state_dict()["rounds"] == 30


def test_a_raising_block_is_forgotten() -> None:
    tuner = RelaxationTuner("UCB")
    with pytest.raises(RuntimeError, match="boom"), tuner.preconditioner(poisson2d(3)):
        raise RuntimeError("boom")
    assert tuner.state_dict()["pending"] == []
    with pytest.raises(ValueError, match="square"), tuner.preconditioner(np.ones((2, 3))):
        pass
    assert tuner.state_dict()["pending"] == []


def test_several_solves_in_flight() -> None:
    tuner = RelaxationTuner("TsallisINF", seed=0)
    opened = []
    for _ in range(4):
        tuner.suggest()
        opened.append(tuner.ticket)
    for ticket in reversed(opened):
        tuner.record(10, ticket)
    assert tuner.state_dict()["rounds"] == 4


def test_state_through_json_continues_to_the_bit() -> None:
    one, two = (RelaxationTuner(context_bounds=(0, 1), seed=5) for _ in range(2))
    for t in range(25):
        one.suggest(t / 25)
        one.record(20 + t % 3)
    two.load_state_dict(json.loads(json.dumps(one.state_dict())))
    for t in range(25):
        assert one.suggest(t / 25) == two.suggest(t / 25)
        one.record(30)
        two.record(30)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="did you mean 'ChebCB'"):
        RelaxationTuner("ChebCb")
    with pytest.raises(ValueError, match="give context_bounds"):
        RelaxationTuner("ChebCB")
    with pytest.raises(ValueError, match=r"omegas: expected relaxation factors in \(0, 2\)"):
        RelaxationTuner("UCB", omegas=[1.0, 2.0])
    with pytest.raises(ValueError, match="omega: expected"):
        SSORPreconditioner(scipy.sparse.identity(3), 2.0)
    for shift in (-4.0, float("nan")):
        with pytest.raises(ValueError, match="shift"):
            SSORPreconditioner(poisson2d(3), 1.2, shift=shift)

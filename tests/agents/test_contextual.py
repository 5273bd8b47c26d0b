"""ChebCB and ThompsonLogCost: their regressions against libraries, and learning that pays."""

import json
import math

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from scipy.optimize import lsq_linear

from simhelm.agents.bandits import (
    UCB,
    Bandit,
    ChebCB,
    FixedArm,
    GaussianThompson,
    Oracle,
    ThompsonLogCost,
    TsallisINF,
    best_fixed_arm,
)
from simhelm.agents.bandits.chebcb import fit_in_box
from simhelm.agents.bandits.chebyshev import chebyshev_features
from simhelm.agents.bandits.thompson import _sampled_best_arm

OMEGAS = np.linspace(1.0, 1.9, 10)


def test_features_are_chebyshev_polynomials() -> None:
    for x in np.linspace(-1.0, 1.0, 9):
        expected = [chebyshev.chebval(x, np.eye(7)[j]) for j in range(7)]
        np.testing.assert_allclose(chebyshev_features(x, 7), expected, atol=1e-14)


def test_box_fit_equals_scipy() -> None:
    """Bounded least squares from normal equations, against scipy's on the data themselves."""
    rng = np.random.default_rng(2)
    tight = 0
    for _ in range(300):
        rows = int(rng.integers(8, 60))
        features = np.stack([chebyshev_features(x, 6) for x in rng.uniform(-1, 0.5, rows)])
        target = rng.uniform(0, 10, rows) * np.linspace(1, 3, rows)
        bounds = rng.uniform(0.5, 8.0) / np.arange(1, 7)
        theta = np.zeros(6)
        fit_in_box(features.T @ features, features.T @ target, bounds, theta)
        expected = lsq_linear(features, target, (-bounds, bounds), method="bvls", tol=1e-13)
        cost = 0.5 * float(((features @ theta - target) ** 2).sum())
        assert (np.abs(theta) <= bounds * (1 + 1e-12)).all()
        assert cost <= expected.cost * (1 + 1e-7) + 1e-9
        tight += int((np.abs(theta) >= bounds * (1 - 1e-9)).any())
    assert tight > 250


def test_chebcb_coefficients_are_the_least_squares_fit_of_its_data() -> None:
    bandit = ChebCB(OMEGAS, context_bounds=(0.0, 2.0), seed=0)
    rng = np.random.default_rng(0)
    seen: dict[int, list[tuple[float, float]]] = {}
    for _ in range(800):
        context = float(rng.uniform(0, 2))
        arm = bandit.act(context)
        loss = 20.0 + 5.0 * context + 0.1 * arm
        bandit.learn(loss)
        seen.setdefault(arm, []).append((context - 1.0, loss - 1.0))
    arm = max(seen, key=lambda a: len(seen[a]))
    x, y = np.array(seen[arm]).T
    expected = chebyshev.chebfit(x, y, 5)
    np.testing.assert_allclose(bandit.coefficients[arm], expected, atol=1e-5)
    assert bandit.probabilities(0.5).sum() == pytest.approx(1.0)


class _Reference:
    """ChebCB on the raw data with library least squares: no running sums, no compiled parts."""

    def __init__(self, seed: int, low: float, high: float) -> None:
        self.rng, self.bounds = np.random.default_rng(seed), (low, high)
        self.features: list[list[float]] = []
        self.losses: list[float] = []
        self.arms: list[int] = []
        self.predicted: list[float] = []
        self.theta, self.scale, self.eta = np.zeros((10, 6)), 0.0, 0.0

    def act(self, context: float) -> int:
        x = 2.0 * (context - self.bounds[0]) / (self.bounds[1] - self.bounds[0]) - 1.0
        self.features.append([math.cos(j * math.acos(x)) for j in range(6)])
        predictions = self.theta @ self.features[-1]
        best = predictions.argmin()
        p = 1.0 / (10 + self.eta * (predictions - predictions[best]))
        p[best] = 0.0
        p[best] = 1.0 - p.sum()
        cumulative = p.cumsum()
        self.arms.append(int(np.searchsorted(cumulative, self.rng.random() * cumulative[-1])))
        self.predicted.append(float(predictions[self.arms[-1]]))
        return self.arms[-1]

    def learn(self, loss: float) -> None:
        self.losses.append(loss)
        F, y, arms = np.array(self.features), np.array(self.losses), np.array(self.arms)
        K, N = y.max(), 2.0 + 4.0 * (1.0 + math.log(6.0))
        every, self.scale = self.scale != K * N, K * N
        bounds = np.concatenate([[1.0 / N], 2.0 / (N * np.arange(1, 6))])
        misfit = 0.0
        for i in range(10):
            rows = arms == i
            if rows.any() and (every or i == arms[-1]):
                target = (y[rows] - 1.0) / self.scale
                theta = np.linalg.lstsq(F[rows], target, rcond=None)[0]
                if (abs(theta) > bounds).any():
                    fit = lsq_linear(F[rows], target, (-bounds, bounds), method="bvls", tol=1e-13)
                    theta, misfit = fit.x, 2.0 * fit.cost
                self.theta[i] = theta
        t = len(y)
        alpha = (math.pi + 2 / math.pi * math.log(13)) / (2 * N * 7)
        regret = ((np.array(self.predicted) - y / self.scale) ** 2).sum()
        self.eta = 2 * t * math.sqrt(10 * t / (regret - misfit + 2 * alpha**2 * t))


def test_chebcb_makes_the_decisions_of_a_plain_implementation() -> None:
    """Regression, constraint, learning rate and sampling at once, against raw data."""
    ours = ChebCB(OMEGAS, context_bounds=(0.0, 1.0), seed=3)
    reference = _Reference(3, 0.0, 1.0)
    rng = np.random.default_rng(1)
    equal = 0
    for t in range(400):
        context = float(rng.uniform(0, 1))
        arms = (ours.act(context), reference.act(context))
        equal += arms[0] == arms[1]
        if arms[0] != arms[1]:
            break
        loss = float(round(_bowl(OMEGAS[arms[0]], context)))
        ours.learn(loss)
        reference.learn(loss)
        if t > 20:
            assert ours.eta == pytest.approx(reference.eta, rel=1e-4)
    # An underdetermined fit is not unique, so the paths may part; not often, though.
    assert equal > 100


def test_ucb_index_by_hand() -> None:
    bandit = UCB([1.0, 2.0], seed=0)
    for loss in (3.0, 5.0, 1.0, 3.0):
        bandit.act()
        bandit.learn(loss)
    counts, sums = bandit.counts, bandit.sums
    losses = np.array([3.0, 5.0, 1.0, 3.0])
    expected = sums / counts - losses.std() * np.sqrt(2.0 * math.log(4.0) / counts)
    np.testing.assert_allclose(bandit.indices(), expected)
    assert (bandit.indices() < sums / counts - 0.5).all()


def test_gaussian_thompson_draws_from_its_posterior() -> None:
    """Shares of wins between two arms against the normal probability of the difference."""
    bandit = GaussianThompson([1.0, 2.0], seed=0)
    bandit.counts[:] = [3, 2]
    bandit.sums[:] = [15.0, 12.0]
    everything = np.array([4.0, 6.0, 5.0, 5.0, 7.0])
    bandit.total, bandit.total_squares, bandit.rounds = 27.0, float((everything**2).sum()), 5.0
    variance = everything.var()
    means, variances = np.array([15 / 4, 12 / 3]), variance / np.array([4.0, 3.0])
    z = (means[1] - means[0]) / math.sqrt(variances.sum())
    expected = 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
    wins = [bandit._choose(0.0).arm == 0 for _ in range(20_000)]
    assert np.mean(wins) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("scale", [1e-3, 1e-2, 0.1, 1.0, 1e50])
def test_chebcb_learns_losses_of_any_scale(scale: float) -> None:
    found = 0
    for seed in range(10):
        bandit = ChebCB(OMEGAS[:4], context_bounds=(0.0, 1.0), seed=seed)
        rng = np.random.default_rng(seed)
        plays = np.zeros(4)
        for _ in range(300):
            arm = bandit.act(float(rng.uniform(0, 1)))
            plays[arm] += 1
            bandit.learn(scale * (1.0 if arm == 2 else 5.0))
        found += int(plays.argmax() == 2)
    assert found >= 9


@pytest.mark.parametrize("kind", [ChebCB, ThompsonLogCost, GaussianThompson, UCB, TsallisINF])
def test_heavy_discount_forgets_without_breaking(kind: type[Bandit]) -> None:
    """Evidence underflows after a thousand rounds; everything must stay finite."""
    options = {"context_bounds": (0.0, 1.0)} if kind.needs_context else {}
    bandit = kind(np.linspace(1, 1.9, 60), seed=0, discount=0.5, **options)  # type: ignore[call-arg]
    rng = np.random.default_rng(0)
    arms = set()
    for _ in range(2500):
        arms.add(bandit.act(float(rng.uniform(0, 1))))
        bandit.learn(7.0)
    json.dumps(bandit.state_dict(), allow_nan=False)
    assert len(arms) > 3


def test_losses_out_of_range_change_nothing() -> None:
    for kind in (ChebCB, ThompsonLogCost):
        bandit = kind(OMEGAS, context_bounds=(0, 1), seed=0)
        bandit.act(0.5)
        before = bandit.state_dict()
        for loss in (1e200, math.inf, -1.0, math.nan):
            with pytest.raises(ValueError, match="loss: expected"):
                bandit.learn(loss)
        assert bandit.state_dict() == before


def test_thompson_draws_from_the_posterior_of_ridge_regression() -> None:
    """Mean and covariance of the sampled coefficients, recovered through linear arms."""
    rng = np.random.default_rng(5)
    features = rng.standard_normal((30, 3))
    target = features @ [1.0, -2.0, 0.5] + 0.1 * rng.standard_normal(30)
    gram, moments = features.T @ features, features.T @ target
    ridge, noise = 0.3, 0.2
    precision = gram + ridge * np.eye(3)
    mean = np.linalg.solve(precision, moments)
    deviation = noise * math.sqrt(np.linalg.inv(precision)[1, 1])
    # Two arms whose values are theta_1 and a constant: the share of draws below it is a quantile.
    arms = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    wins = [
        _sampled_best_arm(gram, moments, ridge, noise, rng.standard_normal(3), arms, np.ones(1))
        for _ in range(200)
    ]
    assert wins == [0] * 200  # theta_1 is near -2, far below zero
    below = 0
    shifted = moments.copy()
    shifted -= precision @ np.array([0.0, mean[1] + deviation, 0.0])
    for _ in range(20_000):
        below += 1 - _sampled_best_arm(
            gram, shifted, ridge, noise, rng.standard_normal(3), arms, np.ones(1)
        )
    assert below / 20_000 == pytest.approx(0.8413, abs=0.01)


def _bowl(omega: float, context: float) -> float:
    """A cost whose best omega depends on the context."""
    return 20.0 * (1.0 + 4.0 * (omega - 1.2 - 0.5 * context) ** 2)


def _play(bandit: Bandit, rounds: int = 1500, seed: int = 0) -> float:
    rng = np.random.default_rng(seed)
    spent = 0.0
    for _ in range(rounds):
        context = float(rng.uniform(0, 1))
        arm = bandit.act(context)
        loss = _bowl(float(bandit.arm_values[arm]), context) * float(rng.uniform(0.9, 1.1))
        bandit.learn(loss)
        spent += loss
    return spent


def test_contextual_learners_beat_the_best_fixed_arm_and_others_approach_it() -> None:
    rng = np.random.default_rng(0)
    contexts = [float(rng.uniform(0, 1)) for _ in range(1500)]
    costs = np.array([[_bowl(omega, c) for omega in OMEGAS] for c in contexts])
    best_fixed = float(costs.sum(axis=0)[best_fixed_arm(costs)])
    for kind in (ChebCB, ThompsonLogCost):
        learner: Bandit = kind(OMEGAS, context_bounds=(0.0, 1.0), seed=1)
        assert _play(learner) < 0.97 * best_fixed, kind
    for plain in (GaussianThompson(OMEGAS, seed=1), UCB(OMEGAS, seed=1)):
        assert _play(plain) < 1.25 * best_fixed, plain
    worst = FixedArm(OMEGAS, arm=9)
    assert _play(worst) > 1.3 * best_fixed


@pytest.mark.parametrize("kind", [ThompsonLogCost, ChebCB, GaussianThompson, UCB])
def test_discount_follows_a_drift(kind: type[Bandit]) -> None:
    def total(discount: float) -> float:
        spent = 0.0
        for seed in range(3):
            options = {"context_bounds": (0.0, 1.0)} if kind.needs_context else {}
            bandit = kind(OMEGAS, seed=seed, discount=discount, **options)  # type: ignore[call-arg]
            rng = np.random.default_rng(seed)
            for t in range(2000):
                arm = bandit.act(0.5)
                best = 1.2 if t < 1000 else 1.8
                loss = 20.0 * (1 + 4 * (OMEGAS[arm] - best) ** 2) * float(rng.uniform(0.9, 1.1))
                bandit.learn(loss)
                spent += loss
        return spent

    assert total(0.999) < 0.98 * total(1.0)


def test_oracle_and_fixed() -> None:
    costs = np.array([[3, 1, 2], [5, 9, 4], [7, 7, 8]])
    oracle = Oracle([1.0, 1.5, 1.9], losses=costs)
    assert [oracle.act() for _ in range(3)] == [1, 2, 0]
    with pytest.raises(IndexError, match="3 rounds"):
        oracle.act()
    assert best_fixed_arm(costs) == 2
    with pytest.raises(ValueError, match="rounds, 3"):
        Oracle([1.0, 1.5, 1.9], losses=np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"0 ... 2"):
        FixedArm([1.0, 1.5, 1.9], arm=3)
    with pytest.raises(ValueError, match="table"):
        best_fixed_arm(np.ones(3))


def test_contexts_outside_the_bounds_count_as_the_bound() -> None:
    bandit = ChebCB(OMEGAS, context_bounds=(0.0, 1.0), seed=0)
    for _ in range(200):
        bandit.act(0.9)
        bandit.learn(3.0)
    np.testing.assert_array_equal(bandit.probabilities(1.0), bandit.probabilities(50.0))


def test_refusals() -> None:
    for options in ({"ridge": 0.0}, {"noise": -1.0}, {"arm_features": 0}, {"context_features": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            ThompsonLogCost(OMEGAS, context_bounds=(0, 1), **options)
    with pytest.raises(ValueError, match="features"):
        ChebCB(OMEGAS, context_bounds=(0, 1), features=0)


def test_an_untouched_generator_elsewhere() -> None:
    """Nothing draws from numpy's global generator."""
    np.random.seed(7)  # noqa: NPY002 - this is what is being watched
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    for kind in (ChebCB, ThompsonLogCost):
        _play(kind(OMEGAS, context_bounds=(0, 1), seed=0), rounds=20)
    for plain in (GaussianThompson, UCB):
        _play(plain(OMEGAS, seed=0), rounds=20)
    np.testing.assert_array_equal(before, np.random.get_state(legacy=False)["state"]["key"])  # noqa: NPY002

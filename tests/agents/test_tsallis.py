"""Tsallis-INF: the exact solve, its published counterpart, estimators, regret and drift."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from simhelm.agents.bandits import BinnedTsallisINF, TsallisINF, tsallis_probabilities

GRID = np.linspace(1.0, 1.95, 20)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    losses=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40),
    exponent=st.floats(-6.0, 6.0),
)
def test_probabilities_solve_the_stationarity_conditions(
    losses: list[float], exponent: float
) -> None:
    """Twelve decades of losses and of eta: a distribution, ordered against the losses."""
    eta = 10.0**exponent
    k = np.array(losses)
    p = tsallis_probabilities(k, eta)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert (p > 0.0).all()
    assert (np.diff(p[np.argsort(k)]) <= 1e-15).all()
    # k_i - 2 / (eta sqrt(p_i)) is the multiplier, the same for every arm.
    gaps = eta * (k - k.min())
    multiplier = gaps - 2.0 / np.sqrt(p)
    assert np.ptp(multiplier) <= 1e-9 * np.abs(multiplier).max() + 1e-14 * gaps.max()


def test_probabilities_against_an_independent_root_finder() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        k, eta = rng.exponential(50.0, 20), 2.0 / math.sqrt(rng.integers(1, 10_000))
        low, high = k.min() - 2 * math.sqrt(20) / eta - 1.0, k.min() - 2.0 / eta + 1e-9
        x = brentq(
            lambda x, k=k, eta=eta: (4 / (eta * (k - x)) ** 2).sum() - 1, low, high, xtol=1e-13
        )
        np.testing.assert_allclose(
            tsallis_probabilities(k, eta), 4 / (eta * (k - x)) ** 2, rtol=1e-8
        )


def test_probabilities_minimise_the_objective() -> None:
    rng = np.random.default_rng(1)
    k, eta = rng.uniform(0, 5, 6), 0.7

    def objective(p: np.ndarray) -> float:
        return float(k @ p - 4.0 / eta * np.sqrt(p).sum())

    best = objective(tsallis_probabilities(k, eta))
    for _ in range(300):
        assert best <= objective(rng.dirichlet(np.ones(6)))


def test_the_published_newton_solve_diverges_where_ours_does_not() -> None:
    """With accumulated losses, twenty steps from -1 do not give a distribution."""
    published = TsallisINF(GRID, seed=0, estimator="importance_weighted", rule="published")
    exact = TsallisINF(GRID, seed=0, estimator="importance_weighted")
    for bandit in (published, exact):
        bandit.weighted_losses = np.linspace(2000.0, 9000.0, 20)
        bandit.rounds, bandit.total_loss = 400, 400 * 21.0
    assert exact.probabilities().sum() == pytest.approx(1.0, abs=1e-12)
    assert published.probabilities().sum() > 1e3


def test_estimators_are_unbiased() -> None:
    """The expected increment of the weighted losses is the loss, for either estimator."""
    losses = np.array([3.0, 5.0, 9.0, 4.0])
    for estimator in ("importance_weighted", "reduced_variance"):
        increments = []
        p = None
        for arm in range(4):
            bandit = TsallisINF([1, 2, 3, 4], seed=0, estimator=estimator)
            bandit.rounds, bandit.total_loss = 100, 100.0  # a mean loss of one: unit scale
            p = bandit.probabilities()
            choice = bandit._choose(0.0)
            steady = choice.memory[1]
            bandit._update(type(choice)(arm, (float(p[arm]), steady)), losses[arm])
            increments.append(bandit.weighted_losses + bandit.baseline)
        assert p is not None
        np.testing.assert_allclose(p @ np.array(increments), losses, rtol=1e-12)


def _pseudo_regret(bandit: TsallisINF, means: np.ndarray, rounds: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    regret = 0.0
    for _ in range(rounds):
        arm = bandit.act()
        bandit.learn(float(rng.uniform(0.0, 2.0 * means[arm])))
        regret += means[arm] - means.min()
    return regret


def test_regret_grows_more_slowly_than_the_square_root_bound() -> None:
    means = np.linspace(0.5, 1.0, 8)
    regrets = [
        np.mean([_pseudo_regret(TsallisINF(np.arange(8), seed=s), means, T, s) for s in range(4)])
        for T in (1000, 8000)
    ]
    assert regrets[1] / regrets[0] < math.sqrt(8.0)
    # Zimmert & Seldin, Theorem 1: 4 sqrt(d T) + 1 against any losses in [0, 1]; here up to 2.
    assert regrets[1] < 2.0 * (4.0 * math.sqrt(8 * 8000) + 1.0)


def test_scale_of_losses_does_not_matter() -> None:
    means = np.linspace(0.5, 1.0, 5)
    one = _pseudo_regret(TsallisINF(np.arange(5), seed=3), means, 500, 3)
    large = _pseudo_regret(TsallisINF(np.arange(5), seed=3), 1024.0 * means, 500, 3)
    assert large == pytest.approx(1024.0 * one)


def test_discount_follows_a_drift() -> None:
    """The best arm changes halfway: forgetting must pay, and does."""

    def total(discount: float) -> float:
        spent = 0.0
        for seed in range(4):
            bandit = TsallisINF(np.arange(4), seed=seed, discount=discount)
            rng = np.random.default_rng(seed)
            for t in range(4000):
                means = [1.0, 0.4, 1.0, 1.0] if t < 2000 else [1.0, 1.0, 1.0, 0.4]
                arm = bandit.act()
                loss = float(rng.uniform(0, 2 * means[arm]))
                bandit.learn(loss)
                spent += loss
        return spent

    assert total(0.99) < 0.95 * total(1.0)


def test_all_losses_equal_one_is_no_reason_to_fail() -> None:
    """The published excess is loss - 1: zero throughout on easy systems."""
    for estimator in ("importance_weighted", "reduced_variance"):
        bandit = TsallisINF(GRID, seed=1, estimator=estimator)
        for loss in [1.0] * 50 + [0.0] * 50:
            bandit.act()
            bandit.learn(loss)
        assert np.isfinite(bandit.probabilities()).all()


def test_bins_learn_independently() -> None:
    bandit = BinnedTsallisINF([0.0, 1.0], context_bounds=(0.0, 1.0), bins=2, seed=0)
    for t in range(1500):
        context = (t % 2) * 0.9
        best = int(context > 0.5)
        arm = bandit.act(context)
        bandit.learn(1.0 if arm == best else 3.0)
    arms = {context: [_forget(bandit, context) for _ in range(200)] for context in (0.0, 0.9)}
    assert np.mean(arms[0.0]) < 0.1
    assert np.mean(arms[0.9]) > 0.9


def _forget(bandit: BinnedTsallisINF, context: float) -> int:
    arm = bandit.act(context)
    bandit.forget(bandit.last_ticket)
    return arm


def test_reduced_variance_reduces_variance() -> None:
    """Var of the increment of a steadily played arm, baseline 1/2 against none, unit scale."""
    spread = {}
    for estimator in ("importance_weighted", "reduced_variance"):
        bandit = TsallisINF([1, 2, 3], seed=0, estimator=estimator)
        bandit.rounds, bandit.total_loss, bandit.smallest_loss = 400, 400.0, 0.0
        p = bandit.probabilities()
        assert (400 * p > 16.0).all()
        increments = []
        for arm in range(3):
            bandit.weighted_losses[:] = 0.0
            bandit.baseline[:] = 0.0
            choice = bandit._choose(0.0)
            bandit._update(type(choice)(arm, (float(p[arm]), choice.memory[1])), 0.5)
            increments.append(float((bandit.weighted_losses + bandit.baseline)[0]))
            bandit.rounds, bandit.total_loss = 400, 400.0
        values = np.array(increments)
        spread[estimator] = float(p @ values**2 - (p @ values) ** 2)
    assert spread["reduced_variance"] < 0.01 * spread["importance_weighted"]


def test_baseline_fades_with_the_losses_it_belongs_to() -> None:
    bandit = TsallisINF([1, 2], seed=0, discount=0.9)
    bandit.baseline[:] = 8.0
    bandit.act()
    bandit.learn(1.0)
    assert bandit.baseline.max() <= 0.9 * 8.0 + 0.5


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("estimator", ["importance_weighted", "reduced_variance"])
def test_small_losses_are_learned_too(estimator: str, scale: float) -> None:
    """Losses below 1 do not vanish behind the floor of sweep counts."""
    rules = ("exact", "published") if estimator == "importance_weighted" else ("exact",)
    for rule in rules:
        bandit = TsallisINF([1, 2], seed=0, estimator=estimator, rule=rule)  # type: ignore[arg-type]
        plays = [0, 0]
        for _ in range(600):
            arm = bandit.act()
            plays[arm] += 1
            bandit.learn(scale * (0.9, 0.1)[arm])
        assert plays[1] > 5 * plays[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "plain"}, "estimator: expected"),
        ({"rule": "best"}, "rule: expected"),
        ({"rule": "published"}, "estimator='importance_weighted'"),
        ({"discount": 0.0}, r"discount: expected a factor in \(0, 1\]"),
    ],
)
def test_refusals(options, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        TsallisINF(GRID, **options)


def test_more_refusals() -> None:
    with pytest.raises(ValueError, match="eta"):
        tsallis_probabilities([1.0, 2.0], 0.0)
    with pytest.raises(ValueError, match="cumulative_loss"):
        tsallis_probabilities([1.0, math.nan], 1.0)
    with pytest.raises(ValueError, match="bins"):
        BinnedTsallisINF(GRID, context_bounds=(0, 1), bins=0)
    with pytest.raises(ValueError, match="context_bounds"):
        BinnedTsallisINF(GRID, context_bounds=(1, 0))
    with pytest.raises(ValueError, match="finite context"):
        BinnedTsallisINF(GRID, context_bounds=(0, 1)).act()
    with pytest.raises(ValueError, match="arm_values"):
        TsallisINF([])
    bandit = TsallisINF(GRID)
    with pytest.raises(ValueError, match="act first"):
        bandit.learn(1.0)
    bandit.act()
    with pytest.raises(ValueError, match="expected one of"):
        bandit.learn(1.0, ticket=7)
    with pytest.raises(ValueError, match="are missing"):
        bandit.load_state_dict({"rounds": 3})
    state = bandit.state_dict()
    with pytest.raises(ValueError, match="expected the keys"):
        bandit.load_state_dict({**state, "surplus": 1})
    with pytest.raises(ValueError, match="expected shape"):
        TsallisINF([1.0, 2.0]).load_state_dict(state)

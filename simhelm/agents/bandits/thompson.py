"""Thompson sampling: play the best arm of a cost model drawn from its posterior."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.agents.bandits.base import (
    Bandit,
    Choice,
    ContextualBandit,
    check_discount,
    to_unit,
)
from simhelm.agents.bandits.chebyshev import chebyshev_features
from simhelm.core.compiled import compiled

Floats = NDArray[np.float64]


class ThompsonLogCost(ContextualBandit):
    """Thompson sampling on one Bayesian linear model of log(1 + loss) in (arm value, context).

    The features are products of Chebyshev polynomials of the arm value and of the context, so
    that every round teaches something of every arm; the logarithm makes the noise of iteration
    counts about equal everywhere. There is no regret guarantee: use :class:`TsallisINF` where
    one is needed. The model is ours; Thompson sampling for linear models is of Agrawal & Goyal
    (ICML 2013).

    Args:
        arm_values, context_bounds, seed: see :class:`ContextualBandit`.
        arm_features, context_features: polynomials in each direction.
        ridge: prior precision of the coefficients, positive.
        noise: assumed standard deviation of log(1 + loss), positive; scales exploration.
        discount: factor on past evidence each round, below 1 for drifting sequences.
    """

    cites = ("agrawal2013",)
    _state_names = ("gram", "moments")

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        context_bounds: tuple[float, float],
        seed: int | np.random.Generator = 0,
        arm_features: int = 6,
        context_features: int = 6,
        ridge: float = 0.1,
        noise: float = 0.15,
        discount: float = 1.0,
    ) -> None:
        super().__init__(arm_values, context_bounds=context_bounds, seed=seed)
        for name, count in (("arm_features", arm_features), ("context_features", context_features)):
            if count < 1:
                raise ValueError(f"{name}: expected at least 1, got {count!r}")
        for name, value in (("ridge", ridge), ("noise", noise)):
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
        self.ridge, self.noise = float(ridge), float(noise)
        self.discount = check_discount(discount)
        low, high = float(self.arm_values.min()), float(self.arm_values.max())
        self._arm_features: Floats = np.stack(
            [chebyshev_features(to_unit(v, low, high), arm_features) for v in self.arm_values]
        )
        self._context_features = context_features
        size = arm_features * context_features
        self.gram: Floats = np.zeros((size, size))
        self.moments: Floats = np.zeros(size)

    def _choose(self, context: float) -> Choice:
        features = chebyshev_features(self._unit_context(context), self._context_features)
        normal = self.rng.standard_normal(self.moments.size)
        arm = _sampled_best_arm(
            self.gram, self.moments, self.ridge, self.noise, normal, self._arm_features, features
        )
        return Choice(arm, (features.tolist(),))

    def _update(self, choice: Choice, loss: float) -> None:
        _add_evidence(
            self.gram,
            self.moments,
            self._arm_features[choice.arm],
            np.asarray(choice.memory[0]),
            math.log1p(loss),
            self.discount,
        )


@compiled
def _add_evidence(
    gram: Floats, moments: Floats, arm: Floats, context: Floats, target: float, discount: float
) -> None:
    phi = _products(arm, context)
    for i in range(phi.size):
        moments[i] = discount * moments[i] + target * phi[i]
        for j in range(phi.size):
            gram[i, j] = discount * gram[i, j] + phi[i] * phi[j]


@compiled
def _products(arm: Floats, context: Floats) -> Floats:
    phi = np.empty(arm.size * context.size)
    for i in range(arm.size):
        for j in range(context.size):
            phi[i * context.size + j] = arm[i] * context[j]
    return phi


@compiled
def _sampled_best_arm(
    gram: Floats,
    moments: Floats,
    ridge: float,
    noise: float,
    normal: Floats,
    arms: Floats,
    context: Floats,
) -> int:
    """The arm of lowest phi' theta, theta from N(P^-1 m, noise^2 P^-1), P = gram + ridge I."""
    size = moments.size
    # Row-oriented Cholesky factor P = F F', and F y = m on the way.
    factor = np.empty((size, size))
    y = np.empty(size)
    for i in range(size):
        for j in range(i + 1):
            total = gram[i, j]
            if i == j:
                total += ridge
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = math.sqrt(total) if i == j else total / factor[j, j]
        total = moments[i]
        for k in range(i):
            total -= factor[i, k] * y[k]
        y[i] = total / factor[i, i]
    # theta = F^-T (y + noise z) has mean P^-1 m and covariance noise^2 P^-1.
    theta = y + noise * normal
    for back in range(size):
        i = size - 1 - back
        theta[i] /= factor[i, i]
        for k in range(i):
            theta[k] -= factor[i, k] * theta[i]
    best = 0
    lowest = np.inf
    for a in range(arms.shape[0]):
        value = np.sum(_products(arms[a], context) * theta)
        if value < lowest:
            best = a
            lowest = value
    return best


class GaussianThompson(Bandit):
    """Thompson sampling with an independent normal posterior for every arm's mean loss.

    An arm played n times with summed loss S is drawn from N(S / (n + 1), v / (n + 1)), v the
    variance of all losses so far (Khodak et al., PCGBandit, arXiv 2509.08765).

    Args:
        discount: factor on all past rounds each round, below 1 for drifting sequences.
    """

    cites = ("khodak2025",)
    _state_names = ("counts", "sums", "total", "total_squares", "rounds")

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        seed: int | np.random.Generator = 0,
        discount: float = 1.0,
    ) -> None:
        super().__init__(arm_values, seed=seed)
        self.discount = check_discount(discount)
        self.counts: Floats = np.zeros(self.arms)
        self.sums: Floats = np.zeros(self.arms)
        self.total = 0.0
        self.total_squares = 0.0
        self.rounds = 0.0

    def _choose(self, context: float) -> Choice:
        mean = self.total / self.rounds if self.rounds else 0.0
        variance = max(self.total_squares / self.rounds - mean**2, 0.0) if self.rounds else 1.0
        plays = self.counts + 1.0
        draws = self.sums / plays + np.sqrt(variance / plays) * self.rng.standard_normal(self.arms)
        return Choice(int(draws.argmin()))

    def _update(self, choice: Choice, loss: float) -> None:
        self.counts *= self.discount
        self.sums *= self.discount
        self.counts[choice.arm] += 1.0
        self.sums[choice.arm] += loss
        self.total = self.discount * self.total + loss
        self.total_squares = self.discount * self.total_squares + loss * loss
        self.rounds = self.discount * self.rounds + 1.0

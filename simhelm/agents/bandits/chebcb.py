"""ChebCB: SquareCB over a constrained Chebyshev regression of each arm's cost on the context.

Source: Khodak et al., Learning to Relax (ICLR 2024), Alg. 3 and 7, with the constants of the
published code: L = K / C, a learning rate that grows with t, and an error sum that compares
predictions with the loss, not with the loss minus one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.agents.bandits.base import (
    Choice,
    ContextualBandit,
    check_discount,
    sample_index,
)
from simhelm.agents.bandits.chebyshev import chebyshev_features
from simhelm.core.compiled import compiled

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# An arm with less discounted evidence than this counts as never played.
_FORGOTTEN = 1e-9


class ChebCB(ContextualBandit):
    """Contextual bandit for costs that are smooth in the context.

    Each arm's loss minus its floor is fitted by least squares on ``features`` Chebyshev
    polynomials, with coefficients bounded by K and 2 K / j (K the largest loss so far): a bound
    that holds for losses that vary by at most K over the context range. Arms are drawn by
    inverse gap. The floor is 1, the fewest sweeps there can be, while no loss has been below it,
    else 0.

    Args:
        arm_values, context_bounds, seed: see :class:`ContextualBandit`.
        features: number of polynomials m (degree m - 1).
        discount: factor on all past rounds each round, below 1 for drifting sequences.
    """

    cites = ("khodak2024",)
    _state_names = (
        "gram",
        "moments",
        "squares",
        "coefficients",
        "largest_loss",
        "smallest_loss",
        "errors",
        "rounds",
        "eta",
    )

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        context_bounds: tuple[float, float],
        seed: int | np.random.Generator = 0,
        features: int = 6,
        discount: float = 1.0,
    ) -> None:
        super().__init__(arm_values, context_bounds=context_bounds, seed=seed)
        if features < 1:
            raise ValueError(f"features: expected at least 1 polynomial, got {features!r}")
        self.features = features
        self.discount = check_discount(discount)
        # Sums over an arm's rounds of phi phi', phi loss and loss^2.
        self.gram: Floats = np.zeros((self.arms, features, features))
        self.moments: Floats = np.zeros((self.arms, features))
        self.squares: Floats = np.zeros(self.arms)
        self.coefficients: Floats = np.zeros((self.arms, features))
        self.largest_loss = 0.0
        self.smallest_loss = 1.0  # or 1, if all were larger
        # Sums of prediction^2, prediction * loss and loss^2; predictions in the units in which
        # they were made.
        self.errors: Floats = np.zeros(3)
        self.rounds = 0.0
        self.eta = 0.0

    @property
    def _spread(self) -> float:
        """The constant N = 2 + 4 (C L / K)(1 + log m), with L = K / C."""
        return 2.0 + 4.0 * (1.0 + math.log(self.features))

    @property
    def _floor(self) -> float:
        return 1.0 if self.smallest_loss >= 1.0 else 0.0

    def probabilities(self, context: float) -> Floats:
        """The distribution of the next arm in this context, shape (d,)."""
        return self._probabilities(self._predictions(self._features(context)))

    def _features(self, context: float) -> Floats:
        features: Floats = chebyshev_features(self._unit_context(context), self.features)
        return features

    def _predictions(self, features: Floats) -> Floats:
        """Scaled predictions (loss - 1) / (K N) of every arm."""
        scale = self.largest_loss * self._spread
        predictions: Floats = self.coefficients @ features
        predictions /= scale if scale > 0.0 else 1.0
        return predictions

    def _probabilities(self, predictions: Floats) -> Floats:
        best = int(predictions.argmin())
        p = 1.0 / (self.arms + self.eta * (predictions - predictions[best]))
        p[best] = 0.0
        p[best] = 1.0 - p.sum()
        return np.asarray(p)

    def _choose(self, context: float) -> Choice:
        features = self._features(context)
        predictions = self._predictions(features)
        arm = sample_index(self._probabilities(predictions), self.rng)
        return Choice(arm, (features.tolist(), float(predictions[arm])))

    def _update(self, choice: Choice, loss: float) -> None:
        features, prediction = np.asarray(choice.memory[0]), choice.memory[1]
        if self.discount < 1.0:
            for sums in (self.gram, self.moments, self.squares, self.errors):
                np.multiply(sums, self.discount, out=sums)
        arm = choice.arm
        self.gram[arm] += np.outer(features, features)
        self.moments[arm] += loss * features
        self.squares[arm] += loss**2
        self.errors += (prediction * prediction, prediction * loss, loss * loss)
        self.rounds = self.discount * self.rounds + 1.0
        floor = self._floor
        self.largest_loss = max(self.largest_loss, loss)
        self.smallest_loss = min(self.smallest_loss, loss)
        all_arms = loss >= self.largest_loss or floor != self._floor or self.discount < 1.0
        misfit = _refit(
            self.gram,
            self.moments,
            self.squares,
            self.coefficients,
            self._bounds(),
            self._floor,
            -1 if all_arms else arm,
        )
        self.eta = self._learning_rate(misfit)

    def _bounds(self) -> Floats:
        orders = np.arange(1, self.features)
        return self.largest_loss * np.concatenate([[1.0], 2.0 / orders])

    def _learning_rate(self, misfit: float) -> float:
        scale = self.largest_loss * self._spread
        if scale == 0.0:
            return 0.0
        m, t = self.features, self.rounds
        # C L / (K N) = 1 / N: the share of the cost that polynomials of this degree may miss.
        alpha = (math.pi + 2.0 / math.pi * math.log(2.0 * m + 1.0)) / (2.0 * self._spread * (m + 1))
        squares, products, losses = self.errors.tolist()
        regret = squares - 2.0 * products / scale + (losses - misfit) / scale**2
        width = max(regret + 2.0 * alpha**2 * t, 1e-300)
        return 2.0 * t * math.sqrt(self.arms * t / width)


@compiled
def _refit(
    gram: Floats,
    moments: Floats,
    squares: Floats,
    coefficients: Floats,
    bounds: Floats,
    floor: float,
    arm: int,
) -> float:
    """Fit one arm (all for -1); returns the squared misfit of the last bounded fit, else 0."""
    misfit = 0.0
    free = np.empty(bounds.size, dtype=np.bool_)
    for i in range(gram.shape[0]):
        if arm >= 0 and i != arm:
            continue
        theta = np.zeros(bounds.size)
        rounds = gram[i, 0, 0]
        if rounds > _FORGOTTEN:
            # The first polynomial is 1, so sums of phi and of losses are in the other sums.
            target = moments[i] - floor * gram[i, 0]
            free[:] = True
            _solve_free(gram[i], target, free, theta)
            if np.any(np.abs(theta) > bounds):
                fit_in_box(gram[i], target, bounds, theta)
                square = squares[i] - 2.0 * floor * moments[i, 0] + floor * floor * rounds
                misfit = square - np.sum(theta * (2.0 * target - _times(gram[i], theta)))
                misfit = max(misfit, 0.0)
        coefficients[i] = theta
    return misfit


@compiled
def _times(matrix: Floats, x: Floats) -> Floats:
    product = np.empty_like(x)
    for i in range(x.size):
        product[i] = np.sum(matrix[i] * x)
    return product


@compiled
def _solve_free(gram: Floats, moments: Floats, free: Booleans, theta: Floats) -> None:
    """Minimise over the free entries of theta with the others held, in place (Cholesky).

    A ridge of 1e-12 of the trace stands in for the minimum-norm choice while an arm has fewer
    rounds than polynomials.
    """
    index = np.flatnonzero(free)
    count = index.size
    ridge = 1e-12 * np.trace(gram)
    factor = np.empty((count, count))
    y = np.empty(count)
    for a in range(count):
        right = moments[index[a]]
        for k in range(theta.size):
            if not free[k]:
                right -= gram[index[a], k] * theta[k]
        for b in range(a + 1):
            total = gram[index[a], index[b]]
            for k in range(b):
                total -= factor[a, k] * factor[b, k]
            # Round-off can leave a pivot of a singular matrix below its ridge.
            factor[a, b] = math.sqrt(max(total + ridge, ridge)) if a == b else total / factor[b, b]
        for k in range(a):
            right -= factor[a, k] * y[k]
        y[a] = right / factor[a, a]
    for back in range(count):
        a = count - 1 - back
        y[a] /= factor[a, a]
        theta[index[a]] = y[a]
        for k in range(a):
            y[k] -= factor[a, k] * y[a]


@compiled
def fit_in_box(gram: Floats, moments: Floats, bounds: Floats, theta: Floats) -> None:
    """Least squares with |theta_j| <= bounds_j from the normal equations, in place.

    Active-set method (bounded variables of Stark & Parker 1995): move to the optimum of the
    free entries, stopping at the first bound on the way; free a bound entry only if the
    gradient points inwards.
    """
    size = theta.size
    free = np.empty(size, dtype=np.bool_)
    for j in range(size):
        free[j] = abs(theta[j]) < bounds[j]
        theta[j] = min(bounds[j], max(-bounds[j], theta[j]))
    trial = np.empty(size)
    for _ in range(20 * size):
        trial[:] = theta
        _solve_free(gram, moments, free, trial)
        step = 1.0
        hit = -1
        for j in range(size):
            if free[j] and abs(trial[j]) > bounds[j]:
                edge = bounds[j] if trial[j] > 0.0 else -bounds[j]
                share = (edge - theta[j]) / (trial[j] - theta[j])
                if share < step:
                    step = share
                    hit = j
        for j in range(size):
            if free[j]:
                theta[j] += step * (trial[j] - theta[j])
        if hit >= 0:
            theta[hit] = bounds[hit] if trial[hit] > 0.0 else -bounds[hit]
            free[hit] = False
            continue
        slope = moments - _times(gram, theta)
        gain = 1e-10 * np.max(np.abs(moments))
        release = -1
        for j in range(size):
            inwards = -slope[j] if theta[j] > 0.0 else slope[j]
            if not free[j] and inwards > gain:
                gain = inwards
                release = j
        if release < 0:
            break
        free[release] = True

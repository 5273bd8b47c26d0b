"""Tsallis-INF: mirror descent with the 1/2-Tsallis entropy, for one context or by bins.

Sources: Zimmert & Seldin, Tsallis-INF (JMLR 2021), for the algorithm and the reduced-variance
estimator; Khodak et al., Learning to Relax (ICLR 2024), Alg. 2, 4 and 5, for its use on
relaxation; Khodak et al., PCGBandit (arXiv 2509.08765), for step sizes with reduced variance.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.agents.bandits.base import (
    Bandit,
    Choice,
    ContextualBandit,
    check_discount,
    sample_index,
)
from simhelm.core.compiled import compiled, compiled_as_written

Floats = NDArray[np.float64]
Estimator = Literal["importance_weighted", "reduced_variance"]
Rule = Literal["exact", "published"]

_NEWTON_LIMIT = 200


def tsallis_probabilities(cumulative_loss: ArrayLike, eta: float) -> Floats:
    """The minimiser over the simplex of <k, p> - (4 / eta) sum sqrt(p), shape (d,), sums to 1.

    The solution is p_i = 4 / (eta (k_i - x))^2 with x below min(k) such that the sum is 1.
    Newton's method starts at x = min(k) - 2 / eta, where the sum is at least 1; the sum is
    convex and increasing in x there, so every step stays between root and start. (The published
    code starts at -1 and diverges once losses accumulate; see ``rule="published"`` of
    :class:`TsallisINF`.)

    Args:
        cumulative_loss: k, shape (d,), finite.
        eta: learning rate, positive.

    Raises:
        ValueError: an argument outside its range.
    """
    k = np.asarray(cumulative_loss, dtype=np.float64)
    if k.ndim != 1 or k.size < 1 or not np.isfinite(k).all():
        raise ValueError("cumulative_loss: expected a non-empty list of finite numbers")
    if not (math.isfinite(eta) and eta > 0.0):
        raise ValueError(f"eta: expected a positive finite number, got {eta!r}")
    return _exact_probabilities(k, float(eta))


@compiled
def _exact_probabilities(k: Floats, eta: float) -> Floats:
    # Shifting k by its minimum changes nothing but keeps the differences accurate.
    gaps = eta * (k - k.min())
    # Unknown y = eta (min(k) - x) >= 2: sum 4 / (gap + y)^2 = 1.
    y = 2.0
    for _ in range(_NEWTON_LIMIT):
        total = 0.0
        slope = 0.0
        for gap in gaps:
            inverse = 2.0 / (gap + y)
            total += inverse * inverse
            slope += inverse * inverse * inverse
        step = (total - 1.0) / slope
        y += step
        if step <= 1e-14 * y:
            break
    p = 4.0 / (gaps + y) ** 2
    normalised: Floats = p / p.sum()
    return normalised


@compiled
def _published_probabilities(k: Floats, eta: float) -> Floats:
    """Twenty unguarded Newton steps from -1: sums to anything from 1 to 1e17."""
    x = -1.0
    p = np.empty_like(k)
    for _ in range(20):
        total = 0.0
        slope = 0.0
        for i in range(k.size):
            root = 2.0 / (eta * (k[i] - x))
            p[i] = root * root
            total += p[i]
            slope += p[i] ** 1.5
        x -= (total - 1.0) / (eta * slope)
    return p


@compiled_as_written
def _relative_losses(
    weighted: Floats, weights: Floats, baseline: Floats, floor: float, scale: float, out: Floats
) -> None:
    """Estimated losses above their floor, in units of their mean, plus the baseline.

    A mean of zero says that all losses were at their floor: nothing to prefer yet.
    """
    for i in range(out.size):
        above = weighted[i] - floor * weights[i]
        out[i] = (above / scale if scale > 0.0 else 0.0) + baseline[i]


@compiled_as_written
def _is_usable(p: Floats) -> bool:
    total = 0.0
    for i in range(p.size):
        total += p[i]
    return 0.0 < total < np.inf


@compiled_as_written
def _steady_arms(p: Floats, t: float, places: NDArray[np.int64]) -> int:
    """Fill in the arms that are played often enough for a baseline; returns their number."""
    count = 0
    for i in range(p.size):
        if t * p[i] >= 16.0:
            places[count] = i
            count += 1
    return count


@compiled_as_written
def _raise_baseline(baseline: Floats, steady: NDArray[np.int64], arm: int, p: float) -> None:
    for i in steady:
        baseline[i] += 0.5
        if i == arm:
            baseline[i] -= 0.5 / p


class TsallisINF(Bandit):
    """Tsallis-INF with an exact solve; regret O(sqrt(d T)) against any losses.

    Args:
        arm_values, seed: see :class:`Bandit`.
        estimator: ``"reduced_variance"`` (eta_t = 4 / sqrt(t), baseline 1/2 where t p >= 16) or
            ``"importance_weighted"`` (eta_t = 2 / sqrt(t), losses minus 1 as in the paper, which
            counts sweeps, while no loss has been below 1).
        rule: ``"exact"``, or ``"published"``: the diverging Newton solve of the paper's code,
            for comparison only (it plays nearly greedily, with a large spread between seeds).
        discount: factor on all past losses each round, below 1 for drifting sequences; the
            learning rate then stops falling at the matching horizon 1 / (1 - discount).

    Losses are divided by their running mean, so that their scale does not matter.
    """

    cites = ("zimmert2021", "khodak2024", "khodak2025")
    _state_names = (
        "weighted_losses",
        "weights",
        "baseline",
        "total_loss",
        "smallest_loss",
        "rounds",
    )

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        seed: int | np.random.Generator = 0,
        estimator: Estimator = "reduced_variance",
        rule: Rule = "exact",
        discount: float = 1.0,
    ) -> None:
        super().__init__(arm_values, seed=seed)
        if estimator not in ("reduced_variance", "importance_weighted"):
            raise ValueError(
                "estimator: expected 'reduced_variance' or 'importance_weighted', "
                f"got {estimator!r}"
            )
        if rule not in ("exact", "published"):
            raise ValueError(f"rule: expected 'exact' or 'published', got {rule!r}")
        if rule == "published" and estimator != "importance_weighted":
            raise ValueError(
                "rule='published' is that of the paper's code: give "
                "estimator='importance_weighted' with it"
            )
        self.reduced_variance = estimator == "reduced_variance"
        self.rule = rule
        self.discount = check_discount(discount)
        # Sums over an arm's rounds of loss / p and of 1 / p.
        self.weighted_losses: Floats = np.zeros(self.arms)
        self.weights: Floats = np.zeros(self.arms)
        self.baseline: Floats = np.zeros(self.arms)
        self.total_loss = 0.0
        self.smallest_loss = 1.0  # or 1, if all were larger
        self.rounds = 0

    def probabilities(self) -> Floats:
        """The distribution of the next arm, shape (d,); sums to 1 under the exact rule."""
        horizon = self._horizon()
        eta = (4.0 if self.reduced_variance else 2.0) / math.sqrt(horizon)
        floor = 1.0 if not self.reduced_variance and self.smallest_loss >= 1.0 else 0.0
        scale = self.total_loss / self.rounds - floor if self.rounds else 1.0
        losses = np.empty(self.arms)
        _relative_losses(self.weighted_losses, self.weights, self.baseline, floor, scale, losses)
        solve = _exact_probabilities if self.rule == "exact" else _published_probabilities
        p: Floats = solve(losses, eta)
        return p if _is_usable(p) else np.full(self.arms, 1.0 / self.arms)

    def _horizon(self) -> float:
        t = self.rounds + 1.0
        return t if self.discount == 1.0 else min(t, 1.0 / (1.0 - self.discount))

    def _choose(self, context: float) -> Choice:
        p = self.probabilities()
        arm = sample_index(p, self.rng)
        t = self._horizon()
        steady: list[int] = []
        if self.reduced_variance and t >= 16.0:
            places = np.empty(self.arms, np.int64)
            steady = places[: _steady_arms(p, t, places)].tolist()
        return Choice(arm, (float(p[arm]), steady))

    def _update(self, choice: Choice, loss: float) -> None:
        p, steady = choice.memory
        if self.discount < 1.0:
            self.weighted_losses *= self.discount
            self.weights *= self.discount
            self.baseline *= self.discount
        self.weighted_losses[choice.arm] += loss / p
        self.weights[choice.arm] += 1.0 / p
        if steady:
            _raise_baseline(self.baseline, np.array(steady), choice.arm, p)
        self.total_loss += loss
        self.smallest_loss = min(self.smallest_loss, loss)
        self.rounds += 1


class BinnedTsallisINF(ContextualBandit):
    """Independent Tsallis-INF learners, one for each of ``bins`` equal context intervals.

    Source: Learning to Relax, Alg. 5. Options as :class:`TsallisINF`.
    """

    cites = ("khodak2024", "zimmert2021")

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        context_bounds: tuple[float, float],
        seed: int | np.random.Generator = 0,
        bins: int = 5,
        estimator: Estimator = "reduced_variance",
        rule: Rule = "exact",
        discount: float = 1.0,
    ) -> None:
        super().__init__(arm_values, context_bounds=context_bounds, seed=seed)
        if bins < 1:
            raise ValueError(f"bins: expected at least 1, got {bins!r}")
        self._parts = tuple(
            TsallisINF(
                self.arm_values, seed=self.rng, estimator=estimator, rule=rule, discount=discount
            )
            for _ in range(bins)
        )

    def _choose(self, context: float) -> Choice:
        share = 0.5 * (self._unit_context(context) + 1.0)
        index = min(int(share * len(self._parts)), len(self._parts) - 1)
        inner = self._parts[index]._choose(context)
        return Choice(inner.arm, (index, *inner.memory))

    def _update(self, choice: Choice, loss: float) -> None:
        index, *memory = choice.memory
        self._parts[index]._update(Choice(choice.arm, tuple(memory)), loss)

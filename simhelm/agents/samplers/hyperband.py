"""Brackets of successive halving as HpBandSter and Hyperband define them.

Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, "Hyperband: A Novel Bandit-Based Approach to
Hyperparameter Optimization" (2016); Falkner, Klein & Hutter (2018) for the number of
configurations, n = floor((s_max + 1) / (s + 1)) eta^s, as HpBandSter computes it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

# Powers of a fractional eta, and 10**3 by logarithms, miss an integer by round-off.
_ROUND_OFF = 1e-9


@dataclasses.dataclass(frozen=True)
class Rung:
    """``configurations`` of them run at ``budget`` work units."""

    configurations: int
    budget: int


@dataclasses.dataclass(frozen=True)
class Bracket:
    """Successive halving: all configurations at the first rung, the best of them at the next.

    Attributes:
        rungs: ascending in budget, not ascending in configurations; at least one.
    """

    rungs: tuple[Rung, ...]

    @property
    def configurations(self) -> int:
        """How many configurations enter the bracket."""
        return self.rungs[0].configurations

    @property
    def cost(self) -> int:
        """Work units when every rung starts from the beginning and nothing fails."""
        return sum(rung.configurations * rung.budget for rung in self.rungs)


def hyperband_brackets(min_budget: int, max_budget: int, eta: float = 3) -> list[Bracket]:
    """The brackets of one round of Hyperband, the one with the most rungs first.

    Iteration i runs ``brackets[i % len(brackets)]``.

    Budgets are max_budget / eta^k, rounded to the nearest work unit (halves up), never below
    min_budget. The number of rungs is 1 + floor(log_eta(max_budget / min_budget)) in exact
    arithmetic: HpBandSter's logarithms lose a rung for 1 to 243 by 3 and for all powers of 10.

    Args:
        min_budget, max_budget: work units, integers, 1 <= min_budget <= max_budget.
        eta: at least 2; one in eta configurations is promoted.

    Raises:
        ValueError: budgets or eta outside these ranges.
    """
    ladder = _ladder(min_budget, max_budget, eta)
    return [
        _bracket(_first_count(len(ladder), s, eta), ladder[-s - 1 :], eta)
        for s in reversed(range(len(ladder)))
    ]


def successive_halving(n: int, min_budget: int, max_budget: int, eta: float = 3) -> Bracket:
    """The bracket that starts with ``n`` configurations at the lowest budget of the ladder.

    Each rung keeps floor(n / eta^i) of them, at least one; budgets as in
    :func:`hyperband_brackets`.

    Raises:
        ValueError: n < 1, or budgets or eta outside their ranges.
    """
    if n < 1:
        raise ValueError(f"n: expected at least one configuration, got {n!r}")
    return _bracket(n, _ladder(min_budget, max_budget, eta), eta)


def promote(losses: Sequence[float], keep: int) -> list[int]:
    """The indices of the ``keep`` smallest losses, best first, ties in the order given.

    Losses that are not finite (failures) come last, and are promoted only if there is no finite
    one at all; so fewer than ``keep`` may come back. (HpBandSter promotes no crashed
    configuration ever; then a rung where all failed would end the bracket.)

    Raises:
        ValueError: a negative ``keep``.
    """
    if keep < 0:
        raise ValueError(f"keep: expected a number that is not negative, got {keep!r}")
    ranked = [loss if math.isfinite(loss) else math.inf for loss in losses]
    finite = sum(map(math.isfinite, ranked))
    order = sorted(range(len(ranked)), key=ranked.__getitem__)
    return order[: min(keep, finite or len(order))]


def _ladder(min_budget: int, max_budget: int, eta: float) -> list[int]:
    if not (eta >= 2 and math.isfinite(eta)):
        raise ValueError(f"eta: expected a number of at least 2, got {eta!r}")
    if not (1 <= min_budget <= max_budget and _whole(min_budget) and _whole(max_budget)):
        raise ValueError(
            "budgets: expected whole work units with 1 <= min_budget <= max_budget, got "
            f"{min_budget!r} and {max_budget!r}"
        )
    highest = 0
    while min_budget * eta ** (highest + 1) <= max_budget * (1 + _ROUND_OFF):
        highest += 1
    rounded = (math.floor(max_budget / eta**k + 0.5) for k in range(highest, -1, -1))
    return [max(int(min_budget), budget) for budget in rounded]


def _first_count(rungs: int, s: int, eta: float) -> int:
    return int(np.floor(rungs / (s + 1)) * eta**s)


def _bracket(n: int, budgets: Sequence[int], eta: float) -> Bracket:
    counts = (max(int(n * eta**-i + _ROUND_OFF), 1) for i in range(len(budgets)))
    return Bracket(tuple(Rung(*rung) for rung in zip(counts, budgets, strict=True)))


def _whole(value: float) -> bool:
    return float(value).is_integer()

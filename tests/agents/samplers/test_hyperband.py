"""Brackets and promotion against HpBandSter's own successive halving."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simhelm.agents.samplers import Bracket, Rung, hyperband_brackets, promote, successive_halving
from simhelm.agents.samplers.isolation import quiet

with quiet():
    optimizers = pytest.importorskip("hpbandster.optimizers")
    from hpbandster.optimizers.iterations import SuccessiveHalving


def hpbandsters_iteration(minimum: int, maximum: int, eta: int, iteration: int) -> Any:
    """HpBandSter's own ``get_next_iteration``, without the server that its class starts."""
    rungs = -int(np.log(minimum / maximum) / np.log(eta)) + 1
    master = SimpleNamespace(
        max_SH_iter=rungs,
        eta=eta,
        budgets=maximum * np.power(eta, -np.linspace(rungs - 1, 0, rungs)),
        config_generator=SimpleNamespace(get_config=lambda budget: ({}, {})),
    )
    return optimizers.BOHB.get_next_iteration(master, iteration)


@pytest.mark.parametrize(
    ("minimum", "maximum", "eta"),
    [(1, 81, 3), (1, 27, 3), (1, 100, 3), (2, 50, 2), (1, 16, 4), (3, 1000, 5), (1, 1, 3)],
)
def test_brackets_are_those_of_hpbandster(minimum: int, maximum: int, eta: int) -> None:
    brackets = hyperband_brackets(minimum, maximum, eta)
    for iteration in range(2 * len(brackets)):
        theirs = hpbandsters_iteration(minimum, maximum, eta, iteration)
        ours = brackets[iteration % len(brackets)]
        assert [rung.configurations for rung in ours.rungs] == theirs.num_configs
        np.testing.assert_allclose([r.budget for r in ours.rungs], theirs.budgets, atol=0.5)


def test_the_table_of_the_hyperband_paper() -> None:
    """R = 81, eta = 3 (Li et al., table 1), with HpBandSter's whole factor in n."""
    brackets = hyperband_brackets(1, 81, 3)
    assert brackets[0] == Bracket((Rung(81, 1), Rung(27, 3), Rung(9, 9), Rung(3, 27), Rung(1, 81)))
    assert brackets[-1] == Bracket((Rung(5, 81),))
    assert [bracket.configurations for bracket in brackets] == [81, 27, 9, 6, 5]
    assert brackets[0].cost == 5 * 81


def test_whole_powers_keep_their_rung_where_hpbandster_loses_it() -> None:
    assert len(hpbandsters_iteration(1, 243, 3, 0).budgets) == 5
    assert [rung.budget for rung in hyperband_brackets(1, 243, 3)[0].rungs] == [
        1,
        3,
        9,
        27,
        81,
        243,
    ]
    assert [r.budget for r in hyperband_brackets(1, 1000, 10)[0].rungs] == [1, 10, 100, 1000]


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 500), st.integers(1, 10_000), st.floats(2.0, 12.0), st.integers(1, 300))
def test_every_ladder_rises_from_min_to_max(minimum: int, more: int, eta: float, n: int) -> None:
    maximum = minimum + more - 1
    for bracket in [
        *hyperband_brackets(minimum, maximum, eta),
        successive_halving(n, minimum, maximum, eta),
    ]:
        budgets = [rung.budget for rung in bracket.rungs]
        counts = [rung.configurations for rung in bracket.rungs]
        assert budgets == sorted(set(budgets))
        assert minimum <= budgets[0] <= budgets[-1] == maximum
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] >= 1
        assert all(type(number) is int for number in budgets + counts)


def test_successive_halving_starts_with_n() -> None:
    assert successive_halving(49, 1, 49, 7).rungs == (Rung(49, 1), Rung(7, 7), Rung(1, 49))


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30, unique=True), st.data())
def test_promotion_is_that_of_hpbandster(losses: list[int], data: st.DataObject) -> None:
    keep = data.draw(st.integers(1, len(losses)))
    iteration = SuccessiveHalving(0, [len(losses), keep], [1, 3], None)
    iteration.stage = 1
    advance = iteration._advance_to_next_stage(range(len(losses)), np.array(losses))
    assert sorted(promote(losses, keep)) == np.flatnonzero(advance).tolist()


def test_promotion_of_ties_and_failures() -> None:
    nan, inf = math.nan, math.inf
    assert promote([2.0, 1.0, 1.0, 0.5], 3) == [3, 1, 2]
    assert promote([inf, 3.0, nan, 1.0], 3) == [3, 1]
    assert promote([inf, nan, -inf], 2) == [0, 1]
    assert promote([], 2) == promote([1.0], 0) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: hyperband_brackets(0, 9, 3),
        lambda: hyperband_brackets(9, 3, 3),
        lambda: hyperband_brackets(1, 9, 1.5),
        lambda: hyperband_brackets(1, 9.5, 3),  # type: ignore[arg-type]
        lambda: successive_halving(0, 1, 9, 3),
        lambda: promote([1.0], -1),
    ],
)
def test_refusals(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()

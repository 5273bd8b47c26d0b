"""What every bandit must pass."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from simhelm.agents.bandits import Bandit
from simhelm.testing.equality import assert_same

ROUNDS = 50


def check_bandit(make: Callable[[], Bandit], *, rounds: int = ROUNDS) -> None:
    """Legal arms, refused losses, late feedback, and a saved state that continues to the bit."""
    bandit = make()
    contexts = np.random.default_rng(0).uniform(*_bounds(bandit), rounds).tolist()
    for round_number, context in enumerate(contexts):
        arm = bandit.act(context)
        assert 0 <= arm < bandit.arms, f"arm {arm} of {bandit.arms}"
        _assert_refused(bandit)
        bandit.learn(_loss(arm, round_number))
    check_restart(make, contexts)
    check_late_feedback(make, contexts)


def check_restart(make: Callable[[], Bandit], contexts: list[float]) -> None:
    """Saving at every round through JSON and loading elsewhere changes no later decision."""
    bandit = make()
    for round_number, context in enumerate(contexts):
        arm = bandit.act(context)
        state = json.loads(json.dumps(bandit.state_dict(), allow_nan=False))
        copy = make()
        copy.load_state_dict(state)
        bandit.learn(_loss(arm, round_number))
        copy.learn(_loss(arm, round_number))
        assert_same(bandit.state_dict(), copy.state_dict(), f"round {round_number}")
        bandit = copy


def check_late_feedback(make: Callable[[], Bandit], contexts: list[float]) -> None:
    """With several decisions open, tickets settle each, in any order."""
    bandit = make()
    for start in range(0, len(contexts) - 3, 3):
        opened = []
        for context in contexts[start : start + 3]:
            arm = bandit.act(context)
            opened.append((bandit.last_ticket, arm))
        try:
            bandit.learn(1.0)
        except ValueError:
            pass
        else:
            raise AssertionError("learn() without a ticket guessed among three open decisions")
        bandit.forget(opened[1][0])
        for ticket, arm in (opened[2], opened[0]):
            bandit.learn(_loss(arm, start), ticket)
    assert bandit.state_dict()["pending"] == [], "forgotten or settled decisions are still open"


def _loss(arm: int, round_number: int) -> float:
    return 10.0 + (arm - 2) ** 2 + round_number % 3


def _bounds(bandit: Bandit) -> tuple[float, float]:
    bounds: tuple[float, float] = getattr(bandit, "context_bounds", (0.0, 1.0))
    return bounds


def _assert_refused(bandit: Bandit) -> None:
    for loss in (float("nan"), float("inf"), -1.0):
        try:
            bandit.learn(loss)
        except ValueError:
            continue
        raise AssertionError(f"learn({loss}) was accepted")

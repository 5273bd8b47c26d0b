"""Bandits: ``act(context) -> arm``, ``learn(loss)``."""

from simhelm.agents.bandits.base import Bandit, Choice, ContextualBandit
from simhelm.agents.bandits.chebcb import ChebCB
from simhelm.agents.bandits.reference import FixedArm, Oracle, best_fixed_arm
from simhelm.agents.bandits.thompson import GaussianThompson, ThompsonLogCost
from simhelm.agents.bandits.tsallis import BinnedTsallisINF, TsallisINF, tsallis_probabilities
from simhelm.agents.bandits.ucb import UCB

# The learners that a configuration file may name.
LEARNERS: dict[str, type[Bandit]] = {
    learner.__name__: learner
    for learner in (
        TsallisINF,
        BinnedTsallisINF,
        ChebCB,
        ThompsonLogCost,
        GaussianThompson,
        UCB,
        FixedArm,
    )
}

__all__ = [
    "LEARNERS",
    "UCB",
    "Bandit",
    "BinnedTsallisINF",
    "ChebCB",
    "Choice",
    "ContextualBandit",
    "FixedArm",
    "GaussianThompson",
    "Oracle",
    "ThompsonLogCost",
    "TsallisINF",
    "best_fixed_arm",
    "tsallis_probabilities",
]

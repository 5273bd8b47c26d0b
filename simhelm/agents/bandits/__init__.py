"""Bandits: ``act(context) -> arm``, ``learn(loss)``."""

from simhelm.agents.bandits.base import Bandit, Choice, ContextualBandit
from simhelm.agents.bandits.chebcb import ChebCB
from simhelm.agents.bandits.reference import FixedArm, Oracle, best_fixed_arm
from simhelm.agents.bandits.registry import LEARNERS, learner_names, load_learner
from simhelm.agents.bandits.thompson import GaussianThompson, ThompsonLogCost
from simhelm.agents.bandits.tsallis import BinnedTsallisINF, TsallisINF, tsallis_probabilities
from simhelm.agents.bandits.ucb import UCB

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
    "learner_names",
    "load_learner",
    "tsallis_probabilities",
]

"""The learners that a run file may name: ours, and those that other packages announce."""

from __future__ import annotations

from simhelm.agents.bandits.base import Bandit
from simhelm.agents.bandits.chebcb import ChebCB
from simhelm.agents.bandits.reference import FixedArm
from simhelm.agents.bandits.thompson import GaussianThompson, ThompsonLogCost
from simhelm.agents.bandits.tsallis import BinnedTsallisINF, TsallisINF
from simhelm.agents.bandits.ucb import UCB
from simhelm.core.entry_points import Registry, Target

# A new bandit adds its name here. Other packages announce theirs as entry points.
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
REGISTRY = Registry(
    "learner", {name: Target(f"{kind.__module__}:{name}") for name, kind in LEARNERS.items()}
)


def learner_names() -> list[str]:
    """The names of all learners, plug-ins included."""
    return sorted(REGISTRY.targets)


def load_learner(name: str) -> type[Bandit]:
    """The bandit class of that name, or at "package.module:Class".

    Raises:
        ValueError: unknown name (with the nearest known one), or not a bandit.
        ImportError: it cannot be imported.
    """
    found = REGISTRY.load(name)
    if not (isinstance(found, type) and issubclass(found, Bandit)):
        raise ValueError(f"learner {name!r}: expected a subclass of Bandit, got {found!r}")  # noqa: TRY004
    return found

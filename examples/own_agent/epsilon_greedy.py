"""An agent of your own: epsilon-greedy on the relaxation factor, beside what it must beat.

    python examples/own_agent/epsilon_greedy.py

The same seeds for all: what differs between the rows is the policy alone.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike

import simhelm  # noqa: F401 - registers the environments
from simhelm.agents.bandits import Bandit, Choice
from simhelm.experiments import print_table

LENGTH = 400
SEEDS = range(5)


class EpsilonGreedy(Bandit):
    """The arm with the smallest mean loss, and with a small probability any arm.

    Args:
        epsilon: that probability.
    """

    # What state_dict saves beside open decisions and the generator.
    _state_names = ("counts", "means")

    def __init__(
        self, arm_values: ArrayLike, *, seed: int | np.random.Generator = 0, epsilon: float = 0.1
    ) -> None:
        super().__init__(arm_values, seed=seed)
        self.epsilon = epsilon
        self.counts = np.zeros(self.arms)
        self.means = np.zeros(self.arms)

    def _choose(self, context: float) -> Choice:
        if self.rng.random() < self.epsilon:
            return Choice(int(self.rng.integers(self.arms)))
        # Arms that were never played have mean 0 and so come first: no loss is negative.
        return Choice(int(self.means.argmin()))

    def _update(self, choice: Choice, loss: float) -> None:
        self.counts[choice.arm] += 1.0
        self.means[choice.arm] += (loss - self.means[choice.arm]) / self.counts[choice.arm]


def learned(env: Any, seed: int) -> float:
    """Iterations of an episode in which the agent learns."""
    agent = EpsilonGreedy(env.unwrapped.arm_values, seed=seed)
    env.reset(seed=seed)
    total, ended = 0.0, False
    while not ended:
        _, reward, ended, _, info = env.step(agent.act())
        agent.learn(info["loss"])
        total -= reward
    return total


def baseline(env: Any, seed: int, name: str) -> float:
    """Iterations of the same episode under a named baseline."""
    env.reset(seed=seed)
    policy = env.unwrapped.baselines()[name].policy
    total, ended = 0.0, False
    while not ended:
        _, reward, ended, _, _ = env.step(policy())
        total -= reward
    return total


def main() -> list[dict[str, str]]:
    """Play all seeds with the agent and with every baseline, and print the means."""
    env = gymnasium.make("simhelm/SolverSequence-v0", length=LENGTH)
    found = {"epsilon-greedy": [learned(env, seed) for seed in SEEDS]}
    for name in env.unwrapped.baselines():  # type: ignore[attr-defined]
        found[name] = [baseline(env, seed, name) for seed in SEEDS]
    rows = [
        {"policy": name, "iterations a solve": f"{np.mean(totals) / LENGTH:.2f}"}
        for name, totals in sorted(found.items(), key=lambda item: float(np.mean(item[1])))
    ]
    print_table(rows, title=f"{LENGTH} solves, mean of {len(SEEDS)} seeds")
    return rows


if __name__ == "__main__":
    main()

"""What designs and proposals without learning reach in the two submodel environments.

Run with ``python -m benchmarks.submodel plate_pool.parquet``; the pool is made by
``simhelm run examples/plate/plate_pool.toml`` and ``simhelm export runs/plate_pool --to ...``.
A learner has to beat the best rule of each table.
"""

from __future__ import annotations

import sys
from typing import Any

import gymnasium
import numpy as np

import simhelm  # noqa: F401 - registers the environments
from simhelm.calibration.terminal import print_table

EPISODES = 200


def play(env: Any, name: str, episodes: int) -> list[dict[str, float]]:
    """Last info of every episode, with the total reward and cost; seeds 0, 1, ..."""
    env.action_space.seed(0)
    policy = env.baselines()[name].policy
    found = []
    for seed in range(episodes):
        env.reset(seed=seed)
        reward = cost = 0.0
        terminated = False
        while not terminated:
            _, step_reward, terminated, _, info = env.step(policy())
            reward += step_reward
            cost += info["cost"]
        found.append({**info, "reward": reward, "cost": cost})
    return found


def enrichment_rows(episodes: int, **arguments: Any) -> list[dict[str, str]]:
    """Error of the quantile, cost and reward of every design."""
    env = gymnasium.make("simhelm/SubmodelEnrichment-v0", **arguments).unwrapped
    rows = []
    for name in env.baselines():  # type: ignore[attr-defined]
        ends = play(env, name, episodes)
        errors, costs, rewards = (
            np.array([end[key] for end in ends]) for key in ("error", "cost", "reward")
        )
        rows.append(
            {
                "design": name,
                "error of the 90 % quantile, %": _words(100 * errors, 2),
                "million multiplications": f"{costs.mean():,.0f}",
                "reward": _words(rewards, 4),
            }
        )
    return rows


def rare_rows(episodes: int, **arguments: Any) -> list[dict[str, str]]:
    """Spread of the unbiased estimates over episodes, and work saved against plain Monte Carlo."""
    env = gymnasium.make("simhelm/RareEventSubmodel-v0", **arguments).unwrapped
    names = list(env.baselines())  # type: ignore[attr-defined]
    found = {
        name: np.array([end["estimate"] for end in play(env, name, episodes)]) for name in names
    }
    plain = float(np.var(found["plain Monte Carlo"]))
    return [
        {
            "proposal": name,
            "mean estimate": _words(values, 5),
            "relative standard deviation": f"{values.std() / max(values.mean(), 1e-300):.3f}",
            "plain variance over its own": f"{plain / max(float(np.var(values)), 1e-300):.1f}",
        }
        for name, values in found.items()
    ]


def _words(values: Any, digits: int) -> str:
    """Mean and half of its 95 % interval."""
    half = 1.96 * np.std(values) / np.sqrt(len(values))
    return f"{np.mean(values):.{digits}f} ± {half:.{digits}f}"


def main(episodes: int = EPISODES, **arguments: Any) -> None:
    """Print both tables; the second also without a random amplitude."""
    title = f"SubmodelEnrichment-v0: {episodes} episodes"
    print_table(enrichment_rows(episodes, **arguments), title=title)
    for spread, threshold in ((0.3, 50.0), (0.0, 32.0)):
        rows = rare_rows(episodes, spread=spread, threshold=threshold, **arguments)
        title = f"RareEventSubmodel-v0: {threshold:g} MPa, spread {spread:g}, {episodes} episodes"
        print_table(rows, title=title)


if __name__ == "__main__":
    main(live=False, pool=sys.argv[1])

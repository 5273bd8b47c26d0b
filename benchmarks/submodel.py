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
from simhelm.experiments.terminal import print_table

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
    """Spread of the estimates over episodes, and work saved against plain Monte Carlo.

    Subset simulation is none of the environment's policies: it stands beside them.
    """
    env: Any = gymnasium.make("simhelm/RareEventSubmodel-v0", **arguments).unwrapped
    ends = {name: play(env, name, episodes) for name in env.baselines()}
    found = {
        name: [(end["estimate"], env.solves) for end in episodes_of]
        for name, episodes_of in ends.items()
    }
    drawn = [env.subset_simulation(np.random.default_rng([seed, 1])) for seed in range(episodes)]
    found["subset simulation (no policy)"] = [(one.probability, one.evaluations) for one in drawn]
    plain = _work_variance(np.array(found["plain Monte Carlo"]))
    return [
        _rare_row(name, np.array(pairs, dtype=np.float64), plain) for name, pairs in found.items()
    ]


def _rare_row(name: str, pairs: Any, plain: float) -> dict[str, str]:
    values = pairs[:, 0]
    saved = plain / max(_work_variance(pairs), 1e-300)
    return {
        "proposal": name,
        "mean estimate": _words(values, 5),
        "full solves": f"{pairs[:, 1].mean():.0f}",
        "relative standard deviation": f"{values.std() / max(values.mean(), 1e-300):.3f}",
        "work of plain Monte Carlo over its own": f"{saved:.1f}",
    }


def _work_variance(pairs: Any) -> float:
    """Variance of the estimates times solves: the work for a given error is proportional to it."""
    return float(np.var(pairs[:, 0]) * pairs[:, 1].mean())


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

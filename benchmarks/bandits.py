"""What a round of each learner costs, in microseconds: ``python -m benchmarks.bandits``."""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from benchmarks.comparison import Comparison
from simhelm.agents.bandits import LEARNERS, Bandit
from simhelm.experiments.terminal import print_table
from simhelm.simulators.linear import DEFAULT_OMEGAS

GRID = DEFAULT_OMEGAS
ROUNDS = 4000
BARS = {"TsallisINF": 20.0, "ThompsonLogCost": 60.0, "ChebCB": 300.0}


def microseconds_a_round(bandit: Bandit) -> float:
    """Median over blocks of 200 rounds of act and learn, on costs like those of SOR."""
    rng = np.random.default_rng(0)
    contexts = rng.uniform(0.0, 1.0, ROUNDS).tolist()
    blocks = []
    start = time.process_time()
    for t, context in enumerate(contexts):
        arm = bandit.act(context)
        bandit.learn(40.0 + 200.0 * abs(GRID[arm] - 1.4 - 0.4 * context))
        if t % 200 == 199:
            now = time.process_time()
            blocks.append((now - start) / 200)
            start = now
    return 1e6 * statistics.median(blocks)


def compare() -> list[Comparison]:
    """Rounds a second; no peer offers these learners one round at a time."""
    found = []
    for name in BARS:
        options = {"context_bounds": (0.0, 1.0)} if LEARNERS[name].needs_context else {}
        cost = microseconds_a_round(LEARNERS[name](GRID, seed=0, **options))
        found.append(Comparison(f"{name}, a round over {len(GRID)} arms", "rounds", 1e6 / cost))
    return found


def main() -> bool:
    """Print the table; returns whether all bars were met."""
    rows = []
    for name, kind in LEARNERS.items():
        options = {"context_bounds": (0.0, 1.0)} if kind.needs_context else {}
        cost = microseconds_a_round(kind(GRID, seed=0, **options))
        bar = BARS.get(name)
        rows.append(
            {
                "learner": name,
                "microseconds a round": f"{cost:.1f}",
                "bar": "" if bar is None else f"≤ {bar:g}",
                "met": "" if bar is None else ("yes" if cost <= bar else "NO"),
            }
        )
    title = f"Cost of a round (act and learn), 20 arms, median over {ROUNDS} rounds"
    print_table(rows, title=title)
    return all(row["met"] != "NO" for row in rows)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

"""The small version of the reproduction, the shipped policy, and how claims are judged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.agents.evolution import Effort
from simhelm.agents.policy import Policy
from simhelm.envs.nbody import episodes
from simhelm.envs.nbody.episodes import SEED_RANGES
from simhelm.papers import REPRODUCTIONS
from simhelm.papers.three_body import best_fixed, claims_table
from simhelm.papers.three_body_runs import Runs, saving
from simhelm.papers.three_body_training import EFFORT, GUARDED, SHIPPED, TRAINING_SEEDS, train


def test_small_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parts = list(REPRODUCTIONS["three-body"].load()(quick=True))
    assert [row for part in parts for row in part.rows if row.met is False] == []
    assert sum(row.met is True for part in parts for row in part.rows) == 8 + 5
    assert (tmp_path / "runs/three-body/fronts.png").stat().st_size > 10_000


@pytest.mark.parametrize("environment", SHIPPED)
def test_shipped_policy_says_where_it_comes_from(environment: str) -> None:
    metadata = Policy.load(SHIPPED[environment]).metadata
    training = SEED_RANGES["training"]
    assert metadata.training_seeds == (training.start, training.stop)
    assert metadata.environment == environment
    assert metadata.command.startswith("python -m simhelm")
    # What today's command would write; a file of an earlier setup does not pass.
    assert metadata.arguments == {"action": "method", "guard": GUARDED["method"]}
    assert metadata.seed == TRAINING_SEEDS[0]
    assert metadata.steps == EFFORT.generations * EFFORT.environments * 300


def test_training_meets_training_seeds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[int] = []
    draw = episodes.draw_system

    def noted(bodies: int, seed: int) -> Any:
        met.append(seed)
        return draw(bodies, seed)

    monkeypatch.setattr("simhelm.envs.nbody.adaptive.draw_system", noted)
    train("parameter", 0, Effort(generations=2, candidates=4, episodes=3), steps=4)
    assert met
    assert set(met) <= set(SEED_RANGES["training"])


def _runs(cost: float, failing: int, count: int = 40) -> Runs:
    errors = np.full(count, 1e-8)
    errors[:failing] = 1e-3
    return Runs(errors, np.full(count, cost))


@pytest.mark.parametrize(
    ("cost", "failing", "met"),
    [(700.0, 2, True), (900.0, 2, False), (700.0, 3, False)],
)
def test_claims_are_judged_by_the_numbers(cost: float, failing: int, met: bool) -> None:
    fixed = {"mu = 0.01": _runs(1000.0, 2), "mu = 0.02154": _runs(500.0, 9)}
    learned = {
        "method": {"a": _runs(cost, failing), "b": _runs(cost, failing)},
        "parameter": {"a": _runs(800.0, 0)},
    }
    oracle = {f"oracle, choice of {a}": _runs(400.0, 0) for a in ("method", "parameter")}
    assert best_fixed(fixed, grid_only=True)[0] == "mu = 0.01"
    part = claims_table(fixed, learned, oracle, judged=True)
    verdicts = [row.met for row in part.rows if row.expected.startswith("at least 1.25")]
    assert verdicts.count(met) == 4
    assert verdicts.count(None) == 4
    leaks = claims_table(
        fixed, learned, {**oracle, "oracle, choice of parameter": _runs(900.0, 0)}, judged=True
    )
    assert leaks.rows[-1].met is False


def test_saving_is_paired() -> None:
    gain, low, high = saving(_runs(1000.0, 0), _runs(800.0, 0))
    assert gain == low == high == pytest.approx(1.25)

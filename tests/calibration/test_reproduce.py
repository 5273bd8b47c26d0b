"""The small version of the reproduction meets every bar that it contains."""

import pytest

from simhelm.calibration.reproduce import REPRODUCTIONS
from simhelm.calibration.reproduce.learning_to_relax import claims_part


def test_learning_to_relax_quick() -> None:
    parts = list(REPRODUCTIONS["learning-to-relax"].load()(quick=True))
    missed = [(part.title, row) for part in parts for row in part.rows if row.met is False]
    assert missed == []
    required = sum(row.met is True for part in parts for row in part.rows)
    assert required == 12 + 4 + 4 + 6
    claims = {row["what"]: row["expected"] for row in parts[-1].records()}
    assert claims["ChebCB: 3.5 x faster than omega = 1"] == "not comparable on this grid"


@pytest.mark.parametrize(("chebcb", "verdict"), [(20.0, "reproduced"), (60.0, "not reproduced")])
def test_claims_are_judged_by_the_numbers(chebcb: float, verdict: str) -> None:
    row = {"plain CG": 200.0, "omega = 1": 100.0, "omega = 1.5": 50.0, "omega = 1.75": 40.0}
    learners = {"Tsallis-INF, published rule": 45.0, "ChebCB": chebcb, "ThompsonLogCost": 30.0}
    claims = {r.what: r.expected for r in claims_part({100: {**row, **learners}}).rows}
    assert claims["ChebCB: 3.5 x faster than omega = 1"] == verdict
    assert claims["ChebCB beats CG, omega = 1 and 1.5"] == verdict
    assert claims["ChebCB beats the best fixed factor in most cases"] == verdict
    assert claims["Tsallis-INF, published rule: 2.4 x faster than omega = 1"] == "not reproduced"
    assert claims["Tsallis-INF, published rule beats CG, omega = 1 and 1.5"] == "reproduced"


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_targets_exist(name: str) -> None:
    assert callable(REPRODUCTIONS[name].load())

"""The table and the verdict are computed from the episodes, whichever way they turn out."""

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from simhelm.control.steering.result import Episode, summarise, verdict
from simhelm.experiments.records import write_records


def _episode(
    policy: str, kind: str, repeat: int, losses: list[int], reason: str = "converged"
) -> Episode:
    count = len(losses)
    return Episode(
        policy, kind, repeat, np.zeros(count), np.ones(count), np.array(losses),
        np.array(losses) * 10, [reason] * count, 1.0,
    )  # fmt: skip


def _rows(learner: list[list[int]], reason: str = "converged"):  # type: ignore[no-untyped-def]
    played = [
        _episode("omega=1", "rule", 0, [10, 10]),
        _episode("omega=1.5", "fixed", 0, [5, 5]),
        _episode("oracle", "oracle", 0, [4, 4]),
    ]
    played += [_episode("B", "learner", r, run, reason) for r, run in enumerate(learner)]
    return summarise(played)


def test_ratios_spread_and_order() -> None:
    rows = {row.policy: row for row in _rows([[4, 5], [5, 6]])}
    assert [row.policy for row in _rows([[4, 5], [5, 6]])] == [
        "oracle",
        "B",
        "omega=1.5",
        "omega=1",
    ]
    learner = rows["B"]
    assert (learner.total, learner.repeats, learner.failures) == (10.0, 2, 0)
    assert learner.spread == pytest.approx(np.std([9, 11], ddof=1))
    assert learner.to_best_fixed == 1.0
    assert learner.to_oracle == 10 / 8
    assert learner.cost == 100.0


def test_failures_are_counted() -> None:
    assert {r.policy: r.failures for r in _rows([[9, 9]], "max_iterations")}["B"] == 2


def test_verdict_says_yes_no_and_neither() -> None:
    paid = verdict(_rows([[4, 4]]), "sweeps")
    assert paid.startswith("Learning paid, in one run: B, the best learner, needed 20.0 % fewer ")
    assert "omega=1.5, the best fixed setting that was run" in paid
    assert "60.0 % fewer sweeps than omega=1, the rule of thumb" in paid
    lost = verdict(_rows([[6, 6]]), "sweeps")
    assert lost.startswith("Learning did not pay, in one run: B, the best learner, needed 20.0 % m")
    assert "40.0 % fewer sweeps than omega=1" in lost
    tie = verdict(_rows([[5, 5]]), "sweeps")
    assert tie.startswith("Learning did not pay, in one run: B, the best learner, needed as many ")
    assert verdict(_rows([]), "sweeps").startswith("No verdict")


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        # Saved 1, 2, 3 of 10: mean 2, deviation 1, t(2) = 4.303, so 2 - 2.48 < 0.
        ([9, 8, 7], "Learning did not pay, as far as 3 runs show: B"),
        ([8, 8, 7], "Learning paid: B"),
        ([11, 11, 11], "Learning did not pay: B"),
        ([10, 10, 10], "Learning did not pay: B"),
        ([13, 9, 9], "Learning did not pay, as far as 3 runs show: B"),
    ],
)
def test_a_saving_within_the_spread_of_the_runs_is_none(totals: list[int], words: str) -> None:
    assert verdict(_rows([[total, 0] for total in totals]), "sweeps").startswith(words)


def test_runs_of_the_same_problem_are_compared() -> None:
    """Problems that differ far more than the policies hide nothing: 1 saved in each."""
    played = []
    for run, base in enumerate((10, 100, 1000)):
        played.append(_episode("fixed", "fixed", run, [base]))
        played.insert(0, _episode("B", "learner", run, [base - 1]))
    assert verdict(summarise(played), "sweeps").startswith("Learning paid: B")


def test_a_random_design_is_no_fixed_setting() -> None:
    played = [
        _episode("random", "random", 0, [1, 1]),
        _episode("B", "learner", 0, [2, 2]),
    ]
    assert verdict(summarise(played), "runs").startswith("No verdict")


def test_records_round_trip() -> None:
    records: list[dict[str, Any]] = [{"a": 'x,"y"\n', "b": 1}, {"a": "ü", "b": None}]
    assert written([], "csv") == "\n"
    assert list(csv.DictReader(io.StringIO(written(records, "csv")))) == [
        {"a": 'x,"y"\n', "b": "1"},
        {"a": "ü", "b": ""},
    ]
    for count in range(3):
        assert written(records[:count], "json") == json.dumps(records[:count], indent=2) + "\n"


def written(rows: list[dict[str, Any]], form: str) -> str:
    stream = io.StringIO(newline="")
    write_records(iter(rows), form, stream)
    return stream.getvalue()

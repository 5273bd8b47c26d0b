"""The table and the verdict are computed from the episodes, whichever way they turn out."""

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from simhelm.control.steering import Entrant, Episode
from simhelm.control.summary import as_records, from_records, summarise, verdict
from simhelm.experiments.records import write_records


def _episode(losses: list[int], reason: str = "converged") -> Episode:
    count = len(losses)
    return Episode(
        np.zeros(count), np.ones(count), np.array(losses), np.array(losses) * 10,
        [reason] * count, 1.0,
    )  # fmt: skip


def _entrant(name: str, kind: str) -> Entrant:
    return Entrant(name, kind, 1, lambda env, seed: None)  # type: ignore[arg-type,return-value]


def _rows(learner: list[list[int]], reason: str = "converged"):  # type: ignore[no-untyped-def]
    played = [
        (_entrant("omega=1", "rule"), 0, _episode([10, 10])),
        (_entrant("omega=1.5", "fixed"), 0, _episode([5, 5])),
        (_entrant("oracle", "oracle"), 0, _episode([4, 4])),
    ]
    played += [
        (_entrant("B", "learner"), r, _episode(run, reason)) for r, run in enumerate(learner)
    ]
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
        played.append((_entrant("fixed", "fixed"), run, _episode([base])))
        played.insert(0, (_entrant("B", "learner"), run, _episode([base - 1])))
    assert verdict(summarise(played), "sweeps").startswith("Learning paid: B")


def test_a_random_design_is_no_fixed_setting() -> None:
    played = [
        (_entrant("random", "random"), 0, _episode([1, 1])),
        (_entrant("B", "learner"), 0, _episode([2, 2])),
    ]
    assert verdict(summarise(played), "runs").startswith("No verdict")


def test_records_round_trip() -> None:
    rows = _rows([[4, 4]])
    assert from_records(as_records(rows)) == rows
    broken = as_records(rows)
    broken[0]["total"] = "much"
    with pytest.raises(ValueError, match="total"):
        from_records(broken)
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

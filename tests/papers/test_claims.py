"""Claims of papers: each is judged by the numbers of the tables, and by nothing else."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from simhelm.cli.app import app
from simhelm.papers import REPRODUCTIONS, Reproduction, Table
from simhelm.papers.claims import Verdict, judged, numbers, verdict_of
from simhelm.papers.papers import CLAIMS
from simhelm.papers.table import Row

FIXED = "choice of parameter, mean of training seeds, over the best fixed of the published grid"
RECORDED = Path(__file__).resolve().parents[2] / "docs" / "results"


def recorded(name: str) -> list[Table]:
    record: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    return [
        Table(
            part["title"],
            tuple(Row(row["what"], row["measured"], row["expected"]) for row in part["records"]),
        )
        for part in record["parts"]
    ]


def verdicts(name: str, parts: list[Table]) -> dict[str, str]:
    return {row["claim"]: row["verdict"] for row in judged(CLAIMS[name], parts)}


def changed(parts: list[Table], what: str, old: str, new: str) -> list[Table]:
    """The same tables with another number in all rows of a quantity."""
    assert any(old in row.measured for part in parts for row in part.rows if row.what == what)
    return [
        Table(
            part.title,
            tuple(
                dataclasses.replace(row, measured=row.measured.replace(old, new))
                if row.what == what
                else row
                for row in part.rows
            ),
        )
        for part in parts
    ]


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_every_paper_has_claims_that_its_tables_decide(name: str) -> None:
    found = judged(CLAIMS[name], recorded(name))
    assert found
    untested = [row for row in found if row["verdict"] == Verdict.NOT_TESTED]
    assert not [row for row in untested if "this run has no" in row["measured here"]]
    # A run without the tables, where an optional library is missing, is no reason to lose it.
    assert {row["verdict"] for row in judged(CLAIMS[name], [])} == {Verdict.NOT_TESTED}


@pytest.mark.parametrize(("chebcb", "verdict"), [(20.0, "reproduced"), (60.0, "not reproduced")])
def test_the_heat_equation_is_judged_by_iterations(chebcb: float, verdict: str) -> None:
    totals = {"plain CG": 200.0, "omega = 1": 100.0, "omega = 1.5": 50.0, "omega = 1.75": 40.0}
    totals |= {"Tsallis-INF, published rule": 45.0, "ChebCB": chebcb, "ThompsonLogCost": 30.0}
    rows = tuple(Row(name, f"{total:,.0f} (3)") for name, total in totals.items())
    title = "Heat equation, nx = 100: total CG iterations of 5,000 steps"
    found = verdicts("learning-to-relax", [Table(title, rows)])
    assert found["ChebCB solves it 3.5 times faster than omega = 1"] == verdict
    assert found["ChebCB beats plain CG, omega = 1 and omega = 1.5"] == verdict
    assert found["ChebCB beats the best fixed factor in most cases"] == verdict
    slow = "Tsallis-INF solves the heat equation 2.4 times faster than omega = 1"
    assert found[slow] == "not reproduced"
    assert found["Tsallis-INF beats plain CG, omega = 1 and omega = 1.5"] == "reproduced"


@pytest.mark.parametrize(
    ("name", "what", "old", "new", "claim", "verdict"),
    [
        (
            "three-body", FIXED,
            "0.960", "1.060", "a learned step parameter is better than the most common fixed ones",
            Verdict.REPRODUCED,
        ),
        (
            "parallel-bo-transport", "BOHB (4 and 12 days): verified L1", "12.52", "26.52",
            "parallel Bayesian optimisation with BOHB's model reaches an L1 of 25 %",
            Verdict.NOT_REPRODUCED,
        ),
        (
            "learning-to-relax", "ThompsonLogCost", "225,465", "235,465",
            "ChebCB's iterations of 5,000 solves", Verdict.REPRODUCED,
        ),
        (
            "learning-to-relax", "ChebCB, published draws", "234,998", "244,998",
            "ChebCB's iterations of 5,000 solves", Verdict.IN_PART,
        ),
        (
            "parallel-bo-transport", "with: days simulated, verified L1", "(18.09", "(19.99",
            "stopping by extrapolation makes it converge faster", Verdict.IN_PART,
        ),
        (
            "wgan-submodel", "WGAN-GP", "9.3 million", "99.3 million",
            "a submodel with generated boundary conditions predicts faster", Verdict.NOT_REPRODUCED,
        ),
        (
            "archgym", "mean request latency, 800 designs", "4.42", "0.42",
            "a proxy's error is 0.61 %", Verdict.IN_PART,
        ),
        (
            "archgym", "ratio for one output", "5.4", "2,005.4",
            "a proxy takes 2,000 times less time than its simulator", Verdict.REPRODUCED,
        ),
        (
            "deeparchitect", "SMBO, ridge against random search, 64 networks", "better",
            "no difference shown", "SMBO outperforms random search", Verdict.NOT_REPRODUCED,
        ),
        (
            "deeparchitect", "MCTS against random search, 64 networks", "no difference shown",
            "better", "MCTS outperforms random search", Verdict.IN_PART,
        ),
    ],
)  # fmt: skip
def test_another_number_is_another_verdict(
    name: str, what: str, old: str, new: str, claim: str, verdict: Verdict
) -> None:
    assert verdicts(name, changed(recorded(name), what, old, new))[claim] == verdict


def test_several_cases_make_one_verdict() -> None:
    assert verdict_of([True, True]) is Verdict.REPRODUCED
    assert verdict_of([True, False]) is Verdict.IN_PART
    assert verdict_of([False]) is Verdict.NOT_REPRODUCED


def test_numbers_are_read_as_they_are_printed() -> None:
    assert numbers("-0.60 [-1.5, 1e-05]; 1,544 of 3") == [-0.6, -1.5, 1e-5, 1544.0, 3.0]
    assert numbers("not reached") == []


@pytest.mark.parametrize("form", ["table", "json"])
def test_claims_are_printed_behind_the_tables(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the whole; a small version does not judge a paper."""
    name = "wgan-submodel"

    def tables(*, quick: bool) -> list[Table]:
        return recorded(name)

    monkeypatch.setattr(Reproduction, "load", lambda self: tables)
    runner = CliRunner()
    done = runner.invoke(app, ["reproduce", name, "--format", form])
    assert done.exit_code == 0, done.output
    told = " ".join(done.stdout.split())
    assert told.count("reproduced in part") == 1
    if form == "json":
        last = json.loads(done.stdout)[-1]
        assert (last["part"], last["verdict"]) == ("Published claims", "reproduced")
    quick = runner.invoke(app, ["reproduce", name, "--quick", "--format", form])
    assert "reproduced" not in quick.stdout

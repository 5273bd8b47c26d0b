"""Tables of shares as BEAM and MATSim write them, with everything that is odd about them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.core.end_reason import EndReason
from simhelm.simulators.executable import ExecutableProblem
from simhelm.simulators.executable.outputs import BadOutput
from simhelm.simulators.executable.share_table import ShareCurve, ShareTable
from tests.simulators.executable.shell import CONFIG, shell_problem

TARGETS = {"car": 60.0, "walk": 30.0, "ride_hail": 10.0}
# BEAM's reference table: the benchmark, then percent; walk_transit was seen, ride hail never.
REFERENCE = """iterations,car,walk,walk_transit
benchmark,60.0,30.0,0.0
0,80.0,20.0,0
1,50.0,30.0,20.0
"""
# BEAM's own table: the same as counts, with halves where a person replanned.
COUNTS = "iterations,car,walk,walk_transit\n0,80.0,20.0,0\n1,125.0,75.0,50.0\n"
# MATSim's: fractions between semicolons.
MODESTATS = "iteration;car;walk;walk_transit\n0;0.8;0.2;0.0\n1;0.5;0.3;0.2\n"


def curve(**changes: Any) -> ShareCurve:
    return ShareCurve(ShareTable(file="out.csv", targets=TARGETS, **changes), TARGETS)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (REFERENCE, {}),
        (COUNTS, {}),
        (MODESTATS, {"step": "iteration", "separator": ";"}),
        (MODESTATS.replace(";", "\t"), {"step": "iteration", "separator": "\t"}),
    ],
    ids=["percent", "counts", "fractions", "tabs"],
)
def test_every_form_gives_the_same_shares(text: str, changes: dict[str, Any]) -> None:
    """Distances by hand: 20 + 10 + 10 at first; 10 + 0 + 10 and 20 without a target at the end."""
    table = curve(**changes)
    assert np.array(table.points(text)) == pytest.approx(np.array([[0.0, 40.0], [1.0, 40.0]]))
    values = table.values(text, 1)
    assert values == pytest.approx(
        {
            "share_error": 40.0, "share_car": 50.0, "share_walk": 30.0, "share_ride_hail": 0.0,
            "share_other": 20.0,
        }
    )  # fmt: skip
    assert list(values) == [output.name for output in table.outputs()]


def test_modes_that_only_one_side_knows_count() -> None:
    """Of the modes in both, car and walk, the shares are met; the distance is not 0."""
    text = "iterations,car,walk,cav\n0,60,30,10\n"
    assert curve().values(text, 0)["share_error"] == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("iterations,car\n", "no row of an iteration"),
        ("iterations,car\nbenchmark,100\n", "no row of an iteration"),
        ("iterations,car\n0,100\n", "ends at iteration 0, expected 1"),
        ("iterations,car\n0,100\n1,0\n", "out.csv:3: .*positive sum"),
        ("iterations,car\n0,100\n1,NaN\n", "positive sum"),
        ("iterations,car,walk\n0,50,50\n1,101,-1\n", "positive sum"),
        ("iterations\n1\n", "positive sum"),
        ("iterations,car\n0,100\n1,many\n", "expected a number"),
        ("iteration,car\n1,100\n", "no column 'iterations'"),
        ("iterations,car\n1,100,5\n", "expected 2 columns"),
    ],
)
def test_a_table_without_a_result_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadOutput, match=words):
        curve().values(text, 1)


def test_a_row_without_trips_is_no_point_of_the_curve() -> None:
    """BEAM writes zeros, or NaN, for an iteration without counts; later rows are good."""
    points = curve().points("iterations,car,walk\n0,60,40\n1,0,0\n2,NaN,NaN\n3,60,30\n")
    assert [math.isnan(value) for _, value in points] == [False, True, True, False]


def share_problem(folder: Path, script: str, **shares: Any) -> ExecutableProblem:
    tables = {"file": "out/*/shares.csv", "targets": TARGETS, "poll": 0.01, **shares}
    return shell_problem(folder, script, outputs=[], shares=tables, full_budget=2)


def test_the_made_up_directory_is_found(tmp_path: Path) -> None:
    text = "iterations,car,walk,ride_hail\n0,5,4,1\n1,5,4,1\n2,6,3,1\n"
    script = f"mkdir -p out/run__xyz; printf '{text}' > out/run__xyz/shares.csv".replace(
        "\n", "\\n"
    )
    problem = share_problem(tmp_path, script)
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.succeeded, metrics.details
    assert metrics.values["share_error"] == pytest.approx(0.0, abs=1e-12)
    assert metrics.cost == 2.0
    assert problem.objective == "share_error"
    assert problem.worst_objective == 200.0


@pytest.mark.parametrize(("names", "found"), [("", 0), ("a b", 2)])
def test_no_directory_is_guessed(names: str, found: int, tmp_path: Path) -> None:
    """Not the newest of several: exactly one has to match."""
    script = (
        f"mkdir out; for name in {names}; do mkdir out/$name; echo > out/$name/shares.csv; done"
    )
    metrics = share_problem(tmp_path, script).run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.BAD_OUTPUT
    assert f"exactly one such file, found {found}" in metrics.details


def test_a_matching_link_to_a_folder_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "shares.csv").write_text(COUNTS)
    script = f"mkdir out; ln -s {tmp_path}/secret out/a"
    metrics = share_problem(tmp_path, script).run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.BAD_OUTPUT
    assert "outside" in metrics.details


def test_points_arrive_once_while_the_file_is_rewritten_with_more_columns(tmp_path: Path) -> None:
    """The simulator waits until the watch has seen each iteration, so none is missed."""
    script = """
    mkdir -p out/a
    table() { printf "$1" > out/a/shares.csv; until [ -e seen$2 ]; do sleep 0.01; done; }
    table 'iterations,car\\n0,10\\n' 0
    table 'iterations,car,walk\\n0,10,0\\n1,7,3\\n' 1
    printf 'iterations,car,walk,ride_hail\\n0,10,0,0\\n1,7,3,0\\n2,6,3,1\\n' > out/a/shares.csv
    """
    points: list[tuple[float, float]] = []

    def watch(step: float, value: float) -> bool:
        points.append((step, value))
        (tmp_path / "trial" / f"seen{step:g}").touch()
        return True

    problem = share_problem(tmp_path, script)
    assert problem.run_in(tmp_path / "trial", CONFIG, seed=1, watch=watch).succeeded
    assert [step for step, _ in points] == [0.0, 1.0, 2.0]
    assert [value for _, value in points] == pytest.approx([80.0, 20.0, 0.0])


def test_a_run_is_killed_when_the_watch_has_seen_enough(tmp_path: Path) -> None:
    """The script would never end by itself."""
    script = "mkdir -p out/a; printf 'iterations,car\\n0,9\\n1,9\\n' > out/a/shares.csv; sleep 1000"
    problem = share_problem(tmp_path, script)
    metrics = problem.run_in(tmp_path / "t", CONFIG, seed=1, watch=lambda step, value: step < 1)
    assert metrics.end_reason is EndReason.STOPPED_EARLY
    assert metrics.cost == 1.0


def test_a_run_at_its_last_step_is_not_killed(tmp_path: Path) -> None:
    """Its work is done; it ends once the watch has seen the last row."""
    script = """
    mkdir -p out/a; printf 'iterations,car\\n2,9\\n' > out/a/shares.csv
    until [ -e seen ]; do sleep 0.01; done; sleep 0.05
    """

    def watch(step: float, value: float) -> bool:
        (tmp_path / "trial" / "seen").touch()
        return False

    problem = share_problem(tmp_path, script)
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1, watch=watch)
    assert metrics.end_reason is EndReason.COMPLETED
    assert metrics.values["share_car"] == 100.0


def test_targets_from_a_benchmark_file(tmp_path: Path) -> None:
    """BEAM's form; the shares are scaled to 100 %, and another benchmark is another study."""
    (tmp_path / "benchmark.csv").write_text("mode,car,walk\nx,3,1\n")
    problem = share_problem(tmp_path, "true", targets={}, benchmark="benchmark.csv")
    assert problem.specification.shares is not None
    assert problem.specification.shares.targets == {"car": 75.0, "walk": 25.0}
    before = problem.specification.document()
    (tmp_path / "benchmark.csv").write_text("mode,car,walk\nx,1,1\n")
    other = share_problem(tmp_path, "true", targets={}, benchmark="benchmark.csv")
    assert other.specification.document() != before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": {"car": 60.0, "walk": 30.0}}, "sum of 100 %, got 90"),
        ({"targets": {"car": 110.0, "walk": -10.0}}, "greater than or equal to 0"),
        ({"targets": {}}, "exactly one of targets and benchmark"),
        ({"benchmark": "benchmark.csv"}, "exactly one of targets and benchmark"),
        ({"targets": {}, "benchmark": "nothing.csv"}, "no such file"),
        ({"targets": {}, "benchmark": "sim.sh"}, "expected shares with a positive sum"),
        ({"file": "../out.csv"}, "inside the trial's directory"),
        ({"seperator": ";"}, "did you mean 'separator'"),
        ({"separator": ";;"}, "at most 1 character"),
    ],
)
def test_bad_tables_are_refused(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        share_problem(tmp_path, "true", **changes)


def test_a_curve_beside_shares_is_refused(tmp_path: Path) -> None:
    shares = {"file": "out.csv", "targets": TARGETS}
    growing = {"file": "curve.csv", "step": "n", "value": "v"}
    with pytest.raises(ValueError, match="at most one of curve and shares"):
        shell_problem(tmp_path, "true", outputs=[], shares=shares, curve=growing)


def test_an_output_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"an \[\[output\]\], or shares"):
        shell_problem(tmp_path, "true", outputs=[])


def test_an_input_that_the_pattern_matches_is_refused(tmp_path: Path) -> None:
    (tmp_path / "template").write_text("1")
    shares = {"file": "*.csv", "targets": TARGETS}
    with pytest.raises(ValueError, match="input and an output"):
        shell_problem(tmp_path, "true", outputs=[], shares=shares, templates={"a.csv": "template"})

"""The benchmark scripts run; their bars are for quiet machines and `make bench`."""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from benchmarks import __main__ as suite
from benchmarks import (
    architecture,
    bandits,
    fem,
    mpi_rollouts,
    nbody,
    policies,
    relaxation,
    study_overhead,
    study_scale,
    submodel,
    transport,
)
from benchmarks.comparison import Comparison, lacking
from benchmarks.timing import ratio, take_turns
from simhelm.calibration import StudyView
from tests.envs.test_submodel import table


def test_relaxation_table(capsys: pytest.CaptureFixture[str]) -> None:
    relaxation.main(sizes=(20,), rounds=2)
    printed = capsys.readouterr().out
    assert "simhelm red-black, with test" in printed
    assert "PyAMG sor" in printed
    assert "price of the test, lexicographic, 20 x 20" in printed


def test_bandit_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandits, "ROUNDS", 400)
    bandits.main()
    assert "ThompsonLogCost" in capsys.readouterr().out


def test_submodel_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pool = tmp_path / "pool.parquet"
    pyarrow.parquet.write_table(pyarrow.table(table(400)), pool)
    submodel.main(episodes=3, live=False, pool=str(pool))
    printed = capsys.readouterr().out
    assert "largest variance" in printed
    assert "exact conditioning" in printed


def test_study_overhead_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # MPI's part is another process of the same code; here only its absence is rehearsed.
    monkeypatch.setattr(study_overhead, "MPIEXEC", Path("/nonexistent/mpiexec"))
    study_overhead.main(
        trials=20, rounds=1, sleeping=(20, 0.01), stored=50, samplers=("RandomSampler",)
    )
    printed = capsys.readouterr().out
    assert "Optuna, SQLite" in printed
    assert "RandomSampler: serial, ms" in printed
    assert "efficiency of 2 workers" in printed
    assert "50 trials in the store" in printed
    assert "not measured, because not installed: MPI" in printed


def test_overhead_under_mpi(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    assert study_overhead.engine_on_ranks("RandomSampler", 20, tmp_path / "s") > 0.0
    assert len(StudyView(tmp_path / "s").trials()) == 20


def test_study_scale_table(capsys: pytest.CaptureFixture[str]) -> None:
    study_scale.main(
        told=20,
        samplers=("RandomSampler",),
        check=((1,), 0.005),
        counts=(2, 20),
        simulators={"1 s": 1.0},
    )
    printed = capsys.readouterr().out
    assert "within 15 %" in printed
    assert "master full at" in printed
    assert "RandomSampler, batch async, simulators of 1 s: nine tenths used up to 20" in printed


def test_transport_table(capsys: pytest.CaptureFixture[str]) -> None:
    transport.main(persons=(200,), repeats=1)
    printed = capsys.readouterr().out
    assert "a day of 200 persons" in printed
    assert "user equilibrium, 24 nodes" in printed


def test_contenders_take_turns_in_changing_order() -> None:
    calls: list[str] = []
    contenders: dict[str, Callable[[], object]] = {
        name: functools.partial(calls.append, name) for name in "abc"
    }
    seconds = take_turns(contenders, dict.fromkeys("abc", 1), rounds=3)
    assert calls[::3] == list("abc") + list("acb") + list("cab")
    assert {len(figures) for figures in seconds.values()} == {3}
    assert ratio({"a": [4.0, 9.0, 2.0], "b": [2.0, 3.0, 2.0]}, "a", "b") == 2.0


def test_vector_table(capsys: pytest.CaptureFixture[str]) -> None:
    mpi_rollouts.main(sizes=(2,), steps=3, repeats=1)
    printed = capsys.readouterr().out
    assert "2 processes" in printed
    assert "Heat2D, nx = 25" in printed


def test_policy_table(capsys: pytest.CaptureFixture[str]) -> None:
    policies.main(repeats=1)
    assert "inside a compiled loop" in capsys.readouterr().out


def test_nbody_tables(capsys: pytest.CaptureFixture[str]) -> None:
    nbody.main(rounds=1, batch=20, seeds=range(2))
    printed = capsys.readouterr().out
    assert "any N, 3-D" in printed
    assert "simhelm Gauss-Radau" in printed


def test_fem_tables(capsys: pytest.CaptureFixture[str]) -> None:
    fem.main(rounds=1, batch=2, steps=4)
    printed = capsys.readouterr().out
    assert "submodel, a sample of 2" in printed
    assert "scikit-fem" in printed


def test_architecture_table(capsys: pytest.CaptureFixture[str]) -> None:
    architecture.main(rounds=1, designs=3)
    printed = capsys.readouterr().out
    assert "10,000 requests, mixed" in printed
    assert "a layer of resnet18" in printed


def test_every_script_is_in_the_suite() -> None:
    folder = Path(suite.__file__).parent
    scripts = {path.stem for path in folder.glob("*.py") if "def main" in path.read_text("utf-8")}
    assert scripts - {"__main__"} == suite.SCRIPTS.keys() | suite.BY_HAND.keys()


def test_one_table_of_several_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandits, "ROUNDS", 400)
    monkeypatch.setattr(policies, "compare", functools.partial(policies.compare, rounds=1))
    monkeypatch.setitem(suite.SCRIPTS, "policies", {"repeats": 1})
    monkeypatch.setitem(sys.modules, "benchmarks.nbody", None)
    document = suite.run(["bandits", "policies", "nbody"], tmp_path, reduced=True)
    assert document == json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    rows = {row["what"]: row for row in document["rows"]}
    row = rows["action of a policy of two hidden layers of 32"]
    assert row["times the peer"] == row["simhelm"] / row["peer's"]
    assert row["share of limit"] == row["simhelm"] / row["limit's"]
    assert "the script nbody" in document["missing"]
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert f"{document['date']}, reduced scale" in text
    assert all(what in text for what in rows)
    assert "ThompsonLogCost" in (tmp_path / "bandits.txt").read_text(encoding="utf-8")


def test_rows_of_a_comparison() -> None:
    compared = Comparison("task", "runs", 6.0, {"a": 3.0, "b": 12.0}, ("memory", 24.0))
    first, second = compared.rows("script")
    assert (first["times the peer"], second["times the peer"]) == (2.0, 0.5)
    assert first["share of limit"] == second["share of limit"] == 0.25
    (alone,) = Comparison("task", "runs", 6.0).rows("script")
    assert alone["peer"] == ""
    assert alone["share of limit"] is None
    assert lacking({"no_such_module": ("Peer", "pip install peer"), "numpy": ("n", "")}) == {
        "Peer": "pip install peer"
    }


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        (relaxation, {"n": 20, "rounds": 1}),
        (nbody, {"rounds": 1, "seeds": range(1)}),
        (transport, {"persons": 200, "repeats": 1}),
        (fem, {"rounds": 1, "batch": 2, "steps": 4}),
        (architecture, {"rounds": 1, "designs": 3}),
        (study_overhead, {"trials": 20}),
        (study_scale, {"workers": 1, "seconds": 0.002}),
    ],
)
def test_comparisons(script: Any, arguments: dict[str, Any]) -> None:
    for comparison in script.compare(**arguments):
        assert comparison.ours > 0.0
        assert all(rate > 0.0 for rate in comparison.peers.values())
        assert comparison.limit is None or comparison.limit[1] > 0.0

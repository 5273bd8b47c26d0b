"""Exact optima, fronts and volumes by hand, and the statistics of the lottery."""

import itertools
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from simhelm.cli import app
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Problem
from simhelm.core.subspace import Subspace
from simhelm.papers.exhaustive import (
    evaluate_everything,
    hypervolume,
    pareto_front,
    read_optimum,
    read_table,
)
from simhelm.papers.lottery.agents import RANDOM, RANDOM_RUNS, SWEEPS, search, settings_of
from simhelm.papers.lottery.instances import Instance, Tabulated
from simhelm.papers.lottery.statistics import (
    best_of,
    bootstrap_best_of,
    bootstrap_median,
    chosen,
    summary,
)
from simhelm.papers.lottery.sweep import Scale, Sweep, best_loss, collect, run_all
from simhelm.papers.lottery.views import View
from simhelm.simulators.accelerator.problem import Accelerator

Regrets = np.typing.NDArray[np.float64]


def small() -> Problem:
    """An accelerator with 60 designs."""
    kept = {
        "rows": (8, 16, 64), "cols": (8, 32), "ofmap_kib": (8, 64), "ifmap_kib": (8, 64),
        "bandwidth_bytes_per_cycle": (16,), "filter_kib": (64,),
    }  # fmt: skip
    return Subspace(Accelerator(["transformer_block"], area_budget_mm2=2.0), kept)


def test_the_optimum_is_that_of_all_designs(tmp_path: Path) -> None:
    problem = small()
    table = evaluate_everything(problem)
    assert len(table.configs) == 3 * 2 * 2 * (2 + 2 + 1)
    scores = [-problem.score(problem.evaluate(c, seed=0)) for c in table.configs]
    assert table.optimum == min(scores)
    assert np.isinf(table.losses).any()
    path = tmp_path / "all.parquet"
    table.write(path)
    assert pq.read_table(path).num_rows == len(table.configs)
    again = read_table(small(), path)
    assert again.configs == table.configs
    assert np.array_equal(again.losses, table.losses)
    assert (again.costs, again.end_reasons) == (table.costs, table.end_reasons)
    assert read_optimum(small(), path) == table.optimum
    with pytest.raises(ConfigurationError, match="designs of space"):
        read_table(Accelerator(), path)
    assert len(table.front(["latency_us", "energy_uj", "area_mm2"])) > 1


def test_a_front_of_one_point_is_told(caplog: pytest.LogCaptureFixture) -> None:
    table = evaluate_everything(small())
    assert len(table.front(["latency_us"])) == 1
    assert "has one point" in caplog.text


def test_fronts_against_their_definition() -> None:
    points = np.random.default_rng(3).integers(0, 6, (60, 3)).astype(float)
    beaten = [((points <= p).all(1) & (points < p).any(1)).any() for p in points]
    expected = np.unique(points[~np.array(beaten)], axis=0)
    assert np.array_equal(pareto_front(points), expected)


def test_volumes_against_counting_cells() -> None:
    """Points on a grid dominate whole cells, which can be counted."""
    rng = np.random.default_rng(5)
    assert hypervolume(np.array([[1.0, 1.0]]), np.array([3.0, 4.0])) == 6.0
    for columns in (1, 2, 3):
        points = rng.integers(0, 5, (8, columns)).astype(float)
        cells = itertools.product(range(5), repeat=columns)
        count = sum(bool((points <= cell).all(axis=1).any()) for cell in map(np.array, cells))
        assert hypervolume(points, np.full(columns, 5.0)) == count


def test_a_table_answers_as_the_simulator_does() -> None:
    problem = small()
    tabulated = Tabulated(evaluate_everything(problem))
    for share in (0.1, 0.4, 0.9):
        config = problem.config_from_shares([share] * len(problem.parameters))
        said, true = (p.evaluate(config, seed=0) for p in (tabulated, problem))
        assert (said.values, said.end_reason) == (true.values, true.end_reason)


@pytest.mark.parametrize("flat", [False, True])
def test_a_view_has_the_same_designs(flat: bool) -> None:
    """Every proposal of numbers for choices is a legal design, and all designs are reached."""
    problem = small()
    view = View(problem, flat=flat)
    assert {p.kind for p in view.parameters if p.name in ("rows", "cols")} == {"integer"}
    assert any(p.condition for p in view.parameters) != flat
    values = [p.choices or range(int(p.low), int(p.high) + 1) for p in view.parameters]
    names = [p.name for p in view.parameters]
    reached = set()
    for chosen_values in itertools.product(*values):
        config = view.config(dict(zip(names, chosen_values, strict=True)))
        problem.check_config(config)
        reached.add(json.dumps(config, sort_keys=True))
    assert len(reached) == 60


@pytest.mark.parametrize("agent", sorted(SWEEPS))
def test_runs_repeat_spend_their_budget_and_never_beat_the_optimum(
    agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    problem = small()
    optimum = evaluate_everything(problem).optimum
    # PPO stops in the midst of its second rollout.
    setting = settings_of(agent)[0]
    one, two = (search(problem, agent, setting, budget=14, seed=1) for _ in range(2))
    assert [config for config, _ in one] == [config for config, _ in two]
    assert len(one) == 14
    assert best_loss(problem, one) >= optimum
    # No logs of Stable-Baselines3 among the machine's temporary files.
    assert not list(tmp_path.glob("SB3-*"))


def test_random_search_finds_the_optimum_of_a_small_space_in_the_end() -> None:
    problem = small()
    found = search(problem, RANDOM, {}, budget=400, seed=0)
    assert best_loss(problem, found) == evaluate_everything(problem).optimum


def test_finished_runs_are_not_repeated(tmp_path: Path) -> None:
    tuning, report = (Instance("dram", w, tmp_path, quick=True) for w in ("random", "mixed"))
    scale, known = Scale(budget=3, seeds=1), tmp_path / "regrets.jsonl"
    names = [RANDOM, "RegularisedEvolutionSampler"]
    first = list(run_all(names, tuning, report, scale, known))
    assert len(first) == 2 * (RANDOM_RUNS + 6)
    assert len({(run.instance, run.seed) for run in first if run.agent == RANDOM}) == 24
    kept = sorted(known.read_text().splitlines())
    cells = [json.loads(line)[1] for line in kept]
    assert sorted(math.inf if cell is None else cell for cell in cells) == sorted(
        run.regret for run in first
    )
    # The first half, its last line torn.
    known.write_text(known.read_text()[: len(known.read_text()) // 2])
    again = list(run_all(names, tuning, report, scale, known))
    rows = known.read_text().splitlines()
    assert sorted(row for row in rows if row in kept) == kept, "the torn line is done again"
    sweeps = [collect(names, tuning, runs) for runs in (first, again)]
    for one, two in zip(*sweeps, strict=True):
        assert np.array_equal(one.report, two.report)
        assert np.array_equal(one.tuning, two.tuning)
    assert sweeps[0][0].report.shape == (1, RANDOM_RUNS)


def test_the_command_line(tmp_path: Path) -> None:
    """The whole table on a small problem, with its figure and its log of evaluations."""
    runner = CliRunner()
    folder, figure, logged = tmp_path / "tables", tmp_path / "a.png", tmp_path / "log"
    words = ["bench", "lottery", "--quick", "--agent", "GeneticSampler", "--format", "json"]
    places = ["--folder", str(folder), "--figure", str(figure), "--log", str(logged)]
    small_budget = ["--domain", "dram", "--budget", "4", "--seeds", "1"]
    done = runner.invoke(app, [*words, *places, *small_budget], catch_exceptions=False)
    random, genetic = json.loads(done.stdout)
    assert (random["agent"], random["seeds"]) == ("Random", RANDOM_RUNS)
    assert (genetic["agent"], genetic["settings"]) == ("Genetic", 9)
    assert figure.read_bytes()[:4] == b"\x89PNG"
    rows = pq.read_table(logged / "dram-mixed.parquet").to_pylist()
    assert len(rows) == 4 * (RANDOM_RUNS + 9)
    assert rows[0]["simulator"].startswith("DramController")
    assert len({row["space_hash"] for row in rows}) == 1
    # All runs of all agents find nothing below the optimum.
    optimum = Instance("dram", "mixed", folder, quick=True).optimum()
    assert min(row["log_latency_energy_cost"] for row in rows) >= optimum


def test_exhaustive_tables_on_the_command_line(tmp_path: Path) -> None:
    runner = CliRunner()
    path = tmp_path / "new" / "table.parquet"
    kept = {"rows": [8, 16], "cols": [8, 32], "ofmap_kib": [8], "ifmap_kib": [8, 64],
            "filter_kib": [64], "bandwidth_bytes_per_cycle": [16]}  # fmt: skip
    only = [word for name, values in kept.items() for word in ("--only", f"{name}={values}")]
    words = ["bench", "exhaustive", "Accelerator", "--out", str(path), *only]
    fronts = ["--front", "latency_us", "--front", "area_mm2"]
    more = ["--set", 'networks=["transformer_block"]', *fronts]
    done = runner.invoke(app, [*words, *more], catch_exceptions=False)
    assert "20 designs, 0 without a result" in done.stdout
    assert "front of latency_us, area_mm2" in done.stdout
    done = runner.invoke(app, [*words, *fronts, "--front", "utilisation"], catch_exceptions=False)
    assert "front of latency_us, area_mm2, utilisation" in done.stdout
    done = runner.invoke(app, [*words, *more, "--set", "area_budget_mm2=0.001"])
    assert "20 designs, none of which has a result" in done.stdout
    one = [word for name, values in kept.items() for word in ("--only", f"{name}=[{values[0]}]")]
    words = ["bench", "exhaustive", "Accelerator", "--out", str(path), *one]
    done = runner.invoke(app, [*words, "--only", 'dataflow=["os"]', *fronts])
    assert "as an output does not vary" in done.stdout
    assert pq.read_schema(path).field("area_mm2").metadata == {b"unit": b"mm2"}


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (["lottery", "--agent", "GeneticSample"], "did you mean 'GeneticSampler'"),
        (["lottery", "--tune-on", "resnet18"], "different workloads"),
        (["lottery", "--tune-on", "resnet19"], "resnet18"),
        (["lottery", "--domain", "drum"], "did you mean 'dram'"),
        (["lottery", "--domain", "dram", "--tune-on", "randon"], "did you mean 'random'"),
        (["exhaustive", "Acelerator", "--out", "x"], "did you mean 'Accelerator'"),
        (["exhaustive", "RelaxationFactor", "--out", "x"], "no finite space"),
        (["exhaustive", "DramController", "--out", "x"], "at most"),
        (["exhaustive", "Accelerator", "--out", "x", "--only", "rows=8"], "a list of values"),
        (["exhaustive", "Accelerator", "--out", "x", "--only", "rows"], "NAME=JSON"),
        (["exhaustive", "Accelerator", "--out", "x", "--only", "rwos=[8]"], "mean 'rows'"),
        (["exhaustive", "Accelerator", "--out", "x", "--only", "rows=[9]"], "got 9"),
        (["exhaustive", "Accelerator", "--out", "x", "--only", "rows=[]"], "at least one"),
        (["exhaustive", "Accelerator", "--out", "x", "--set", "network=1"], "network"),
        (["exhaustive", "Accelerator", "--out", "x", "--front", "area"], "unknown output"),
        (["exhaustive", "Accelerator", "--out", "x", *["--front", "area_mm2"] * 2], "different"),
    ],
)
def test_mistakes_are_answered(wrong: list[str], hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        CliRunner().invoke(app, ["bench", *wrong], catch_exceptions=False)


def test_best_of_k_is_the_mean_over_all_choices() -> None:
    """Chosen by the one workload, counted on the other."""
    tuning = np.array([[0.5], [0.1], [0.3], [0.9]])
    report = np.array([[0.2], [0.4], [0.1], [0.8]])
    for k in (1, 2, 3, 4):
        drawn = itertools.combinations(range(4), k)
        expected = np.mean([report[min(c, key=lambda i: tuning[i, 0]), 0] for c in drawn])
        assert best_of(tuning, report, k) == pytest.approx(expected)
    lost = np.array([[0.5], [0.1], [np.inf], [np.inf]])
    assert best_of(lost, lost, 3) == pytest.approx((3 * 0.1 + 0.5) / 4)
    assert best_of(lost, lost, 1) == math.inf


def test_the_row_of_an_agent() -> None:
    tuning, report = np.array([[0.5, 0.5], [0.1, 0.1]]), np.array([[0.0, 0.002], [0.3, 0.4]])
    sweep = Sweep("GeneticSampler", [{"a": 1}, {"a": 2}], tuning, report)
    assert chosen(sweep) == 1
    row = summary(sweep)
    assert row["within 1 %"] == "0.50"
    assert row["chosen"] == "a=2"
    assert row["best of 1/3/all"] == "0.1755 / 0.3500 / 0.3500"
    assert row["all: 95 % interval"] == "0.3000 .. 0.4000"


def test_intervals_cover_a_known_median() -> None:
    """Of 200 samples from a distribution of median 1, about 95 % of the intervals hold it."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        low, high = bootstrap_median(rng.exponential(1 / math.log(2), (40, 1)), rng)
        held += low <= 1.0 <= high
    assert 180 <= held <= 199
    certain = Sweep("a", [{}], np.zeros((1, 3)), np.full((1, 3), 0.25))
    assert bootstrap_best_of(certain, 1, rng) == (0.25, 0.25)

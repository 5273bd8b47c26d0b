"""Exact optima, fronts and volumes by hand, and the statistics of the lottery."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from simhelm.calibration.cli import app
from simhelm.calibration.errors import ConfigurationError
from simhelm.calibration.exhaustive import evaluate_everything, hypervolume, pareto_front
from simhelm.calibration.lottery import (
    SWEEPS,
    Sweep,
    best_loss,
    bootstrap_median,
    run_sweep,
    settings_of,
    summary,
)
from simhelm.simulators.accelerator.problem import Accelerator
from simhelm.simulators.problem import Parameter


def small() -> Accelerator:
    """An accelerator with 120 designs."""
    problem = Accelerator(["transformer_block"], area_budget_mm2=2.0)
    kept = {"rows": (8, 16, 64), "cols": (8, 32), "ofmap_kib": (8, 64), "ifmap_kib": (8, 64)}
    problem.parameters = tuple(
        Parameter(
            p.name, "categorical", kept[p.name][0], choices=kept[p.name], condition=p.condition
        )
        if p.name in kept
        else Parameter(p.name, "categorical", 16, choices=(16,))
        if p.name == "bandwidth_bytes_per_cycle"
        else Parameter(p.name, "categorical", 64, choices=(64,), condition=p.condition)
        if p.name == "filter_kib"
        else p
        for p in problem.parameters
    )
    return problem


def test_the_optimum_is_that_of_all_designs(tmp_path: Path) -> None:
    problem = small()
    table = evaluate_everything(problem)
    assert len(table.configs) == 3 * 2 * 2 * (2 + 2 + 1)
    scores = [-problem.score(problem.evaluate(c, seed=0)) for c in table.configs]
    assert table.optimum == min(scores)
    assert np.isinf(table.losses).any()
    path = tmp_path / "all.parquet"
    table.write(path)
    stored = pq.read_table(path)
    assert stored.num_rows == len(table.configs)
    assert stored.schema.metadata[b"problem"] == b"Accelerator"
    assert b"uJ" in stored.schema.metadata[b"units"]
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


def test_runs_repeat_and_regret_is_never_negative() -> None:
    problem = small()
    optimum = evaluate_everything(problem).optimum
    for agent in SWEEPS:
        setting = settings_of(agent)[0]
        losses = [best_loss(problem, agent, setting, budget=15, seed=seed) for seed in (1, 1)]
        assert losses[0] == losses[1] >= optimum
    sweep = run_sweep(problem, "RandomSampler", optimum, budget=2000, seeds=[0])
    assert sweep.regrets == pytest.approx(0.0)


def test_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The whole table on a small problem; wrong names are refused with a hint."""
    for place in ("simhelm.simulators.accelerator.problem.Accelerator",):
        monkeypatch.setattr(place, lambda networks=(): small())
    runner = CliRunner()
    words = ["bench", "lottery", "--quick", "--agent", "GeneticSampler", "--format", "json"]
    done = runner.invoke(app, words, catch_exceptions=False)
    (row,) = json.loads(done.stdout)
    assert row["agent"] == "GeneticSampler"
    assert row["settings"] == 9
    path = tmp_path / "table.parquet"
    done = runner.invoke(app, ["bench", "exhaustive", "Accelerator", "--out", str(path)])
    assert "60 designs" in done.stdout
    assert path.is_file()
    for wrong, hint in (
        (["lottery", "--agent", "GeneticSample"], "did you mean 'GeneticSampler'"),
        (["lottery", "--tune-on", "resnet18"], "different networks"),
        (["exhaustive", "Acelerator", "--out", str(path)], "did you mean 'Accelerator'"),
        (["exhaustive", "RelaxationFactor", "--out", str(path)], "no finite space"),
    ):
        with pytest.raises(ConfigurationError, match=hint):
            runner.invoke(app, ["bench", *wrong], catch_exceptions=False)


def test_best_of_k_is_the_mean_over_all_choices() -> None:
    regrets = np.array([[0.5], [0.1], [0.3], [0.9]])
    sweep = Sweep("a", [{}] * 4, regrets)
    for k in (1, 2, 3, 4):
        expected = np.mean([min(c) for c in itertools.combinations(regrets[:, 0], k)])
        assert sweep.best_of(k) == pytest.approx(expected)
    assert sweep.chosen() == 1
    lost = Sweep("a", [{}] * 4, np.array([[0.5], [0.1], [np.inf], [np.inf]]))
    assert lost.best_of(3) == pytest.approx((3 * 0.1 + 0.5) / 4)
    assert lost.best_of(1) == math.inf
    low, high = bootstrap_median(regrets, np.random.default_rng(0))
    assert 0.1 <= low <= 0.4 <= high <= 0.9
    row = summary(sweep, Sweep("a", [{}], np.array([[0.2, 0.4]])), np.random.default_rng(0))
    assert row["within 1 %"] == "0.00"
    assert row["chosen, held out"] == "0.3000"
    assert math.log(1.01) < 0.1

"""Proxies fitted, checked, searched in, and held against the simulator."""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from typer.testing import CliRunner

from simhelm.calibration.evaluations import Evaluation, read_evaluations, write_evaluations
from simhelm.calibration.proxy.check import check, split
from simhelm.calibration.proxy.data import TrainingData, from_configs, from_file
from simhelm.calibration.proxy.training import fit, quantile
from simhelm.calibration.proxy.tree_settings import KINDS, Kind, TreeSettings
from simhelm.cli import app
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Metrics, Parameter
from simhelm.simulators.accelerator.problem import Accelerator
from simhelm.simulators.proxy import ProxyProblem, load_proxy, save_proxy

PARAMETERS = (Parameter("x", "float", 0.5, 0.0, 1.0), Parameter("z", "float", 0.5, 0.0, 1.0))


def noisy(count: int, seed: int) -> TrainingData:
    """A smooth function with noise, so that residuals have a known size."""
    rng = np.random.default_rng(seed)
    x = rng.random((count, 2))
    y = 5.0 + np.sin(4.0 * x[:, 0]) + x[:, 1] + 0.2 * rng.standard_normal(count)
    configs = [{"x": float(a), "z": float(b)} for a, b in x]
    return from_configs("Toy", PARAMETERS, configs, ["y"], y[:, None])


def sampled(count: int, seed: int) -> list[Evaluation]:
    """Accelerators, feasible and not."""
    problem, rng = Accelerator(["transformer_block"]), np.random.default_rng(seed)
    configs = [problem.space.sample(rng) for _ in range(count)]
    return [Evaluation(c, 0, None, problem.evaluate(c, seed=0)) for c in configs]


@pytest.fixture(scope="module")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("proxy") / "data.parquet"
    write_evaluations(path, Accelerator(["transformer_block"]), sampled(250, 1))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_the_forest_says_what_scikit_learn_says(kind: Kind) -> None:
    data, unseen = noisy(80, 0), noisy(40, 1)
    proxy = fit(data, TreeSettings(kind, trees=15, seed=3))
    y = np.log(data.values[:, 0])
    model = (
        ExtraTreesRegressor(15, random_state=3)
        if kind == "extra-trees"
        else GradientBoostingRegressor(
            n_estimators=15,
            learning_rate=0.3,
            max_depth=6,
            subsample=0.5,
            random_state=3,
        )
    ).fit(data.rows, y)
    found = proxy.forest.predict(unseen.rows)[:, 0]
    assert found == pytest.approx(model.predict(unseen.rows), rel=1e-12)


def test_the_quantile_is_an_order_statistic() -> None:
    scores = np.arange(1.0, 20.0)[::-1]  # 19 scores: the 18th of 20 gaps
    assert quantile(scores, 0.9) == 18.0
    assert quantile(scores[:5], 0.9) == 19.0  # too few: the largest


def test_intervals_cover_what_they_say() -> None:
    """On average over data sets; noise that no model can learn keeps them from shrinking."""
    held = [
        check(
            fit(noisy(200, seed), TreeSettings("extra-trees", trees=20, seed=seed)), noisy(400, 99)
        )[0]
        for seed in range(10)
    ]
    assert all(one.designs == 400 for one in held)
    # Each has a standard deviation of about 0.025 by its residuals and test designs.
    assert np.mean([one.coverage for one in held]) == pytest.approx(0.9, abs=0.03)


def test_equal_designs_are_not_divided() -> None:
    data = noisy(30, 0)
    twice = data.part(np.repeat(np.arange(30), 2))
    seen, unseen = split(twice, 0)
    assert not set(seen.design) & set(unseen.design)
    assert len(unseen.rows) == 12


def test_a_design_counts_once() -> None:
    """However often a search returned to it: neither margins nor coverage lean to it."""
    data, unseen = noisy(60, 0), noisy(30, 1)
    settings = TreeSettings("extra-trees", trees=5)
    often = data.part(np.concatenate([np.arange(60), np.zeros(200, dtype=np.int64)]))
    assert len(often.once) == 60
    found = check(fit(often, settings), unseen.part(np.repeat(np.arange(30), 3)))[0]
    assert found.designs == 30
    assert found == check(fit(often, settings), unseen)[0]
    # Three quarters of the evaluations are of one design: a quantile of all would be its residual.
    alone = check(fit(data, settings), unseen)[0]
    assert found.width == pytest.approx(alone.width, rel=0.5)


def test_a_value_that_has_no_logarithm_is_outside() -> None:
    data = noisy(40, 0)
    proxy = fit(data, TreeSettings("extra-trees", trees=5))
    negative = data.part(np.arange(40))
    negative.values[:] = -1.0
    assert check(proxy, negative)[0].coverage == 0.0


def test_too_few_designs_are_refused() -> None:
    few = noisy(10, 0).part(np.arange(30) % 10)
    with pytest.raises(ConfigurationError, match="20 different designs"):
        fit(few, TreeSettings())


def test_rows_come_back(data_file: Path) -> None:
    found = read_evaluations(data_file)
    expected = sampled(250, 1)
    assert len(found.rows) == 250
    for row, one in zip(found.rows, expected, strict=True):
        assert {n: row[n] for n in one.config} == one.config
        assert row["end_reason"] == one.metrics.end_reason.label
        assert row["latency_us"] == one.metrics.values.get("latency_us")
    assert found.document["outputs"]["energy_uj"]["unit"] == "uJ"


def test_partial_and_interrupted_evaluations_are_left_out(tmp_path: Path) -> None:
    rows = sampled(30, 2)
    lost = Metrics.failure(EndReason.TIMEOUT, cost=0.0)
    rows += [Evaluation(rows[0].config, 0, None, lost)]
    path = tmp_path / "a.parquet"
    write_evaluations(path, Accelerator(), rows)
    data = from_file(path)
    assert len(data.rows) == 30
    assert data.succeeded.tolist() == [one.metrics.succeeded for one in rows[:30]]
    write_evaluations(path, Accelerator(), [r for r in rows if not r.metrics.succeeded])
    with pytest.raises(ConfigurationError, match="no complete evaluation"):
        from_file(path)
    path.write_bytes(b"no")
    with pytest.raises(ConfigurationError, match="not a Parquet file"):
        from_file(path)


@pytest.mark.parametrize(
    ("column", "values", "hint"),
    [
        ("latency_us", None, "columns .'latency_us'. are missing"),
        ("rows", None, "columns .'rows'. are missing"),
        ("end_reason", None, "columns .'end_reason'. are missing"),
        ("latency_us", math.nan, "row 0: latency_us: expected a finite number.*'completed'.*nan"),
        ("latency_us", math.inf, "got inf"),
        ("rows", 77, "row 0: rows: expected one of"),
        ("rows", "8", "row 0: rows: expected one of"),
        ("ofmap_kib", float("nan"), "row 0: ofmap_kib: expected one of"),
    ],
)
def test_files_that_were_tampered_with_are_refused(
    tmp_path: Path, column: str, values: float | str | None, hint: str
) -> None:
    """A hole in the data must not become a design that fails."""
    good = [row for row in sampled(10, 3) if row.metrics.succeeded]
    path = tmp_path / "a.parquet"
    write_evaluations(path, Accelerator(["transformer_block"]), good)
    table = pyarrow.parquet.read_table(path)
    place = table.schema.get_field_index(column)
    table = (
        table.drop([column])
        if values is None
        else table.set_column(place, column, pyarrow.array([values] * len(good)))
    )
    pyarrow.parquet.write_table(table, path)
    with pytest.raises(ConfigurationError, match=hint):
        from_file(path)


def test_a_proxy_knows_what_fails(data_file: Path, tmp_path: Path) -> None:
    data = from_file(data_file)
    proxy = fit(data, TreeSettings(trees=15))
    path = tmp_path / "p.skops"
    save_proxy(proxy, path)
    problem = ProxyProblem(Accelerator(["transformer_block"]), load_proxy(path))
    fresh = sampled(200, 5)
    ended = [problem.evaluate(one.config, seed=0).end_reason for one in fresh]
    right = np.mean([a is b.metrics.end_reason for a, b in zip(ended, fresh, strict=True)])
    assert right > 0.9
    assert {e.label for e in ended} == {"completed", "infeasible"}


def test_from_a_study_to_a_search_in_its_proxy(tmp_path: Path) -> None:
    """Export, train, search in the proxy, and the winner in the simulator."""
    runner = CliRunner()

    def simhelm(*words: str | Path) -> str:
        if words[0] in ("run", "resume"):
            words = (*words, "--executor", "serial")
        done = runner.invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    file, study = tmp_path / "a.toml", tmp_path / "study"
    file.write_text(
        "trials = 120\nbatch = 20\n[sampler]\nname = 'RandomSampler'\n"
        "[failures]\nin_a_row = 1000\nshare = 1.0\n"
        "[problem]\nname = 'Accelerator'\nnetworks = ['transformer_block']\n"
    )
    simhelm("run", file, "--out", study)
    table, proxy = tmp_path / "a.parquet", tmp_path / "a.skops"
    simhelm("export", study, "--to", table)
    said = simhelm(
        "train-proxy", table, "--model", "extra-trees", "--trees", "5", "--format", "json"
    )
    checks = {row["output"]: row for row in json.loads(said)}
    assert {"latency_us", "area_mm2"} <= set(checks)
    again = tmp_path / "again"
    said = simhelm("run", file, "--out", again, "--proxy", proxy)
    assert "In the simulator" in said
    winner, default = json.loads((again / "rescored.json").read_text())
    problem = Accelerator(["transformer_block"])
    for row in (winner, default):
        true = problem.evaluate(row["config"], seed=0)
        assert row["true"] == true.values.get("log_energy_delay")
        assert row["end_reason"] == true.end_reason.label
    # Another study than the one in the simulator; the same one as before.
    with pytest.raises(ConfigurationError, match="another study"):
        simhelm("run", file, "--out", study, "--proxy", proxy)
    simhelm("resume", again, "--n-trials", "130")
    # The same space, and another network.
    file.write_text(file.read_text().replace("transformer_block", "resnet18"))
    with pytest.raises(ConfigurationError, match=r"fitted to evaluations with networks = .'transf"):
        simhelm("run", file, "--out", tmp_path / "other", "--proxy", proxy)


def test_mistakes_are_answered(tmp_path: Path, data_file: Path) -> None:
    runner = CliRunner()
    file = tmp_path / "a.toml"
    file.write_text("[problem]\nname = 'Accelerator'\n")
    steering = tmp_path / "b.toml"
    steering.write_text("[environment]\nid = 'simhelm/Heat2D-v0'\n")
    for words, hint in (
        (["run", file, "--proxy", tmp_path / "no.skops"], "no such file"),
        (["run", steering, "--proxy", tmp_path / "no.skops"], "belongs to studies"),
        (["train-proxy", tmp_path / "no.parquet"], "no such file"),
        (["train-proxy", data_file, "--model", "extra-tree"], "did you mean 'extra-trees'"),
    ):
        with pytest.raises(ConfigurationError, match=hint):
            runner.invoke(app, [str(w) for w in words], catch_exceptions=False)

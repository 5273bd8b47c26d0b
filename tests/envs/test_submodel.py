"""Environments about submodels: what they buy, what they estimate, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from numpy.typing import NDArray

from simhelm.envs.rare_event_submodel import RareEventSubmodelEnv
from simhelm.envs.submodel.pool import live_pool, stored_pool
from simhelm.envs.submodel.quantile import CELLS, cells_of, interval, quantile, weights_of
from simhelm.envs.submodel.tilt import LARGEST, exceedance, matching_tilt, proposal
from simhelm.envs.submodel_enrichment import COARSE, FULL, STOP, SubmodelEnrichmentEnv, purchase

Floats = NDArray[np.float64]


def table(count: int, seed: int = 0) -> dict[str, Any]:
    """Stresses that depend on place and duration; the coarse model is a fifth too high."""
    rng = np.random.default_rng(seed)
    shares = rng.random((count, 2))
    peaks = (
        20 + 8 * np.abs(2 * shares[:, 0] - 1) + 4 * shares[:, 1] + 2 * rng.standard_normal(count)
    )
    return {
        "series": ["search"] * count,
        "end_reason": ["completed"] * count,
        "centre": 0.04 + 0.12 * shares[:, 0],
        "duration": 12 + 12 * shares[:, 1],
        "peak": peaks,
        "coarse_peak": 1.2 * peaks,
        "full_work": np.full(count, 50.0),
        "coarse_work": np.full(count, 10.0),
    }


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("pool") / "pool.parquet"
    pyarrow.parquet.write_table(pyarrow.table(table(1600)), path)
    return str(path)


def cell_of(action: int) -> int:
    return (action - 1) // 3 % CELLS


def play(env: Any, policy: Any, seed: int) -> tuple[float, dict[str, Any]]:
    env.reset(seed=seed)
    total, terminated, info = 0.0, False, {}
    while not terminated:
        _, reward, terminated, _, info = env.step(policy())
        total += reward
    return total, info


def test_pool_reads_what_a_study_exports_and_leaves_failures_out(tmp_path: Path) -> None:
    data = table(150)
    data["end_reason"][3], data["series"][4] = "not_finite", "default"
    path = tmp_path / "pool.parquet"
    pyarrow.parquet.write_table(pyarrow.table(data), path)
    read = stored_pool(path)
    assert len(read.inputs) == 148
    assert read.full_work == 50.0
    assert np.ptp(read.inputs) <= 1.0
    full, coarse = read.solve(np.array([0, 5, 0]))
    np.testing.assert_allclose(coarse / full, 1.2)
    assert full[0] == full[2]


def test_unfit_pools_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"simhelm run examples/plate/plate_pool.toml"):
        SubmodelEnrichmentEnv(live=False, pool=str(tmp_path / "none.parquet"))
    few, other = tmp_path / "few.parquet", tmp_path / "other.parquet"
    pyarrow.parquet.write_table(pyarrow.table(table(50)), few)
    with pytest.raises(ValueError, match="at least 100 finished trials, got 50"):
        stored_pool(few)
    pyarrow.parquet.write_table(pyarrow.table({"x": [1.0]}), other)
    with pytest.raises(ValueError, match="not the table of a study"):
        stored_pool(other)
    other.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="not the table of a study"):
        RareEventSubmodelEnv(live=False, pool=str(other))


def test_live_pool_solves_once_and_as_the_problem_does() -> None:
    live = live_pool(0.03, 0.04, 30)
    full, coarse = live.solve(np.array([7, 7]))
    assert full[0] == full[1]
    problem = live._problem
    config = problem.config_from_shares(live.inputs[7].tolist())
    metrics = problem.evaluate(config, seed=int(live._seeds[7]))
    assert (metrics.values["peak"], metrics.values["coarse_peak"]) == (full[0], coarse[0])


def test_weights_and_quantiles_by_hand() -> None:
    law = np.zeros(CELLS)
    law[[0, 1]] = 0.5
    # Cell 1 has nothing; 0 and 2 are equally near, 5 is nearer than none of them.
    cells = np.array([0, 0, 2, 15])
    weights = weights_of(cells, law)
    np.testing.assert_allclose(weights.sum(), 1.0)
    np.testing.assert_allclose(weights, [0.5 / 2 + 0.5 / 3] * 2 + [0.5 / 3, 0.0])
    even = np.full(4, 0.25)
    assert quantile(np.array([4.0, 1.0, 3.0, 2.0]), even, 0.5) == 2.5
    low, high = interval(np.arange(100.0), np.full(100, 0.01), 0.5)
    assert high - low == pytest.approx(2 * 9.8)
    corners = np.array([[0.0, 0.0], [1.0, 1.0], [0.3, 0.9]])
    assert cells_of(corners).tolist() == [0, 15, 7]


def test_purchases_cost_what_they_cost_and_the_budget_ends_the_episode(pool: str) -> None:
    env = SubmodelEnrichmentEnv(live=False, pool=pool, budget=6.0, price=0.01)
    env.reset(seed=1)
    _, reward, terminated, _, info = env.step(purchase(COARSE, 3, 1))
    assert reward == pytest.approx(-0.01 * 4 * 0.2)
    assert (info["bought"], info["cost"], terminated) == (4, pytest.approx(40.0), False)
    observation, reward, terminated, _, info = env.step(purchase(FULL, 3, 2))
    # Full solves include the coarse ones: 1.2 each, and 5.2 are left.
    assert info["bought"] == 4
    assert observation[0] == pytest.approx(0.4 / 6.0)
    *_, info = env.step(purchase(COARSE, 0, 2))
    assert info["bought"] == 2
    assert {"truth", "error"} <= info.keys()


def test_coarse_solves_are_corrected_by_their_bias(pool: str) -> None:
    """Here the ratio is the same everywhere: coarse solves are as good as full ones."""
    env = SubmodelEnrichmentEnv(live=False, pool=pool, budget=40.0, price=0.0)
    baselines = env.baselines()
    errors = {
        name: np.mean([play(env, baselines[name].policy, seed)[1]["error"] for seed in range(12)])
        for name in ("stop at once", "all coarse", "like the target", "largest variance")
    }
    assert errors["all coarse"] < 0.03
    assert errors["like the target"] < 0.5 * errors["stop at once"]
    assert errors["largest variance"] < 0.5 * errors["stop at once"]


def test_four_latin_purchases_cross_every_row_and_column(pool: str) -> None:
    env = SubmodelEnrichmentEnv(live=False, pool=pool)
    policy = env.baselines()["Latin hypercube"].policy
    env.reset(seed=2)
    cells, terminated = [], False
    while not terminated:
        action = policy()
        *_, terminated, _, info = env.step(action)
        assert info["bought"] == (action != STOP)
        cells.append(cell_of(action))
    # 40 buys 33 full solves at 1.2, the coarse ones included; then it stops.
    assert len(cells) == 34
    assert sorted(cells[:16]) == list(range(CELLS))
    for place in range(0, 16, 4):
        design = cells[place : place + 4]
        assert {c // 4 for c in design} == {c % 4 for c in design} == {0, 1, 2, 3}


def test_stopping_is_rewarded_with_the_error_alone(pool: str) -> None:
    env = SubmodelEnrichmentEnv(live=False, pool=pool)
    total, info = play(env, lambda: STOP, 3)
    assert total == -info["error"]
    assert info["bought"] == 0
    env.reset(seed=3)
    with pytest.raises(ValueError, match="action: expected"):
        env.step(97)
    with pytest.raises(ValueError, match="level"):
        SubmodelEnrichmentEnv(level=1.0)


def test_what_is_sold_is_not_the_reference_and_sells_out(pool: str) -> None:
    env = SubmodelEnrichmentEnv(live=False, pool=pool, budget=1000.0)
    env.reset(seed=0)
    stock = len(env._for_sale[5])
    bought = sum(env.step(purchase(FULL, 5, 2))[4]["bought"] for _ in range(10))
    assert bought == stock
    assert all(member % 2 == 0 for cell in range(CELLS) for member in env._for_sale[cell])


@pytest.mark.parametrize("name", ["plain Monte Carlo", "exact conditioning", "random",
                                  "cross-entropy", "cross-entropy, conditioned"])  # fmt: skip
def test_every_policy_is_unbiased(pool: str, name: str) -> None:
    """Against the exact probability over the pool, which is the law."""
    env = RareEventSubmodelEnv(live=False, pool=pool, threshold=40.0, batches=4, batch=20)
    stored = stored_pool(Path(pool))
    truth = exceedance(stored.peaks, 40.0, 0.3).mean()
    env.action_space.seed(0)
    policy = env.baselines()[name].policy
    found = np.array([play(env, policy, seed)[1]["estimate"] for seed in range(150)])
    assert abs(found.mean() - truth) < 4.0 * found.std() / np.sqrt(len(found))
    assert 0.01 < truth < 0.1


def test_conditioning_and_tilting_pay(pool: str) -> None:
    env = RareEventSubmodelEnv(live=False, pool=pool, threshold=50.0)
    spread = {}
    for name, baseline in env.baselines().items():
        estimates = [play(env, baseline.policy, seed)[1]["estimate"] for seed in range(60)]
        spread[name] = float(np.std(estimates))
    assert spread["exact conditioning"] < 0.3 * spread["plain Monte Carlo"]
    assert spread["cross-entropy, conditioned"] < 0.8 * spread["exact conditioning"]


def test_fixed_amplitude_counts_events_either_way(pool: str) -> None:
    for switch in (-1.0, 1.0):
        env = RareEventSubmodelEnv(live=False, pool=pool, threshold=33.0, spread=0.0)
        _, info = play(env, lambda s=switch: np.array([0.0, 0.0, s], np.float32), 0)
        assert info["estimate"] * 80 == pytest.approx(round(info["estimate"] * 80))


def test_no_event_is_the_worst_not_an_error(pool: str) -> None:
    env = RareEventSubmodelEnv(live=False, pool=pool, threshold=1e4, spread=0.0)
    total, info = play(env, env.baselines()["cross-entropy"].policy, 0)
    assert info["estimate"] == 0.0
    assert total == pytest.approx(-np.log(10.0))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="finite numbers of shape"):
        env.step(np.array([np.nan, 0.0, 0.0], np.float32))
    with pytest.raises(ValueError, match="threshold"):
        RareEventSubmodelEnv(threshold=-1.0)


def test_tilts() -> None:
    features = np.random.default_rng(0).random((200_000, 2))
    tilt = np.array([2.0, -1.0])
    probabilities = proposal(features, tilt)
    assert probabilities.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(matching_tilt(probabilities @ features), tilt, atol=0.03)
    np.testing.assert_allclose(matching_tilt(np.array([0.0, 1.0])), [-LARGEST, LARGEST])


def test_exceedance_against_monte_carlo() -> None:
    amplitudes = np.exp(0.3 * np.random.default_rng(0).standard_normal(100_000))
    drawn = np.mean(25.0 * amplitudes > 35.0)
    exact = exceedance(np.array([25.0]), 35.0, 0.3)[0]
    assert exact == pytest.approx(drawn, rel=0.05)
    assert exceedance(np.array([25.0, 36.0]), 35.0, 0.0).tolist() == [0.0, 1.0]

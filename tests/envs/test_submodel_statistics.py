"""The Gaussian process and subset simulation beside the submodel environments' policies."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import multivariate_normal, norm

from benchmarks.submodel import enrichment_rows, rare_rows
from simhelm.envs.rare_event_submodel import RareEventSubmodelEnv
from simhelm.envs.submodel.kriging import LENGTHS, NOISES, predictive_variance
from simhelm.envs.submodel.pool import stored_pool
from simhelm.envs.submodel.subset import members_at, subset_simulation
from simhelm.envs.submodel.tilt import exceedance
from simhelm.envs.submodel_enrichment import STOP, SubmodelEnrichmentEnv
from tests.envs.test_submodel import cell_of, play, pool

__all__ = ["pool"]

Floats = NDArray[np.float64]


def kernel(first: Floats, second: Floats, length: float) -> Floats:
    squares = np.sum((first[:, None] - second[None]) ** 2, axis=2)
    return np.asarray(np.exp(-0.5 * squares / length**2))


def best_likelihood(
    known: Floats, values: Floats, length: float, noise: float
) -> tuple[float, float]:
    """Log likelihood with the best mean and variance, and that variance: from the definition."""
    shape = kernel(known, known, length) + noise * np.eye(len(known))
    ones = np.ones(len(known))
    mean = ones @ np.linalg.solve(shape, values) / (ones @ np.linalg.solve(shape, ones))
    rest = values - mean
    scale = float(rest @ np.linalg.solve(shape, rest)) / len(known)
    return float(multivariate_normal.logpdf(values, mean * ones, scale * shape)), scale


def test_variance_is_that_of_conditioning_a_gaussian_whose_mean_is_unknown() -> None:
    """An unknown mean is a constant of enormous variance that all points share."""
    rng = np.random.default_rng(0)
    known, asked = rng.random((14, 2)), rng.random((5, 2))
    values = 3.0 + np.sin(4.0 * known[:, 0]) + 0.2 * rng.standard_normal(14)
    length, noise = max(
        itertools.product(LENGTHS, NOISES), key=lambda pair: best_likelihood(known, values, *pair)
    )
    _, scale = best_likelihood(known, values, length, noise)
    flat = 1e6
    covariance = kernel(known, known, length) + noise * np.eye(14) + flat
    between = kernel(asked, known, length) + flat
    conditional = 1.0 + flat - np.sum(between.T * np.linalg.solve(covariance, between.T), axis=0)
    np.testing.assert_allclose(
        predictive_variance(known, values, asked), scale * conditional, rtol=1e-5
    )


def test_variance_is_greatest_far_from_what_is_known_and_equal_values_are_no_error() -> None:
    known = np.array([[0.1, 0.1], [0.2, 0.1], [0.1, 0.3], [0.3, 0.3]])
    near, far = predictive_variance(
        known, np.array([1.0, 3.0, 0.5, 2.0]), known[[0, 0]] + [[0.0], [0.8]]
    )
    assert 0.0 < near < far
    assert np.isfinite(predictive_variance(known, np.ones(4), known)).all()


def test_the_process_buys_all_over_the_law_and_stops_when_the_budget_does(pool: str) -> None:
    env = SubmodelEnrichmentEnv(live=False, pool=pool, price=0.0)
    policy = env.baselines()["Gaussian process"].policy
    ends, starts = [], []
    for seed in range(6):
        env.reset(seed=seed)
        terminated = False
        bought = []
        while not terminated:
            action = policy()
            *_, terminated, _, info = env.step(action)
            bought += [cell_of(action)] * int(action != STOP)
        assert set(bought) == set(np.flatnonzero(env._law))
        assert len(bought) == 33
        ends.append(info["error"])
        starts.append(play(env, env.baselines()["stop at once"].policy, seed)[1]["error"])
    assert np.mean(ends) < 0.7 * np.mean(starts)


@pytest.mark.parametrize("name", ["space filling", "like the target", "largest variance",
                                  "Gaussian process", "Latin hypercube", "all coarse"])  # fmt: skip
def test_designs_stop_when_everything_is_sold(pool: str, name: str) -> None:
    env = SubmodelEnrichmentEnv(live=False, pool=pool)
    env.reset(seed=0)
    policy = env.baselines()[name].policy
    env._for_sale = {cell: [] for cell in env._for_sale}
    assert policy() == STOP


@pytest.mark.parametrize("distance", [1.0, 2.5, 3.5])
def test_subset_simulation_of_a_plane_against_the_closed_form(distance: float) -> None:
    """A linear response in normal space: the probability is that of one normal variable."""
    direction = np.array([3.0, -2.0, 1.0, 0.5])
    direction /= np.linalg.norm(direction)
    found = [
        subset_simulation(lambda u: u @ direction, 4, distance, 400, np.random.default_rng(seed))
        for seed in range(40)
    ]
    estimates = np.array([one.probability for one in found])
    error = estimates.std() / np.sqrt(len(estimates))
    exact = float(norm.sf(distance))
    assert abs(estimates.mean() - exact) < 4.0 * error
    # Far better than as many samples of plain Monte Carlo, where events are rare.
    evaluations = np.mean([one.evaluations for one in found])
    if distance > 3.0:
        assert estimates.std() < 0.25 * np.sqrt(exact / evaluations)
    # A level of 400 a power of ten; all but a tenth of it is new from the second on.
    levels = int(-np.log10(exact))
    assert 400 + 360 * (levels - 1) <= evaluations <= 400 + 360 * (levels + 1)


def test_subset_simulation_gives_up_where_nothing_rises() -> None:
    done = subset_simulation(lambda u: np.zeros(len(u)), 1, 1.0, 20, np.random.default_rng(0))
    assert (done.probability, done.evaluations) == (0.0, 20)
    with pytest.raises(ValueError, match="at least 20"):
        subset_simulation(lambda u: u[:, 0], 1, 1.0, 19, np.random.default_rng(0))


def test_every_member_has_the_same_share_of_normal_space_and_neighbours_are_near() -> None:
    inputs = np.random.default_rng(1).random((103, 2))
    middles = (np.arange(1030) + 0.5) / 1030
    grid = np.stack(np.meshgrid(ndtri(middles), ndtri(middles)), axis=-1).reshape(-1, 2)
    counts = np.bincount(members_at(inputs, grid), minlength=103)
    np.testing.assert_allclose(counts / len(grid), 1.0 / 103, rtol=0.02)
    a, b = (inputs[members_at(inputs, grid + shift)] for shift in (0.0, 0.05))
    assert np.mean(np.linalg.norm(a - b, axis=1)) < 0.25


def test_subset_simulation_of_the_environment_finds_its_probability(pool: str) -> None:
    env = RareEventSubmodelEnv(live=False, pool=pool, threshold=45.0, batches=20, batch=20)
    truth = exceedance(stored_pool(Path(pool)).peaks, 45.0, 0.3).mean()
    found = [env.subset_simulation(np.random.default_rng(seed)) for seed in range(150)]
    estimates = np.array([one.probability for one in found])
    assert abs(estimates.mean() - truth) < 4.0 * estimates.std() / np.sqrt(len(estimates))
    assert 0.003 < truth < 0.05
    assert all(one.evaluations in (200, 380, 560) for one in found)


def test_the_printed_tables_name_every_baseline(pool: str) -> None:
    arguments: dict[str, Any] = {"live": False, "pool": pool}
    rows = enrichment_rows(2, **arguments)
    baselines = SubmodelEnrichmentEnv(**arguments).baselines()
    assert [row["design"] for row in rows] == list(baselines)
    rows = rare_rows(4, threshold=40.0, **arguments)
    names = [*RareEventSubmodelEnv(**arguments).baselines(), "subset simulation (no policy)"]
    assert [row["proposal"] for row in rows] == names
    assert rows[0]["work of plain Monte Carlo over its own"] == "1.0"
    assert rows[0]["full solves"] == "80"

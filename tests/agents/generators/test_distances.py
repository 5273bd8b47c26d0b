"""Distances against closed forms and other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance as scipy_energy
from scipy.stats import wasserstein_distance

from simhelm.agents.generators import (
    energy_distance,
    marginal_wasserstein,
    maximum_mean_discrepancy,
    nearest_neighbour_ratio,
    sliced_wasserstein,
)
from simhelm.agents.generators.distances import pairwise
from simhelm.evidence import kolmogorov_smirnov, relative_errors, sampling_floor


def normal(seed: int, *shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.random.default_rng(seed).standard_normal(shape)


def test_pairwise_against_scipy() -> None:
    x, y = 5 + normal(0, 30, 4, 3), 5 + normal(1, 20, 4, 3)
    theirs = cdist(x.reshape(30, -1), y.reshape(20, -1))
    np.testing.assert_allclose(pairwise(x, y), theirs, rtol=1e-10)


def test_energy_distance_against_scipy_in_one_dimension() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((300, 1)), 1 + rng.standard_normal((400, 1))
    biased = scipy_energy(x[:, 0], y[:, 0]) ** 2
    same = [np.abs(a - a.T).mean() / (len(a) - 1) for a in (x, y)]
    assert energy_distance(x, y) == pytest.approx(biased - sum(same))


def test_unbiased_distances_of_one_law_are_zero_on_average() -> None:
    for distance in (energy_distance, maximum_mean_discrepancy):
        found = [distance(normal(2 * i, 20, 3), normal(2 * i + 1, 20, 3)) for i in range(200)]
        assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(200)
        assert min(found) < 0


def test_mmd_of_normal_laws_against_the_closed_form() -> None:
    """E exp(-(X-Y)^2 / (2 m^2)) = m / sqrt(m^2 + 2) exp(-shift^2 / (2 (m^2 + 2)))."""
    x, y = 1.5 + normal(0, 1000, 1), normal(1, 1000, 1)
    m2 = np.median(np.abs(y - y.T)[np.triu_indices(1000, 1)]) ** 2
    expected = 2 * np.sqrt(m2 / (m2 + 2)) * (1 - np.exp(-(1.5**2) / (2 * (m2 + 2))))
    assert maximum_mean_discrepancy(x, y) == pytest.approx(expected, rel=0.1)


def test_sliced_distance_of_a_shift_in_one_dimension_is_the_shift() -> None:
    x = normal(0, 50, 1)
    assert sliced_wasserstein(x, x + 2, np.random.default_rng(1)) == pytest.approx(2)


def test_marginal_distance_against_scipy_also_for_other_counts() -> None:
    x, y = normal(0, 40, 3), 2 * normal(1, 40, 3)
    y[:, 2] = 0.0
    for first in (x, x[:25]):
        expected = [wasserstein_distance(first[:, i], y[:, i]) / y[:, i].std() for i in (0, 1)]
        assert marginal_wasserstein(first, y) == pytest.approx(np.mean(expected))


def test_copies_have_a_small_neighbour_ratio_and_fresh_samples_one_of_one() -> None:
    training, held_out, fresh = normal(0, 300, 5), normal(1, 300, 5), normal(2, 300, 5)
    copies = training + 0.01 * normal(3, 300, 5)
    assert nearest_neighbour_ratio(copies, training, held_out) < 0.1
    assert nearest_neighbour_ratio(fresh, training, held_out) == pytest.approx(1, abs=0.15)
    with pytest.raises(ValueError, match="not in the training set"):
        nearest_neighbour_ratio(fresh, training, training)


def test_errors_of_a_scaled_quantity_are_the_scale_and_intervals_hold_it() -> None:
    reference = np.exp(normal(0, 500))
    errors = relative_errors(1.1 * reference, reference, np.random.default_rng(0))
    for error in errors.values():
        assert error.value == pytest.approx(0.1)
        assert error.low < 0.1 < error.high
    assert kolmogorov_smirnov(reference, reference + 100) == 1.0
    with pytest.raises(ValueError, match="positive"):
        relative_errors(reference, -reference, np.random.default_rng(0))


def test_floor_of_ks_is_near_its_asymptotic_value() -> None:
    values = normal(0, 600)
    floor = sampling_floor(
        lambda a, b: kolmogorov_smirnov(values[a], values[b]), 600, (200, 200),
        np.random.default_rng(0),
    )  # fmt: skip
    assert floor == pytest.approx(1.358 * np.sqrt(2 / 200), rel=0.15)
    with pytest.raises(ValueError, match="at most 600"):
        sampling_floor(lambda a, b: 0.0, 600, (400, 400), np.random.default_rng(0))

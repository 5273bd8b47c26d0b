from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import energy_distance as scipy_energy

from simhelm.agents.generators import (
    GaussianScores,
    Pod,
    SmoothedBootstrap,
    energy_distance,
    sliced_wasserstein,
)


def traces(seed: int, count: int = 400) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    rng = np.random.default_rng(seed)
    waves = np.sin(np.outer(np.arange(1, 4), np.linspace(0, 3, 20)))
    scores = rng.standard_normal((count, 3)) * np.array([3.0, 2.0, 1.0])
    return np.asarray(scores @ waves + 1, np.float64).reshape(count, 10, 2)


def test_pod_recovers_the_rank_and_the_traces() -> None:
    data = traces(0)
    pod = Pod.fit(data, energy=1 - 1e-12)
    assert len(pod.modes) == 3
    np.testing.assert_allclose(pod.traces(pod.scores(data)), data, atol=1e-10)
    assert np.mean(pod.scores(data) ** 2) == pytest.approx(1)


@pytest.mark.parametrize("kind", [GaussianScores, SmoothedBootstrap])
def test_same_seed_same_bits_and_the_right_law(
    kind: type[GaussianScores] | type[SmoothedBootstrap],
) -> None:
    data = traces(0)
    generator = kind.fit(data)
    first = generator.sample(400, np.random.default_rng(1))
    assert np.array_equal(first, generator.sample(400, np.random.default_rng(1)))
    held_out = traces(2)
    spread = energy_distance(held_out, held_out + 3)
    assert energy_distance(first, held_out) < 0.1 * spread


def test_no_bandwidth_is_the_plain_bootstrap() -> None:
    data = traces(0, 20)
    drawn = SmoothedBootstrap.fit(data, bandwidth=0, energy=1).sample(9, np.random.default_rng(0))
    gaps = np.abs(drawn[:, None] - data[None]).max(axis=(2, 3)).min(axis=1)
    assert gaps.max() < 1e-10


def test_energy_distance_against_scipy_in_one_dimension() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((300, 1)), 1 + rng.standard_normal((400, 1))
    biased = scipy_energy(x[:, 0], y[:, 0]) ** 2
    same = [np.abs(a - a.T).mean() / (len(a) - 1) for a in (x, y)]
    assert energy_distance(x, y) == pytest.approx(biased - sum(same))


def test_sliced_distance_of_a_shift_in_one_dimension_is_the_shift() -> None:
    x = np.random.default_rng(0).standard_normal((50, 1))
    assert sliced_wasserstein(x, x + 2, np.random.default_rng(1)) == pytest.approx(2)


@pytest.mark.parametrize(
    "bad", [np.zeros((1, 2)), np.zeros((4, 2)), np.full((4, 2), np.nan), np.zeros(3)]
)
def test_unfit_traces_are_refused(bad: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match="traces: expected"):
        Pod.fit(bad)

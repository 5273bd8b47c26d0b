from __future__ import annotations

import numpy as np
import pytest

from simhelm.agents.generators import (
    Bootstrap,
    CoarseModel,
    Excitation,
    GaussianCopula,
    GaussianProcessMean,
    GaussianScores,
    Pod,
    SmoothedBootstrap,
    energy_distance,
)

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Kind = type[GaussianScores] | type[SmoothedBootstrap] | type[GaussianCopula]


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


@pytest.mark.parametrize("kind", [GaussianScores, SmoothedBootstrap, GaussianCopula])
def test_same_seed_same_bits_and_the_right_law(kind: Kind) -> None:
    data = traces(0)
    generator = kind.fit(data)
    first = generator.sample(400, np.random.default_rng(1))
    assert np.array_equal(first, generator.sample(400, np.random.default_rng(1)))
    held_out = traces(2)
    spread = energy_distance(held_out, held_out + 3)
    assert energy_distance(first, held_out) < 0.1 * spread


def test_no_bandwidth_is_the_bootstrap_in_pod_space() -> None:
    data = traces(0, 20)
    drawn = SmoothedBootstrap.fit(data, bandwidth=0, energy=1).sample(9, np.random.default_rng(0))
    gaps = np.abs(drawn[:, None] - data[None]).max(axis=(2, 3)).min(axis=1)
    assert gaps.max() < 1e-10


def test_bootstrap_gives_training_samples_bit_for_bit() -> None:
    data = traces(0, 20)
    drawn = Bootstrap.fit(data).sample(50, np.random.default_rng(0))
    assert all(any(np.array_equal(one, other) for other in data) for one in drawn)
    assert len(np.unique(drawn, axis=0)) > 10


def test_copula_keeps_marginals_and_coupling_that_a_normal_law_does_not() -> None:
    rng = np.random.default_rng(0)
    first = rng.exponential(size=2000)
    data = np.stack([first, 0.3 * first**2 + 0.1 * rng.exponential(size=2000)], axis=1)
    held_out = data[1000:]
    fits = (kind.fit(data[:1000], energy=1) for kind in (GaussianCopula, GaussianScores))
    copula, normal = (
        energy_distance(fit.sample(1000, np.random.default_rng(1)), held_out) for fit in fits
    )
    assert copula < 0.5 * normal


def test_copula_of_fewer_samples_than_modes_gives_the_ranges_of_training() -> None:
    data = np.random.default_rng(0).standard_normal((8, 30))
    copula = GaussianCopula.fit(data, energy=1)
    scores = copula.pod.scores(copula.sample(200, np.random.default_rng(0)))
    assert (scores >= copula.sorted_scores[0] - 1e-9).all()
    assert (scores <= copula.sorted_scores[-1] + 1e-9).all()


def conditioned(count: int, seed: int = 0) -> tuple[Floats, ...]:
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(-1, 1, (count, 2))
    mean = np.stack([np.sin(3 * inputs[:, 0]), inputs[:, 1] ** 2], axis=1)
    return inputs, mean, mean + 0.05 * rng.standard_normal((count, 2))


def test_gaussian_process_finds_the_mean_and_the_noise_and_sends_on_the_inputs() -> None:
    inputs, _, data = conditioned(60)
    process = GaussianProcessMean.fit(data, inputs=inputs, energy=1)
    fresh, mean, _ = conditioned(100, 1)
    assert np.abs(process.mean(fresh) - mean).mean() < 0.05
    assert process.residuals.std() * process.pod.scale == pytest.approx(0.05, rel=0.5)
    rng = np.random.default_rng(0)
    drawn = process.sample(400, rng, inputs=np.tile(fresh[:1], (400, 1)))
    assert np.abs(drawn.mean(axis=0) - process.mean(fresh[:1])[0]).max() < 0.02
    assert process.sample(3, rng).shape == (3, 2)


def test_residuals_are_those_of_leaving_one_out() -> None:
    inputs, _, data = conditioned(30)
    process = GaussianProcessMean.fit(data, inputs=inputs, energy=1)
    scores = process.pod.scores(data)
    given = process.conditions.scaled(inputs)
    squared = np.square((given[:, None] - given[None]) / process.lengths).sum(axis=2)
    kernel = np.exp(-0.5 * squared)
    rest = np.arange(30) != 4
    inner = kernel[np.ix_(rest, rest)] + process.noise * np.eye(29)
    predicted = kernel[4, rest] @ np.linalg.solve(inner, scores[rest])
    np.testing.assert_allclose(process.residuals[4], scores[4] - predicted, rtol=1e-6)


def test_gaussian_process_needs_inputs() -> None:
    with pytest.raises(ValueError, match="at least one column"):
        GaussianProcessMean.fit(traces(0, 20), inputs=np.zeros((20, 0)))


def test_a_coarse_model_is_called_with_the_generator() -> None:
    model = CoarseModel(lambda count, rng: rng.standard_normal((count, 3, 2)))
    drawn = model.sample(4, np.random.default_rng(1))
    assert np.array_equal(drawn, np.random.default_rng(1).standard_normal((4, 3, 2)))


def test_excitation_undoes_itself_within_the_window() -> None:
    data = traces(0, 5)
    excitation = Excitation(np.array([1.0, -2.0, 0.5, 3.0, 1.5]), np.array([0, 3, 1, 0, 2]))
    excited = excitation.excite(data)
    assert np.array_equal(excited[1, 3:], -2.0 * data[1, :-3])
    assert not excited[1, :3].any()
    np.testing.assert_allclose(excitation.normalised(excited), data[:, :7], rtol=1e-15)


@pytest.mark.parametrize(
    ("amplitudes", "delays", "words"),
    [
        ([1.0, 0.0], [0, 0], "amplitudes"),
        ([1.0, np.inf], [0, 0], "amplitudes"),
        ([1.0, 1.0], [0, -1], "delays: expected at least 0"),
        ([1.0, 1.0], [0.5, 0.0], "whole time steps"),
        ([1.0, 1.0], [0], "whole time steps"),
    ],
)
def test_impossible_excitations_are_refused(
    amplitudes: list[float], delays: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Excitation(np.array(amplitudes), np.array(delays))


@pytest.mark.parametrize(
    "bad", [np.zeros((1, 2)), np.zeros((4, 2)), np.full((4, 2), np.nan), np.zeros(3)]
)
def test_unfit_traces_are_refused(bad: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match="traces: expected"):
        Pod.fit(bad)

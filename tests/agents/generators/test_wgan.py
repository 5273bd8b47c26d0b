"""The Wasserstein GAN: what it learns, that it repeats itself, and what its files may hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from simhelm.agents.generators import WGANGP, WGANSettings, energy_distance
from simhelm.agents.generators.wgan import training_work
from simhelm.agents.generators.wgan_training import gradient, value
from tests.agents.generators.test_generators import traces

SHORT = WGANSettings(steps=100, width=24, latent=4, checks=5, learning_rate=2e-3)


def test_written_out_gradient_is_that_of_autograd_and_can_be_derived() -> None:
    random = torch.Generator().manual_seed(0)
    layers = []
    for rows, columns in ((5, 8), (8, 8), (8, 1)):
        weight = torch.randn((rows, columns), generator=random).requires_grad_()
        layers.append((weight, torch.randn(columns, generator=random).requires_grad_()))
    inputs = torch.randn((6, 5), generator=random).requires_grad_()
    (theirs,) = torch.autograd.grad(value(layers, inputs).sum(), inputs, create_graph=True)
    ours = gradient(layers, inputs)
    assert torch.allclose(ours, theirs, atol=1e-6)
    weights = [weight for weight, _ in layers]
    for one, other in zip(
        torch.autograd.grad(ours.square().sum(), weights),
        torch.autograd.grad(theirs.square().sum(), weights),
        strict=True,
    ):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def test_it_learns_and_training_is_what_helps() -> None:
    data, held_out = traces(0), traces(2)
    trained = WGANGP.fit(data, settings=SHORT)
    assert len(trained.checks) == 5
    assert trained.step == 20 * (1 + int(np.argmin(trained.checks)))
    untrained = WGANGP.fit(data, settings=WGANSettings(steps=1, width=24, latent=4, checks=1))
    ours, theirs = (
        energy_distance(one.sample(400, np.random.default_rng(1)), held_out)
        for one in (trained, untrained)
    )
    assert ours < 0.25 * theirs


def test_same_seed_same_bits_whatever_the_threads() -> None:
    settings = WGANSettings(steps=20, width=16, latent=4, checks=2)
    data = traces(0, 60)
    threads = torch.get_num_threads()
    one = WGANGP.fit(data, settings=settings, seed=3)
    torch.set_num_threads(2)
    try:
        two = WGANGP.fit(data, settings=settings, seed=3)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    other = WGANGP.fit(data, settings=settings, seed=4)
    first, again, different = (g.sample(5, np.random.default_rng(0)) for g in (one, two, other))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, different)


def test_conditions_are_obeyed() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-1.0, 1.0, (400, 1))
    data = inputs[:, :, None] * np.ones((1, 4, 2)) + 0.1 * rng.standard_normal((400, 4, 2))
    settings = WGANSettings(steps=200, width=24, latent=4, checks=5, learning_rate=2e-3)
    generator = WGANGP.fit(data, inputs=inputs, settings=settings)
    high, low = (
        generator.sample(100, rng, inputs=np.full((100, 1), at)).mean() for at in (0.8, -0.8)
    )
    assert high > 0.4
    assert low < -0.4
    assert generator.sample(7, rng).shape == (7, 4, 2)
    with pytest.raises(ValueError, match=r"inputs: expected finite numbers of shape \(7, 1\)"):
        generator.sample(7, rng, inputs=np.zeros((7, 2)))


def test_files_keep_every_bit_and_execute_nothing(tmp_path: Path) -> None:
    path = tmp_path / "generator.npz"
    generator = WGANGP.fit(traces(0, 60), settings=WGANSettings(steps=3, width=8, checks=1))
    generator.save(path)
    loaded = WGANGP.load(path)
    one, two = (g.sample(6, np.random.default_rng(0)) for g in (generator, loaded))
    assert np.array_equal(one, two)
    assert loaded.training_work == generator.training_work > 0
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
    for name, wrong in {
        "weight0": arrays["weight0"][:-1],
        "modes": arrays["modes"][:, 1:],
        "mean": np.full_like(arrays["mean"], np.nan),
        "format": np.array(7),
        "bias0": np.array([None, {}]),
    }.items():
        with path.open("wb") as file:
            np.savez(file, allow_pickle=True, **{**arrays, name: wrong})
        with pytest.raises(ValueError, match=r"expected|do not fit|pickle"):
            WGANGP.load(path)
    path.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match=r"pickle|not a file"):
        WGANGP.load(path)
    with pytest.raises(FileNotFoundError):
        WGANGP.load(tmp_path / "none.npz")


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 10 samples"):
        WGANGP.fit(traces(0, 9), settings=SHORT)
    with pytest.raises(ValueError, match="inputs: expected finite numbers"):
        WGANGP.fit(traces(0, 20), inputs=np.zeros((19, 1)), settings=SHORT)
    for name, wrong in {"steps": 0, "width": 2.5, "penalty": -1.0, "held_out": 1.0}.items():
        with pytest.raises(ValueError, match=name):
            WGANSettings(**{name: wrong})  # type: ignore[arg-type]


def test_work_grows_with_what_is_done() -> None:
    once = training_work(10, 0, SHORT)
    twice = training_work(10, 0, WGANSettings(steps=200, width=24, latent=4))
    assert twice == pytest.approx(2 * once)

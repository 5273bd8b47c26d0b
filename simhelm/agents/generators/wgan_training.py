"""Training of a Wasserstein GAN with gradient penalty; imports torch."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from simhelm.agents.generators.multilayer import LEAK, Layers
from simhelm.agents.generators.wgan_settings import WGANSettings
from simhelm.core.torch_threads import single_thread

Floats = NDArray[np.float64]
Weights = list[tuple[Tensor, Tensor]]
# Judges layers: the smaller, the better.
Judge = Callable[[Layers], float]


@dataclasses.dataclass(frozen=True)
class Trained:
    """The best checkpoint of a training.

    Attributes:
        layers: of the generator, averaged over steps.
        step: at which they were taken.
        scores: what the judge said at every checkpoint.
    """

    layers: Layers
    step: int
    scores: tuple[float, ...]


def train(
    scores: Floats, conditions: Floats, settings: WGANSettings, seed: int, judge: Judge
) -> Trained:
    """Train on scores (samples, modes) given conditions (samples, c), of which c may be 0.

    One thread, so that the number of cores does not change a bit.
    """
    with single_thread():
        training = _Training(scores, conditions, settings, seed)
        best: Trained | None = None
        said: list[float] = []
        every = max(1, settings.steps // settings.checks)
        for step in range(1, settings.steps + 1):
            training.step(step)
            if step % every == 0 or step == settings.steps:
                layers = training.averaged()
                said.append(judge(layers))
                if best is None or said[-1] < min(said[:-1]):
                    best = Trained(layers, step, ())
    if best is None or not np.isfinite(min(said)):
        raise FloatingPointError("training diverged: lower learning_rate")
    return dataclasses.replace(best, scores=tuple(said))


class _Training:
    def __init__(
        self, scores: Floats, conditions: Floats, settings: WGANSettings, seed: int
    ) -> None:
        self.settings = s = settings
        self.random = torch.Generator().manual_seed(seed)
        self.real = torch.as_tensor(scores, dtype=torch.float32)
        self.given = torch.as_tensor(conditions, dtype=torch.float32)
        modes, extra = scores.shape[1], conditions.shape[1]
        self.generator = self._weights(s.latent + extra, modes)
        self.critic = self._weights(modes + extra, 1)
        self.average = [(w.detach().clone(), b.detach().clone()) for w, b in self.generator]
        self.optimisers = [self._adam(self.critic), self._adam(self.generator)]

    def step(self, number: int) -> None:
        """Critic steps, a generator step, and the average."""
        share = 1.0 - 0.9 * number / self.settings.steps
        for optimiser in self.optimisers:
            optimiser.param_groups[0]["lr"] = share * self.settings.learning_rate
        for _ in range(self.settings.critic_steps):
            self._descend(0, self._critic_loss())
        _, given = self._batch()
        fake = value(self.critic, torch.cat([self._fake(given), given], 1))
        self._descend(1, -fake.mean())
        with torch.no_grad():
            # The average of few steps is their mean.
            decay = min(self.settings.averaging, number / (number + 10.0))
            for mean, now in zip(self.average, self.generator, strict=True):
                for old, new in zip(mean, now, strict=True):
                    old.lerp_(new, 1.0 - decay)

    def averaged(self) -> Layers:
        """The averaged generator as plain arrays."""
        return tuple((w.double().numpy(), b.double().numpy()) for w, b in self.average)

    def _critic_loss(self) -> Tensor:
        """Wasserstein loss and penalty (Gulrajani et al., 2017, algorithm 1)."""
        real, given = self._batch()
        with torch.no_grad():
            fake = self._fake(given)
        share = torch.rand((len(real), 1), generator=self.random)
        between = share * real + (1.0 - share) * fake
        slope = gradient(self.critic, torch.cat([between, given], 1))[:, : real.shape[1]]
        excess = torch.linalg.vector_norm(slope, dim=1) - 1.0
        samples, conditions = torch.cat([fake, real]), torch.cat([given, given])
        of_fake, of_real = value(self.critic, torch.cat([samples, conditions], 1)).chunk(2)
        loss: Tensor = of_fake.mean() - of_real.mean()
        penalised: Tensor = loss + self.settings.penalty * excess.square().mean()
        return penalised

    def _batch(self) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(self.real), (self.settings.batch,), generator=self.random)
        return self.real[chosen], self.given[chosen]

    def _fake(self, given: Tensor) -> Tensor:
        latent = torch.randn((len(given), self.settings.latent), generator=self.random)
        return value(self.generator, torch.cat([latent, given], 1))

    def _descend(self, which: int, loss: Tensor) -> None:
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward([loss])
        self.optimisers[which].step()

    def _adam(self, weights: Weights) -> torch.optim.Optimizer:
        tensors = [tensor for layer in weights for tensor in layer]
        rate = self.settings.learning_rate
        return torch.optim.Adam(tensors, lr=rate, betas=(0.0, 0.9), fused=True)

    def _weights(self, inputs: int, outputs: int) -> Weights:
        """Two hidden layers; deviations that keep the size of what passes (He et al., 2015)."""
        width = self.settings.width
        sizes = [inputs, width, width, outputs]
        layers = []
        for rows, columns in itertools.pairwise(sizes):
            weight = torch.randn((rows, columns), generator=self.random) * (2.0 / rows) ** 0.5
            layers.append((weight.requires_grad_(), torch.zeros(columns).requires_grad_()))
        return layers


def value(layers: Weights, inputs: Tensor) -> Tensor:
    """Output of a network, shape (samples, outputs)."""
    for weight, bias in layers[:-1]:
        inputs = torch.nn.functional.leaky_relu(torch.addmm(bias, inputs, weight), LEAK)
    weight, bias = layers[-1]
    return torch.addmm(bias, inputs, weight)


def gradient(layers: Weights, inputs: Tensor) -> Tensor:
    """Derivative of a network's single output by its inputs, shape of ``inputs``.

    Written out, since the layers are linear piece by piece: the penalty then needs first
    derivatives only.
    """
    slopes = []
    for weight, bias in layers[:-1]:
        before = torch.addmm(bias, inputs, weight)
        slopes.append(torch.where(before > 0.0, 1.0, LEAK))
        inputs = before * slopes[-1]
    back = layers[-1][0].T
    for (weight, _), slope in zip(reversed(layers[:-1]), reversed(slopes), strict=True):
        back = (back * slope) @ weight.T
    return back

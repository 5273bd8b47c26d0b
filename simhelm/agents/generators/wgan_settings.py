"""How a Wasserstein GAN is trained."""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class WGANSettings:
    """Sizes, optimiser and length of a training.

    Penalty, critic steps, batch and the decays are those of Gulrajani et al. (Improved Training
    of Wasserstein GANs, 2017); the learning rate is higher, for a training of minutes.

    Attributes:
        steps: of the generator.
        critic_steps: of the critic before each of them.
        batch: samples a step.
        latent: random numbers that a sample is made of.
        width: of the two hidden layers of either network.
        learning_rate: of Adam, falling linearly to a tenth of it.
        penalty: weight of the gradient penalty.
        averaging: decay a step of the moving average of the generator's weights.
        held_out: share of the samples that checkpoints are chosen by.
        checks: number of checkpoints.
    """

    steps: int = 8000
    critic_steps: int = 5
    batch: int = 64
    latent: int = 64
    width: int = 256
    learning_rate: float = 5e-4
    penalty: float = 10.0
    averaging: float = 0.999
    held_out: float = 0.15
    checks: int = 20

    def __post_init__(self) -> None:
        for name in ("steps", "critic_steps", "batch", "latent", "width", "checks"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: expected a whole number of at least 1, got {value!r}")
        for name in ("learning_rate", "penalty"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
        for name in ("averaging", "held_out"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(f"{name}: expected in (0, 1), got {getattr(self, name)!r}")

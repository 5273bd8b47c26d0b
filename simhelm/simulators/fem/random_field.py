"""Random fields that do not know of any mesh."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.simulators.fem.arrays import Floats


@dataclasses.dataclass(frozen=True)
class RandomField:
    """One log-normal random field with mean 1 and squared-exponential covariance of its logarithm.

    ln E(x) = s g(x) - s^2 / 2 with s^2 = ln(1 + variation^2) and g a sum of ``terms`` random
    cosines, so that cov(g(x), g(y)) = exp(-|x - y|^2 / (2 length^2)) in the mean over seeds.
    The same seed is the same field on every mesh.

    Source: Shinozuka and Deodatis, Appl. Mech. Rev. 44 (1991) 191; random frequencies drawn from
    the spectral density as in Rahimi and Recht, NIPS 2007.

    Attributes:
        seed: a whole number >= 0, which is all that is random.
        variation: standard deviation over mean, positive.
        length: correlation length, positive, m.
        terms: cosines; the marginal distribution is Gaussian only in the limit.
    """

    seed: int
    variation: float = 0.25
    length: float = 0.03
    terms: int = 256

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, least=0)
        whole_number("terms", self.terms)
        for name in ("variation", "length"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name}: expected a positive finite number, got {value!r}")

    def gaussian(self, points: Floats) -> Floats:
        """The standard field g at points (n, d), m; shape (n,)."""
        random = np.random.default_rng(self.seed)
        phases = random.uniform(0.0, 2.0 * math.pi, self.terms)
        # Three components always, so that a field in space continues the one in its plane.
        frequencies = random.standard_normal((3, self.terms)) / self.length
        waves = points @ frequencies[: points.shape[1]] + phases
        field: Floats = math.sqrt(2.0 / self.terms) * np.cos(waves).sum(axis=1)
        return field

    def __call__(self, points: Floats) -> Floats:
        """The field at points (n, d), m; shape (n,), positive, of mean 1."""
        variance = math.log1p(self.variation**2)
        return np.exp(math.sqrt(variance) * self.gaussian(points) - 0.5 * variance)

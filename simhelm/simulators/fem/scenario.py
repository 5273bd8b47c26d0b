"""What is random in the impacted plate: the impact, the material, a damaged patch."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from simhelm.simulators.fem.arrays import Floats
from simhelm.simulators.fem.random_field import RandomField


@dataclasses.dataclass(frozen=True)
class Impact:
    """A pressure pulse on the left edge, in x direction.

    Traction amplitude * exp(-(y - centre)^2 / (2 width^2)) * sin^2(pi (t - delay) / duration)
    while delay < t < delay + duration.

    Attributes:
        amplitude: Pa, finite.
        centre: y of the middle, m.
        duration, delay: s; positive, and at least 0.
        width: positive, m.
    """

    amplitude: float = 50e6
    centre: float = 0.1
    duration: float = 18e-6
    delay: float = 0.0
    width: float = 0.012

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amplitude) and math.isfinite(self.centre)):
            raise ValueError(f"impact: expected finite numbers, got {self}")
        if not (0.0 < self.duration < math.inf and 0.0 <= self.delay < math.inf):
            raise ValueError(f"impact: expected duration > 0 and delay >= 0, got {self}")
        if not 0.0 < self.width < math.inf:
            raise ValueError(f"impact: expected width > 0, got {self}")

    def profile(self, points: Floats) -> Floats:
        """The share of the amplitude at points (n, d), shape (n,)."""
        shares: Floats = np.exp(-((points[:, 1] - self.centre) ** 2) / (2.0 * self.width**2))
        return shares

    def signal(self, times: Floats) -> Floats:
        """Amplitude times pulse at the times, shape of ``times``, Pa."""
        phase = np.clip((times - self.delay) / self.duration, 0.0, 1.0)
        return np.asarray(self.amplitude * np.sin(math.pi * phase) ** 2)


@dataclasses.dataclass(frozen=True)
class SoftPatch:
    """A disc (a cylinder in space) of damaged material.

    Attributes:
        centre: (x, y), m.
        radius: m.
        factor: Young's modulus there as a share of the sound one, positive.
    """

    centre: tuple[float, float]
    radius: float = 0.015
    factor: float = 0.1

    def __post_init__(self) -> None:
        if not (0.0 < self.radius < math.inf and 0.0 < self.factor < math.inf):
            raise ValueError(f"patch: expected positive radius and factor, got {self}")

    def covers(self, points: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the points (n, d) lie in it."""
        return np.asarray(np.hypot(*(points[:, :2] - self.centre).T) <= self.radius)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One simulation's input; outside the zone of interest the material may vary.

    Attributes:
        impact: the load.
        field: factor on Young's modulus, None for uniform material.
        patch: None for no damage.
    """

    impact: Impact = Impact()
    field: RandomField | None = None
    patch: SoftPatch | None = None

    def young_factor(self, centroids: Floats) -> Floats:
        """The factor on Young's modulus at cells' centroids (m, d), shape (m,)."""
        factor = np.ones(len(centroids)) if self.field is None else self.field(centroids)
        if self.patch is not None:
            factor[self.patch.covers(centroids)] *= self.patch.factor
        return factor

    @property
    def material(self) -> tuple[RandomField | None, SoftPatch | None]:
        """What scenarios that share a stiffness matrix have in common."""
        return self.field, self.patch


@dataclasses.dataclass(frozen=True)
class ScenarioLaw:
    """The joint distribution of scenarios; all parts are independent.

    Attributes:
        centre, duration, delay: ranges of uniform distributions, m, s, s.
        median_amplitude: Pa; its logarithm has standard deviation ``amplitude_spread``.
        variation, length: of the material field; variation 0 for uniform material.
        patch_probability: of one soft patch.
        patch_centres: equally likely places of it, m.
    """

    centre: tuple[float, float] = (0.04, 0.16)
    duration: tuple[float, float] = (12e-6, 24e-6)
    delay: tuple[float, float] = (0.0, 10e-6)
    median_amplitude: float = 50e6
    amplitude_spread: float = 0.3
    variation: float = 0.25
    length: float = 0.03
    patch_probability: float = 0.35
    patch_centres: tuple[tuple[float, float], ...] = ((0.08, 0.06), (0.08, 0.14))

    def __post_init__(self) -> None:
        for name in ("centre", "duration", "delay"):
            low, high = getattr(self, name)
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise ValueError(f"{name}: expected a range low <= high, got {(low, high)!r}")
        if not 0.0 <= self.patch_probability <= 1.0:
            raise ValueError(
                f"patch_probability: expected a probability, got {self.patch_probability!r}"
            )

    def draw(self, random: np.random.Generator) -> Scenario:
        """One scenario; takes the same number of draws whatever it is."""
        spread = math.exp(self.amplitude_spread * float(random.standard_normal()))
        centre, duration, delay = (
            float(random.uniform(*limits)) for limits in (self.centre, self.duration, self.delay)
        )
        seed = int(random.integers(2**62))
        is_damaged = bool(random.random() < self.patch_probability)
        place = self.patch_centres[int(random.integers(len(self.patch_centres)))]
        return Scenario(
            Impact(self.median_amplitude * spread, centre, duration, delay),
            RandomField(seed, self.variation, self.length) if self.variation else None,
            SoftPatch(place) if is_damaged else None,
        )

    def draw_many(self, count: int, seed: int) -> list[Scenario]:
        """Scenarios of independent seeds, so that the first of many are those of few."""
        children = np.random.SeedSequence(seed).spawn(count)
        return [self.draw(np.random.default_rng(child)) for child in children]

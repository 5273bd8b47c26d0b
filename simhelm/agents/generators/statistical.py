"""Generators without training: the rivals that a learned one must be shown against."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.generators.pod import Pod

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class GaussianScores:
    """Independent normal POD scores with the variances of the training samples."""

    pod: Pod
    deviations: Floats

    @classmethod
    def fit(cls, traces: Floats, *, energy: float = 0.999) -> GaussianScores:
        """Fit to traces of shape (samples, times, dofs); errors as in :meth:`Pod.fit`."""
        pod = Pod.fit(traces, energy)
        return cls(pod, pod.scores(traces).std(axis=0, ddof=1))

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """``count`` traces of the training shape."""
        return self.pod.traces(rng.standard_normal((count, self.deviations.size)) * self.deviations)


@dataclasses.dataclass(frozen=True, eq=False)
class SmoothedBootstrap:
    """A training sample's scores and normal noise: a kernel density estimate in POD space.

    Attributes:
        training: scores, shape (samples, modes).
        bandwidth: deviation of the noise in units of each score's own deviation.
    """

    pod: Pod
    training: Floats
    bandwidth: float

    @classmethod
    def fit(
        cls, traces: Floats, *, bandwidth: float = 0.3, energy: float = 0.999
    ) -> SmoothedBootstrap:
        """Fit to traces of shape (samples, times, dofs); bandwidth 0 is the plain bootstrap.

        Raises:
            ValueError: a negative bandwidth, or as in :meth:`Pod.fit`.
        """
        if not (bandwidth >= 0 and np.isfinite(bandwidth)):
            raise ValueError(f"bandwidth: expected a number of at least 0, got {bandwidth}")
        pod = Pod.fit(traces, energy)
        return cls(pod, pod.scores(traces), bandwidth)

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """``count`` traces of the training shape."""
        centres = self.training[rng.integers(len(self.training), size=count)]
        noise = rng.standard_normal(centres.shape) * self.training.std(axis=0, ddof=1)
        return self.pod.traces(centres + self.bandwidth * noise)

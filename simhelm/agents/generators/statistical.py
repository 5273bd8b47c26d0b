"""Generators without training: the rivals that a learned one must be shown against."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from simhelm.agents.generators.pod import Pod

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Bootstrap:
    """The training samples themselves, drawn with replacement."""

    training: Floats

    @classmethod
    def fit(cls, traces: Floats) -> Bootstrap:
        """Keep the traces, shape (samples, ...)."""
        return cls(np.asarray(traces, np.float64))

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """``count`` traces of the training shape."""
        return self.training[rng.integers(len(self.training), size=count)]


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
class GaussianCopula:
    """POD scores with the distributions of the training samples, coupled as normal ones.

    POD scores are uncorrelated, their ranks need not be: the coupling is that of the normal
    scores of the ranks.

    Attributes:
        sorted_scores: the training scores of every mode, rising, shape (samples, modes).
        factor: of the coupling, shape (modes, modes).
    """

    pod: Pod
    sorted_scores: Floats
    factor: Floats

    @classmethod
    def fit(cls, traces: Floats, *, energy: float = 0.999) -> GaussianCopula:
        """Fit to traces of shape (samples, times, dofs); errors as in :meth:`Pod.fit`."""
        pod = Pod.fit(traces, energy)
        scores = pod.scores(traces)
        normal = norm.ppf(rankdata(scores, axis=0) / (len(scores) + 1))
        normal /= np.sqrt(np.mean(normal**2, axis=0))
        # A root of the sample correlations that also exists where they are singular.
        _, singular, modes = np.linalg.svd(normal / np.sqrt(len(normal)), full_matrices=False)
        return cls(pod, np.sort(scores, axis=0), singular[:, None] * modes)

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """``count`` traces of the training shape."""
        normal = rng.standard_normal((count, len(self.factor))) @ self.factor
        places = norm.cdf(normal)
        levels = (np.arange(len(self.sorted_scores)) + 0.5) / len(self.sorted_scores)
        columns = [
            np.interp(at, levels, known)
            for at, known in zip(places.T, self.sorted_scores.T, strict=True)
        ]
        return self.pod.traces(np.stack(columns, axis=1))


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
        """Fit to traces of shape (samples, times, dofs).

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

"""A Gaussian process for the mean of traces given inputs, and its residuals drawn again."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from simhelm.agents.generators.conditions import Standardised
from simhelm.agents.generators.pod import Pod

Floats = NDArray[np.float64]

# Bounds of the logarithms of length scales (in deviations of the inputs) and of the noise.
_LENGTHS = (np.log(0.05), np.log(20.0))
_NOISE = (np.log(1e-4), np.log(10.0))


@dataclasses.dataclass(frozen=True, eq=False)
class GaussianProcessMean:
    """Mean of the POD scores given inputs by a Gaussian process, plus a training residual.

    All modes share one squared-exponential kernel whose length scales and noise maximise their
    joint likelihood, each mode with its own variance (Rasmussen and Williams, Gaussian Processes
    for Machine Learning, 2006, eq. 2.30 and 5.12). Residuals are those of leaving one out.

    Attributes:
        lengths: of the kernel, shape (c,), in deviations of the inputs.
        noise: variance of the noise over that of the mean.
        coefficients: of the kernel at the training inputs, shape (samples, modes).
        residuals: shape (samples, modes).
    """

    pod: Pod
    conditions: Standardised
    lengths: Floats
    noise: float
    coefficients: Floats
    residuals: Floats

    @classmethod
    def fit(cls, traces: Floats, *, inputs: Floats, energy: float = 0.999) -> GaussianProcessMean:
        """Fit to traces (samples, ...) and inputs (samples, c), c at least 1.

        Raises:
            ValueError: as in :meth:`Pod.fit`, or inputs that do not fit.
        """
        pod = Pod.fit(traces, energy)
        conditions = Standardised.fit(inputs, len(traces))
        if conditions.training.shape[1] == 0:
            raise ValueError("inputs: expected at least one column")
        scores, given = pod.scores(traces), conditions.scaled(conditions.training)
        start = np.zeros(given.shape[1] + 1)
        bounds = [_LENGTHS] * given.shape[1] + [_NOISE]
        found = minimize(_loss, start, (given, scores), method="L-BFGS-B", bounds=bounds)
        lengths, noise = np.exp(found.x[:-1]), float(np.exp(found.x[-1]))
        factor = cho_factor(_kernel(given, given, lengths) + noise * np.eye(len(given)))
        coefficients = cho_solve(factor, scores)
        # Leaving one out in closed form (the same book, eq. 5.12).
        inverse = cho_solve(factor, np.eye(len(given)))
        residuals = coefficients / np.diag(inverse)[:, None]
        return cls(pod, conditions, lengths, noise, coefficients, residuals)

    def mean(self, inputs: Floats) -> Floats:
        """Mean traces given inputs (count, c), shape (count, ...)."""
        given = self.conditions.given(len(inputs), np.random.default_rng(0), inputs)
        return self.pod.traces(self._scores(given))

    def sample(
        self, count: int, rng: np.random.Generator, *, inputs: Floats | None = None
    ) -> Floats:
        """``count`` traces; inputs (count, c), or None to draw from those of training."""
        given = self.conditions.given(count, rng, inputs)
        drawn = self.residuals[rng.integers(len(self.residuals), size=count)]
        return self.pod.traces(self._scores(given) + drawn)

    def _scores(self, given: Floats) -> Floats:
        known = self.conditions.scaled(self.conditions.training)
        scores: Floats = _kernel(given, known, self.lengths) @ self.coefficients
        return scores


def _kernel(first: Floats, second: Floats, lengths: Floats) -> Floats:
    squared = cdist(first / lengths, second / lengths, "sqeuclidean")
    kernel: Floats = np.exp(-0.5 * squared)
    return kernel


def _loss(logarithms: Floats, given: Floats, scores: Floats) -> float:
    """Minus the log likelihood, every mode's variance at its best, up to a constant."""
    covariance = _kernel(given, given, np.exp(logarithms[:-1]))
    covariance += np.exp(logarithms[-1]) * np.eye(len(given))
    try:
        factor = cho_factor(covariance)
    except LinAlgError:
        return 1e25
    count, modes = scores.shape
    fits = np.sum(scores * cho_solve(factor, scores), axis=0)
    determinant = 2.0 * float(np.sum(np.log(np.diag(factor[0]))))
    return float(0.5 * (count * np.sum(np.log(fits / count)) + modes * determinant))

"""The inputs that conditional generators are given."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Standardised:
    """Inputs on the scale of those of training.

    Attributes:
        training: inputs of the training samples, shape (samples, c); c is 0 without conditions.
        mean, deviation: theirs, shape (c,); the deviation of a constant is 1.
    """

    training: Floats
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, inputs: Floats | None, samples: int) -> Standardised:
        """Of the inputs of ``samples`` training samples.

        Raises:
            ValueError: not finite numbers of shape (samples, c).
        """
        training = np.zeros((samples, 0)) if inputs is None else np.asarray(inputs, np.float64)
        _check(training, samples, None)
        deviation = training.std(axis=0)
        return cls(training, training.mean(axis=0), np.where(deviation > 0.0, deviation, 1.0))

    def scaled(self, inputs: Floats) -> Floats:
        """Mean 0 and deviation 1 in training."""
        scaled: Floats = (inputs - self.mean) / self.deviation
        return scaled

    def given(self, count: int, rng: np.random.Generator, inputs: Floats | None) -> Floats:
        """Scaled inputs of ``count`` samples; None draws from those of training."""
        if inputs is None:
            inputs = self.training[rng.integers(len(self.training), size=count)]
        inputs = np.asarray(inputs, np.float64)
        _check(inputs, count, self.training.shape[1])
        return self.scaled(inputs)


def _check(inputs: Floats, samples: int, columns: int | None) -> None:
    expected = f"({samples}, {'c' if columns is None else columns})"
    fits = inputs.ndim == 2 and len(inputs) == samples and columns in (None, inputs.shape[1])
    if not fits or not np.isfinite(inputs).all():
        raise ValueError(f"inputs: expected finite numbers of shape {expected}, got {inputs.shape}")

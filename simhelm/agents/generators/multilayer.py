"""A small network as plain arrays, used without torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Weights (inputs, outputs) and bias (outputs,) of every layer.
Layers = tuple[tuple[Floats, Floats], ...]

# Slope of the hidden layers' units below zero.
LEAK = 0.2


def evaluate(layers: Layers, inputs: Floats) -> Floats:
    """Outputs, shape (samples, outputs), of inputs (samples, inputs); hidden units leaky ReLU."""
    for weight, bias in layers[:-1]:
        before = inputs @ weight + bias
        inputs = np.where(before > 0.0, before, LEAK * before)
    weight, bias = layers[-1]
    outputs: Floats = inputs @ weight + bias
    return outputs


def multiplications(layers: Layers) -> int:
    """Of one sample."""
    return sum(weight.size for weight, _ in layers)

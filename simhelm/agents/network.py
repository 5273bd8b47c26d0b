"""A small fully connected network as arrays, evaluated by compiled code.

The functions may be called from a user's own compiled loop::

    @numba.njit
    def integrate(network, ...):
        action = discrete_action(network, observation)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simhelm.core.compiled import compiled

RELU, TANH = 0, 1
# What the last layer means: values of actions; an action to be clipped to its range; an action
# to be squeezed by tanh and stretched to its range.
ARGMAX, CLIP, SQUASH = 0, 1, 2


class Network(NamedTuple):
    """A network in three arrays, few because each costs a call from Python some tenths of a µs.

    Attributes:
        weights: shape (number of weights and biases,), float32: layer by layer the matrix of
            shape (inputs, outputs), row by row, followed by its biases.
        layout: shape (layers + 3,), int64: the activation between the layers (RELU, TANH), the
            head (ARGMAX, CLIP, SQUASH), then the number of inputs, hidden widths, outputs.
        ranges: float64: for every input what is subtracted, for every input by what the
            difference is multiplied; for every output the lowest value of an action, for every
            output the highest (both unused by ARGMAX).
    """

    weights: NDArray[np.float32]
    layout: NDArray[np.int64]
    ranges: NDArray[np.float64]


@compiled
def outputs(network: Network, observation: NDArray[np.float64]) -> NDArray[np.float32]:
    """The last layer's values for an observation of shape (inputs,), shape (outputs,).

    Raises:
        ValueError: the observation has another size, or is not finite.
    """
    weights, ranges, sizes = network.weights, network.ranges, network.layout[2:]
    inputs = sizes[0]
    if observation.size != inputs:
        raise ValueError("observation: wrong number of values")
    x = np.empty(inputs, np.float32)
    for i in range(inputs):
        if not np.isfinite(observation[i]):
            raise ValueError("observation: a value is not finite")
        x[i] = np.float32((observation[i] - ranges[i]) * ranges[inputs + i])
    start = 0
    layers = sizes.size - 1
    for layer in range(layers):
        rows, columns = sizes[layer], sizes[layer + 1]
        biases = start + rows * columns
        y = weights[biases : biases + columns].copy()
        for i in range(rows):
            factor = x[i]
            row = weights[start + i * columns : start + (i + 1) * columns]
            for j in range(columns):
                y[j] += factor * row[j]
        if layer < layers - 1:
            if network.layout[0] == RELU:
                for j in range(columns):
                    y[j] = max(y[j], np.float32(0.0))
            else:
                for j in range(columns):
                    y[j] = np.tanh(y[j])
        x = y
        start = biases + columns
    return x


@compiled
def discrete_action(network: Network, observation: NDArray[np.float64]) -> int:
    """The action of largest value, the first of equal ones; raises as :func:`outputs`."""
    values = outputs(network, observation)
    best = 0
    for k in range(1, values.size):
        if values[k] > values[best]:
            best = k
    return best


@compiled
def continuous_action(network: Network, observation: NDArray[np.float64]) -> NDArray[np.float32]:
    """The action, shape (outputs,), within its range; raises as :func:`outputs`."""
    action = outputs(network, observation)
    lows = 2 * observation.size
    for k in range(action.size):
        low = np.float32(network.ranges[lows + k])
        high = np.float32(network.ranges[lows + action.size + k])
        if network.layout[1] == SQUASH:
            share = np.float32(0.5) * (np.tanh(action[k]) + np.float32(1.0))
            action[k] = low + share * (high - low)
        action[k] = min(max(action[k], low), high)
    return action

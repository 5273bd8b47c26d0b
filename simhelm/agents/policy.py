"""Trained policies as plain array files, evaluated without the library that trained them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.network import (
    ARGMAX,
    CLIP,
    RELU,
    SQUASH,
    TANH,
    Network,
    continuous_action,
    discrete_action,
    outputs,
)

FORMAT = 1
_LARGEST_FILE = 50_000_000
_WIDEST = 100_000
_ACTIVATIONS = {"relu": RELU, "tanh": TANH}
_HEADS = {"argmax": ARGMAX, "clip": CLIP, "squash": SQUASH}

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PolicyMetadata:
    """Where a policy comes from.

    Attributes:
        environment: id with its version, such as ``"simhelm/Heat2D-v0"``; empty if unknown.
        arguments: of the environment, beside its defaults.
        algorithm: what trained it.
        training_seeds: (first, one past the last) seed of the episodes it was trained on.
        seed: of the training itself.
        steps: environment steps of the training.
        action_values: what discrete actions stand for, if the environment says so.
        command: what made it.
        versions: of the libraries that trained it.
    """

    environment: str = ""
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    algorithm: str = ""
    training_seeds: tuple[int, int] | None = None
    seed: int | None = None
    steps: int | None = None
    action_values: tuple[float, ...] | None = None
    command: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=dict)


class Policy:
    """A network that chooses actions, and where it comes from.

    Args:
        network: its arrays (see :class:`Network`); compiled functions take it as an argument.
        metadata: its origin.
        action_shape: of a continuous action; () for a discrete one.

    Raises:
        ValueError: arrays that do not fit together, or are not finite.
    """

    def __init__(
        self, network: Network, metadata: PolicyMetadata, action_shape: tuple[int, ...] = ()
    ) -> None:
        if network.layout[1] != ARGMAX and math.prod(action_shape) != network.layout[-1]:
            raise ValueError(
                f"action_shape: expected {network.layout[-1]} numbers, got {action_shape}"
            )
        self.network, self.metadata = network, metadata
        self.action_shape = action_shape
        self.is_discrete = bool(network.layout[1] == ARGMAX)
        self._inputs = int(network.layout[2])

    @property
    def observation_size(self) -> int:
        """Numbers of an observation."""
        return self._inputs

    def act(self, observation: NDArray[Any]) -> int | NDArray[np.float32]:
        """The action for one observation, as the environment gives it (it is scaled here).

        Returns:
            An index for discrete actions, else shape ``action_shape``, float32.

        Raises:
            ValueError: another number of values, or not finite ones.
        """
        x = np.asarray(observation, np.float64)
        if x.ndim != 1:
            x = x.reshape(-1)
        if self.is_discrete:
            return discrete_action(self.network, x)
        return continuous_action(self.network, x).reshape(self.action_shape)

    def values(self, observation: NDArray[Any]) -> NDArray[np.float32]:
        """The last layer for one observation: shape (actions,) or (numbers of an action,)."""
        return outputs(self.network, np.asarray(observation, np.float64).reshape(-1))

    def act_many(self, observations: NDArray[Any]) -> NDArray[Any]:
        """The actions for observations of shape (n, ...), by matrix products.

        Equal to :meth:`act` but for rounding: where two actions are of equal value to seven
        digits, another one may win.
        """
        net = self.network
        centre, factor, low, high = _ranges(net)
        rows = np.asarray(observations, np.float64).reshape(len(observations), self._inputs)
        if not np.isfinite(rows).all():
            raise ValueError("observations: a value is not finite")
        x: NDArray[Any] = ((rows - centre) * factor).astype(np.float32)
        layers = list(_layers(net))
        for place, (weights, biases) in enumerate(layers):
            x = x @ weights + biases
            if place < len(layers) - 1:
                x = np.maximum(x, 0.0) if net.layout[0] == RELU else np.tanh(x)
        if self.is_discrete:
            actions: NDArray[Any] = x.argmax(axis=1)
            return actions
        if net.layout[1] == SQUASH:
            x = low + np.float32(0.5) * (np.tanh(x) + np.float32(1.0)) * (high - low)
        x = np.clip(x, low, high).astype(np.float32)
        return x.reshape(len(x), *self.action_shape)

    def callback(self, values: Sequence[float] | None = None) -> Callable[[NDArray[Any]], float]:
        """A function from observation to setting, for an integration loop of one's own.

        Args:
            values: what each discrete action stands for; by default what the environment said
                when the policy was trained. A continuous action of one number is given as it is.

        Raises:
            ValueError: the values are unknown or too few, or an action is more than a number.
        """
        if not self.is_discrete:
            if math.prod(self.action_shape) != 1:
                raise ValueError(
                    f"callback: expected an action of one number, got {self.action_shape}"
                )
            return lambda observation: float(np.asarray(self.act(observation)).ravel()[0])
        chosen = self.metadata.action_values if values is None else tuple(map(float, values))
        count = int(self.network.layout[-1])
        if chosen is None or len(chosen) != count:
            raise ValueError(
                f"callback: expected {count} values, one for each action, got {chosen!r}"
            )
        table: tuple[float, ...] = chosen
        return lambda observation: table[int(self.act(observation))]

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` file of plain arrays; a half-written one is never left behind."""
        net = self.network
        centre, factor, low, high = _ranges(net)
        document = {
            "format": FORMAT,
            "activation": _name_of(_ACTIVATIONS, int(net.layout[0])),
            "head": _name_of(_HEADS, int(net.layout[1])),
            "action_shape": list(self.action_shape),
            **dataclasses.asdict(self.metadata),
        }
        arrays: dict[str, Any] = {
            "metadata": np.array(json.dumps(document, allow_nan=False)),
            "sizes": net.layout[2:],
            "weights": net.weights,
            "observation_centre": centre,
            "observation_factor": factor,
            "action_low": low,
            "action_high": high,
        }
        target = Path(path)
        temporary = target.with_name(target.name + ".part")
        with temporary.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read such a file; nothing in it is ever unpickled.

        Raises:
            FileNotFoundError: no such file.
            ValueError: not a policy file, or a damaged one.
        """
        source = Path(path)
        if source.stat().st_size > _LARGEST_FILE:
            raise ValueError(f"{source}: larger than {_LARGEST_FILE} bytes; is it a policy?")
        try:
            # Opened as a zip file only: np.load would also take a lone array or a pickle.
            with zipfile.ZipFile(source) as archive:
                arrays = {name: _read_array(archive, name) for name in _MEMBERS}
            document = json.loads(str(arrays["metadata"]))
            network = network_of(
                arrays["weights"],
                arrays["sizes"],
                _ACTIVATIONS[document.pop("activation")],
                _HEADS[document.pop("head")],
                *(arrays[name] for name in _RANGES),
            )
            return cls(network, *_origin(document))
        except (ValueError, TypeError, KeyError, zipfile.BadZipFile, EOFError) as error:
            raise ValueError(
                f"{source}: expected a policy written by export_policy: {error}"
            ) from error


_RANGES = ("observation_centre", "observation_factor", "action_low", "action_high")
_MEMBERS = ("metadata", "sizes", "weights", *_RANGES)


def network_of(
    weights: NDArray[np.float32],
    sizes: NDArray[np.int64],
    activation: int,
    head: int,
    centre: Floats,
    factor: Floats,
    low: Floats,
    high: Floats,
) -> Network:
    """A network from its parts.

    Args:
        weights: shape (number of weights and biases,), float32, as in :class:`Network`.
        sizes: shape (layers + 1,), int64: inputs, hidden widths, outputs.
        activation, head: see there.
        centre, factor: shape (inputs,), float64; the network sees (x - centre) * factor.
        low, high: shape (outputs,), float64: range of an action.

    Raises:
        ValueError: shapes, types or values that do not fit.
    """
    if sizes.ndim != 1 or sizes.dtype != np.int64 or sizes.size < 2 or (sizes < 1).any():
        raise ValueError(f"sizes: expected at least two positive 64-bit integers, got {sizes!r}")
    if int(sizes.max()) > _WIDEST:
        raise ValueError(f"sizes: a layer of {int(sizes.max())} is too wide")
    count = int(((sizes[:-1] + 1) * sizes[1:]).sum())
    inputs, last = int(sizes[0]), int(sizes[-1])
    _check("weights", weights, count, np.float32)
    for name, array, size in zip(
        _RANGES, (centre, factor, low, high), (inputs, inputs, last, last), strict=True
    ):
        _check(name, array, size, np.float64)
    layout = np.concatenate((np.array([activation, head], np.int64), sizes))
    return Network(weights, layout, np.concatenate((centre, factor, low, high)))


def _origin(document: dict[str, Any]) -> tuple[PolicyMetadata, tuple[int, ...]]:
    if document.pop("format") != FORMAT:
        raise ValueError("written by another version of simhelm")
    shape = tuple(int(size) for size in document.pop("action_shape"))
    for name in ("training_seeds", "action_values"):
        document[name] = None if document[name] is None else tuple(document[name])
    return PolicyMetadata(**document), shape


def _ranges(network: Network) -> list[Floats]:
    """Centre, factor, low, high."""
    inputs, last = int(network.layout[2]), int(network.layout[-1])
    return np.split(network.ranges, np.cumsum([inputs, inputs, last]))


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    size = archive.getinfo(f"{name}.npy").file_size
    if size > _LARGEST_FILE:
        raise ValueError(f"{name}: {size} bytes are too many")
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _name_of(table: dict[str, int], value: int) -> str:
    return next(name for name, number in table.items() if number == value)


def _layers(network: Network) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    start, found = 0, []
    sizes = network.layout[2:].tolist()
    for rows, columns in itertools.pairwise(sizes):
        biases = start + rows * columns
        matrix = network.weights[start:biases].reshape(rows, columns)
        found.append((matrix, network.weights[biases : biases + columns]))
        start = biases + columns
    return found


def _check(name: str, array: NDArray[Any], size: int, dtype: Any) -> None:
    if array.shape != (size,) or array.dtype != dtype or not np.isfinite(array).all():
        raise ValueError(
            f"{name}: expected {size} finite numbers of type {np.dtype(dtype)}, got shape "
            f"{array.shape} of type {array.dtype}"
        )

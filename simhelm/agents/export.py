"""From a model of Stable-Baselines3 to a policy file."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.network import ARGMAX, CLIP, RELU, SQUASH, TANH
from simhelm.agents.policy import Policy, PolicyMetadata, network_of

Layer = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclasses.dataclass(frozen=True, eq=False)
class ObservationScaling:
    """What is done to an observation before the network sees it: (x - centre) * factor.

    Attributes:
        centre, factor: shape (numbers of an observation,), float64.
    """

    centre: NDArray[np.float64]
    factor: NDArray[np.float64]

    @classmethod
    def none(cls, size: int) -> ObservationScaling:
        """Nothing is done."""
        return cls(np.zeros(size), np.ones(size))


def export_policy(
    model: Any,
    path: str | Path,
    *,
    scaling: ObservationScaling | None = None,
    metadata: PolicyMetadata | None = None,
) -> Policy:
    """Write the deterministic policy of a trained model into an ``.npz`` file.

    Args:
        model: a DQN, QR-DQN, PPO, A2C or SAC of Stable-Baselines3 or its contrib package, with
            its ``MlpPolicy`` and ReLU or tanh between the layers.
        path: of the file.
        scaling: what a wrapper did to the observations that the model was trained on.
        metadata: where the policy comes from.

    Returns:
        The policy, as :meth:`Policy.load` would read it.

    Raises:
        TypeError: a model, space or layer that cannot be exported.
    """
    policy = policy_of(model, scaling=scaling, metadata=metadata)
    policy.save(path)
    return policy


def policy_of(
    model: Any,
    *,
    scaling: ObservationScaling | None = None,
    metadata: PolicyMetadata | None = None,
) -> Policy:
    """The deterministic policy of a trained model; arguments as in :func:`export_policy`."""
    layers, activation, head = _parts(model)
    size = layers[0][0].shape[0]
    space = model.action_space
    scaling = ObservationScaling.none(size) if scaling is None else scaling
    shape: tuple[int, ...] = ()
    low = high = np.zeros(layers[-1][1].size)
    if head != ARGMAX:
        shape = tuple(space.shape)
        low, high = (np.asarray(bound, np.float64).ravel() for bound in (space.low, space.high))
    network = network_of(
        np.concatenate([np.concatenate((w.ravel(), b)) for w, b in layers]).astype(np.float32),
        np.array([size, *(b.size for _, b in layers)], np.int64),
        activation,
        head,
        np.asarray(scaling.centre, np.float64),
        np.asarray(scaling.factor, np.float64),
        low,
        high,
    )
    origin = PolicyMetadata(algorithm=type(model).__name__) if metadata is None else metadata
    return Policy(network, origin, shape)


def _parts(model: Any) -> tuple[list[Layer], int, int]:
    """Layers, activation and head of the part of a model that chooses actions."""
    net = model.policy
    _require_flat(net)
    kind = type(model.action_space).__name__
    if kind not in {"Discrete", "Box"}:
        raise TypeError(
            f"export_policy: expected Discrete or Box actions, got {model.action_space}"
        )
    discrete = kind == "Discrete"
    if hasattr(net, "q_net"):
        layers, activation = _chain(net.q_net.q_net)
        return layers, activation, ARGMAX
    if hasattr(net, "quantile_net"):
        layers, activation = _chain(net.quantile_net.quantile_net)
        layers[-1] = _mean_over_quantiles(layers[-1], int(net.n_quantiles))
        return layers, activation, ARGMAX
    if hasattr(net, "actor") and hasattr(net.actor, "latent_pi"):
        layers, activation = _chain(net.actor.latent_pi, net.actor.mu)
        return layers, activation, SQUASH
    if hasattr(net, "mlp_extractor"):
        layers, activation = _chain(net.mlp_extractor.policy_net, net.action_net)
        return layers, activation, ARGMAX if discrete else CLIP
    raise TypeError(f"export_policy: expected DQN, QRDQN, PPO, A2C or SAC, got {type(model)}")


def _require_flat(net: Any) -> None:
    space = net.observation_space
    if type(space).__name__ != "Box":
        raise TypeError(f"export_policy: expected a Box of observations, got {space}")
    kind = getattr(net, "features_extractor_class", None)
    if kind is not None and kind.__name__ != "FlattenExtractor":
        raise TypeError(f"export_policy: expected MlpPolicy, got {kind.__name__} in front of it")


def _chain(*modules: Any) -> tuple[list[Layer], int]:
    """The linear layers in order, and the activation between them."""
    from torch import nn

    layers: list[Layer] = []
    between: set[int] = set()
    steps = [step for module in modules for step in _steps(module)]
    for step in steps:
        if isinstance(step, nn.Linear):
            weight, bias = (t.detach().cpu().double().numpy() for t in (step.weight, step.bias))
            layers.append((weight.T, bias))
        elif isinstance(step, nn.ReLU):
            between.add(RELU)
        elif isinstance(step, nn.Tanh):
            between.add(TANH)
        else:
            raise TypeError(f"export_policy: cannot export a layer of type {type(step).__name__}")
    if len(between) > 1:
        raise TypeError("export_policy: expected one kind of activation, got ReLU and Tanh")
    return layers, between.pop() if between else RELU


def _steps(module: Any) -> list[Any]:
    from torch import nn

    return list(module) if isinstance(module, nn.Sequential) else [module]


def _mean_over_quantiles(layer: Layer, quantiles: int) -> Layer:
    """The layer that gives the mean over the quantiles of every action (it is linear, too)."""
    weights, biases = layer
    rows = weights.shape[0]
    return weights.reshape(rows, quantiles, -1).mean(axis=1), biases.reshape(quantiles, -1).mean(0)

"""Assignments of the network space as torch modules. Importing this needs torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import skip_init

from simhelm.core.problem import Value

_ACTIVATIONS: dict[Value, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
}
_POOLINGS: dict[Value, Callable[[int], nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class Dropout(nn.Module):
    """Dropout that draws from a generator of its own, so that it disturbs no other."""

    def __init__(self, rate: float, generator: torch.Generator) -> None:
        super().__init__()
        self.rate, self.generator = rate, generator

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The inputs, in training a random part of them as zeros and the others larger."""
        if not self.training:
            return inputs
        kept = torch.rand(inputs.shape, generator=self.generator) >= self.rate
        return inputs * kept / (1.0 - self.rate)


def build_network(
    config: Mapping[str, Value],
    *,
    pixels: int,
    classes: int,
    weights: torch.Generator,
    dropout: torch.Generator,
) -> nn.Sequential:
    """The network of an assignment: images of shape (n, 1, pixels, pixels) to (n, classes) logits.

    Convolutions keep the size of the image, a pooling halves it (not below one pixel). Weights
    are Kaiming's uniform ones for ReLU, biases zero.

    Args:
        config: a complete assignment of ``network_space()``.
        weights, dropout: generators of the first weights, and of what dropout leaves out.
    """
    layers: list[nn.Module] = []
    channels, size = 1, pixels
    for place in range(int(config["convolutions"])):
        block, channels, size = _convolution(config, f"convolutions[{place}]/", channels, size)
        layers += block
    layers.append(nn.Flatten())
    width = channels * size * size
    for place in range(int(config["dense"])):
        block, width = _dense(config, f"dense[{place}]/", width, dropout)
        layers += block
    network = nn.Sequential(*layers, _linear(width, classes))
    _fill(network, weights)
    return network


def _convolution(
    config: Mapping[str, Value], prefix: str, channels: int, size: int
) -> tuple[list[nn.Module], int, int]:
    filters, kernel = int(config[f"{prefix}filters"]), int(config[f"{prefix}kernel"])
    block: list[nn.Module] = [_conv(channels, filters, kernel)]
    if config[f"{prefix}normalise"]:
        block.append(nn.BatchNorm2d(filters))
    block.append(_ACTIVATIONS[config["activation"]]())
    pool = config[f"{prefix}pool"]
    if pool != "none" and size > 1:
        block.append(_POOLINGS[pool](2))
        size //= 2
    return block, filters, size


def _dense(
    config: Mapping[str, Value], prefix: str, width: int, generator: torch.Generator
) -> tuple[list[nn.Module], int]:
    units = int(config[f"{prefix}units"])
    block: list[nn.Module] = [
        _linear(width, units),
        _ACTIVATIONS[config["activation"]](),
    ]
    if config[f"{prefix}dropout"]:
        block.append(Dropout(float(config[f"{prefix}dropout/rate"]), generator))
    return block, units


def _conv(channels: int, filters: int, kernel: int) -> nn.Module:
    """A convolution that keeps the size; its weights are not drawn yet."""
    made: nn.Module = skip_init(  # type: ignore[no-untyped-call]
        nn.Conv2d, channels, filters, kernel, padding=kernel // 2
    )
    return made


def _linear(inputs: int, outputs: int) -> nn.Module:
    made: nn.Module = skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
    return made


def _fill(network: nn.Sequential, generator: torch.Generator) -> None:
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)


def count_weights(network: nn.Module) -> int:
    """All numbers that are trained."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_macs(network: nn.Sequential, pixels: int) -> int:
    """Multiplications with additions of convolutions and linear layers for one image."""
    total, signal = 0, torch.zeros(1, 1, pixels, pixels)
    training = network.training
    network.eval()
    with torch.no_grad():
        for layer in network:
            signal = layer(signal)
            if isinstance(layer, nn.Conv2d):
                total += layer.weight.numel() * int(signal[0, 0].numel())
            elif isinstance(layer, nn.Linear):
                total += layer.weight.numel()
    network.train(training)
    return total


def make_optimiser(config: Mapping[str, Value], network: nn.Module) -> torch.optim.Optimizer:
    """Adam, or stochastic gradient descent with momentum."""
    common: dict[str, Any] = {
        "lr": float(config["learning_rate"]),
        "weight_decay": float(config["weight_decay"]),
    }
    if config["optimiser"] == "adam":
        return torch.optim.Adam(network.parameters(), **common)
    momentum = float(config["optimiser/momentum"])
    return torch.optim.SGD(network.parameters(), momentum=momentum, **common)


def loss_and_error(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor
) -> tuple[float, float]:
    """Mean cross entropy and share of wrong answers, in [0, 1], outside training."""
    network.eval()
    with torch.no_grad():
        logits = network(images)
        loss = float(functional.cross_entropy(logits, labels))
        error = float((logits.argmax(dim=1) != labels).double().mean())
    network.train()
    return loss, error

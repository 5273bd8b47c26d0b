"""Layers of networks as matrix products, and networks as lists of layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number

# Products of dimensions stay far below 2^63.
_LARGEST = 1 << 24


@dataclasses.dataclass(frozen=True)
class Layer:
    """``repeats`` matrix products of (m, k) inputs and (k, n) weights.

    Attributes:
        m, n, k: output pixels (or tokens), filters, and size of the window.
        repeats: products with operands of their own: groups of a convolution, heads.
        inputs: distinct inputs of one product; 0 for all m k of them.
    """

    name: str
    m: int
    n: int
    k: int
    repeats: int = 1
    inputs: int = 0

    def __post_init__(self) -> None:
        for field, least in (("m", 1), ("n", 1), ("k", 1), ("repeats", 1), ("inputs", 0)):
            value = whole_number(f"layer {self.name!r}: {field}", getattr(self, field), least=least)
            if value > _LARGEST:
                raise ValueError(f"layer {self.name!r}: {field}: at most {_LARGEST}, got {value}")

    @property
    def macs(self) -> int:
        """Multiplications with additions."""
        return self.m * self.n * self.k * self.repeats


def convolution(
    name: str, size: int, channels: int, filters: int, kernel: int, *, stride: int = 1,
    depthwise: bool = False,
) -> Layer:  # fmt: skip
    """A square convolution with "same" padding, as a matrix product.

    Args:
        size: pixels a side of the input.
        channels, filters: of input and output; of a depthwise one equal.
        kernel, stride: pixels a side.
        depthwise: every channel has a filter of its own.
    """
    out = -(-size // stride)
    if depthwise:
        return Layer(name, out * out, 1, kernel * kernel, channels, size * size)
    return Layer(name, out * out, filters, kernel * kernel * channels, 1, size * size * channels)


def resnet18() -> tuple[Layer, ...]:
    """ResNet-18 on 224 x 224 pixels (He et al., CVPR 2016, Table 1)."""
    layers = [convolution("conv1", 224, 3, 64, 7, stride=2)]
    size, channels = 56, 64
    for stage, filters in enumerate((64, 128, 256, 512), 2):
        for block in (1, 2):
            stride = 2 if stage > 2 and block == 1 else 1
            name = f"conv{stage}_{block}"
            layers.append(convolution(f"{name}a", size, channels, filters, 3, stride=stride))
            if stride == 2:
                layers.append(convolution(f"{name}s", size, channels, filters, 1, stride=2))
                size //= 2
            layers.append(convolution(f"{name}b", size, filters, filters, 3))
            channels = filters
    return (*layers, Layer("fc", 1, 1000, 512))


def mobilenet_v2() -> tuple[Layer, ...]:
    """MobileNetV2 on 224 x 224 pixels (Sandler et al., CVPR 2018, Table 2)."""
    layers = [convolution("conv1", 224, 3, 32, 3, stride=2)]
    size, channels = 112, 32
    table = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
             (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip
    for stage, (expansion, filters, blocks, first_stride) in enumerate(table, 1):
        for block in range(1, blocks + 1):
            stride, wide, name = (
                first_stride if block == 1 else 1,
                expansion * channels,
                f"b{stage}_{block}",
            )
            if expansion > 1:
                layers.append(convolution(f"{name}_expand", size, channels, wide, 1))
            layers.append(
                convolution(f"{name}_depth", size, wide, wide, 3, stride=stride, depthwise=True)
            )
            size //= stride
            layers.append(convolution(f"{name}_project", size, wide, filters, 1))
            channels = filters
    return (*layers, convolution("conv2", size, channels, 1280, 1), Layer("fc", 1, 1000, 1280))


def transformer_block(tokens: int = 128, width: int = 768, heads: int = 12) -> tuple[Layer, ...]:
    """One encoder block (Vaswani et al., 2017), of BERT-base's size by default."""
    head = width // heads
    return (
        Layer("query, key, value", tokens, 3 * width, width),
        Layer("scores", tokens, tokens, head, heads),
        Layer("values", tokens, head, tokens, heads),
        Layer("projection", tokens, width, width),
        Layer("feed-forward 1", tokens, 4 * width, width),
        Layer("feed-forward 2", tokens, width, 4 * width),
    )


NETWORKS = {
    "resnet18": resnet18,
    "mobilenet_v2": mobilenet_v2,
    "transformer_block": transformer_block,
}


def layer_table(layers: Sequence[Layer]) -> NDArray[np.int64]:
    """Layers as the kernels want them, shape (layers, 5)."""
    if not layers:
        raise ValueError("layers: expected at least one")
    rows = [[one.m, one.n, one.k, one.repeats, one.inputs or one.m * one.k] for one in layers]
    return np.array(rows, dtype=np.int64)

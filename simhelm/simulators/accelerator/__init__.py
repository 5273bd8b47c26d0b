"""Accelerators: networks on a systolic array, in closed form."""

from simhelm.simulators.accelerator.layers import NETWORKS, Layer, convolution
from simhelm.simulators.accelerator.model import (
    AcceleratorResult,
    Design,
    evaluate,
    evaluate_many,
    systolic_cycles,
)
from simhelm.simulators.accelerator.network_files import load_network

__all__ = [
    "NETWORKS",
    "AcceleratorResult",
    "Design",
    "Layer",
    "convolution",
    "evaluate",
    "evaluate_many",
    "load_network",
    "systolic_cycles",
]

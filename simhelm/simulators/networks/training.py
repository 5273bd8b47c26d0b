"""Training networks on scikit-learn's digits. Importing this needs torch and scikit-learn."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional

from simhelm.core.problem import Value, Watch
from simhelm.core.torch_threads import single_thread
from simhelm.simulators.networks.modules import (
    build_network,
    count_macs,
    count_weights,
    loss_and_error,
    make_optimiser,
)

PIXELS, CLASSES = 8, 10
VALIDATION = TEST = 500
# What remains of the 1,797 images.
TRAINING = 797

# Images (n, 1, 8, 8) float32 and labels (n,) int64.
Part = tuple[torch.Tensor, torch.Tensor]


@dataclasses.dataclass(frozen=True)
class Digits:
    """The images in three parts."""

    training: Part
    validation: Part
    test: Part


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """How a training went.

    Attributes:
        epochs: done, all of them unless ``stopped`` or not ``finite``.
        finite: whether the last losses were numbers.
        stopped: the watch asked for it.
        validation_loss, validation_error, test_error: after the last epoch.
        weights, macs: of the network; multiplications for one image.
    """

    epochs: int
    finite: bool
    stopped: bool
    validation_loss: float
    validation_error: float
    test_error: float
    weights: int
    macs: int


@functools.cache
def digits() -> Digits:
    """Scikit-learn's digits (UCI, 8 x 8 pixels), split once and for all, scaled to [-0.5, 0.5]."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    images = torch.tensor(data.images[order] / 16.0 - 0.5, dtype=torch.float32)[:, None]
    labels = torch.tensor(data.target[order], dtype=torch.int64)
    cuts = [TRAINING, VALIDATION, TEST]
    parts = zip(torch.split(images, cuts), torch.split(labels, cuts), strict=True)
    return Digits(*parts)


def train(
    config: Mapping[str, Value], *, seed: int, epochs: int, samples: int, watch: Watch
) -> TrainingResult:
    """Train the network of an assignment.

    One thread does it and every draw comes from a generator of its own, so that the seed decides
    every bit; torch's global generator and number of threads are left as they were.

    Args:
        config: a complete assignment of ``network_space()``.
        seed: of weights, order of the images, and dropout.
        epochs: at least 1.
        samples: training images, the first of them, 2 to ``TRAINING``.
        watch: told (epoch, validation error), see ``WatchedProblem``.
    """
    weights, order, dropout = _generators(seed)
    with single_thread():
        network = build_network(
            config, pixels=PIXELS, classes=CLASSES, weights=weights, dropout=dropout
        )
        images, labels = (part[:samples] for part in digits().training)
        optimiser = make_optimiser(config, network)
        sizes = count_weights(network), count_macs(network, PIXELS)
        batch = int(config["batch"])
        for epoch in range(1, epochs + 1):
            finite = _epoch(network, optimiser, images, labels, batch, order)
            loss, error = loss_and_error(network, *digits().validation)
            finite = finite and math.isfinite(loss)
            stopped = finite and not watch(epoch, error) and epoch < epochs
            if stopped or not finite:
                break
        test_error = loss_and_error(network, *digits().test)[1]
    return TrainingResult(epoch, finite, stopped, loss, error, test_error, *sizes)


def _epoch(
    network: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
    batch: int,
    order: torch.Generator,
) -> bool:
    """Every image once in random order; whether the last loss was a number."""
    finite = True
    for picked in torch.split(torch.randperm(len(labels), generator=order), batch):
        if len(picked) < 2:
            # Batch normalisation knows no spread of a single image.
            continue
        optimiser.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(network(images[picked]), labels[picked])
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        finite = bool(torch.isfinite(loss))
    return finite


def _generators(seed: int) -> tuple[torch.Generator, torch.Generator, torch.Generator]:
    words = np.random.SeedSequence(seed).generate_state(3, np.uint64)
    one, two, three = (torch.Generator().manual_seed(int(word) >> 1) for word in words)
    return one, two, three

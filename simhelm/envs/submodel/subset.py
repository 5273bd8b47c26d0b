"""Subset simulation: a small probability as a product of larger ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# From independent standard normal variables, shape (samples, variables), to what is to be large.
Response = Callable[[Floats], Floats]

# Of every level, so many go on; correlation of a chain's candidates with its state. Both as in
# the papers that are cited.
SHARE, CORRELATION = 0.1, 0.8
_MOST_LEVELS = 30


@dataclasses.dataclass(frozen=True)
class SubsetEstimate:
    """A probability, and how often the response was evaluated for it."""

    probability: float
    evaluations: int


def subset_simulation(
    response: Response, variables: int, threshold: float, samples: int, rng: np.random.Generator
) -> SubsetEstimate:
    """The probability that a response of standard normal variables passes a threshold.

    Levels and chains of Au and Beck, Probabilistic Engineering Mechanics 16 (2001), with the
    candidates of Papaioannou et al., the same journal 41 (2015), which keep the normal law. The
    estimate is consistent, not unbiased: the levels follow from the samples.

    Args:
        response: see :data:`Response`.
        variables: of the response, at least 1.
        threshold: of the response.
        samples: a level, at least 20; all but a tenth of them are evaluated anew at each.
        rng: all randomness.

    Returns:
        The estimate; 0 where no chain comes on.
    """
    if samples < 20:
        raise ValueError(f"samples: expected at least 20 a level, got {samples}")
    states = rng.standard_normal((samples, variables))
    values = response(states)
    probability, evaluations = 1.0, samples
    for _ in range(_MOST_LEVELS):
        level = float(np.quantile(values, 1.0 - SHARE))
        chosen = values > level
        if level >= threshold or not chosen.any():
            return SubsetEstimate(probability * float(np.mean(values > threshold)), evaluations)
        probability *= float(np.mean(chosen))
        states, values, more = _chains(
            response, states[chosen], values[chosen], level, samples, rng
        )
        evaluations += more
    return SubsetEstimate(0.0, evaluations)


def _chains(
    response: Response,
    states: Floats,
    values: Floats,
    level: float,
    samples: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, int]:
    """``samples`` states beyond a level, and their values: chains from states that are there."""
    found = [(states, values)]
    seeds = size = len(states)
    while size < samples:
        count = min(len(states), samples - size)
        noise = rng.standard_normal((count, states.shape[1]))
        candidates = CORRELATION * states[:count] + np.sqrt(1.0 - CORRELATION**2) * noise
        reached = response(candidates)
        kept = reached > level
        states = np.where(kept[:, None], candidates, states[:count])
        values = np.where(kept, reached, values[:count])
        found.append((states, values))
        size += count
    joined = [np.concatenate(arrays) for arrays in zip(*found, strict=True)]
    return joined[0], joined[1], size - seeds


def members_at(inputs: Floats, normal: Floats) -> Integers:
    """Members of a pool by two standard normal variables: near ones have near inputs.

    Members lie in strips by their first input and are in order of the second there, so that every
    member has the same probability, exactly.

    Args:
        inputs: of the members, shape (members, 2).
        normal: shape (samples, 2).
    """
    count = len(inputs)
    strips = np.array_split(np.argsort(inputs[:, 0], kind="stable"), max(1, round(count**0.5)))
    sizes = np.array([len(strip) for strip in strips])
    order = np.concatenate([strip[np.argsort(inputs[strip, 1], kind="stable")] for strip in strips])
    first = np.cumsum(sizes) - sizes
    along, across = ndtr(normal).T
    rank = np.minimum((along * count).astype(np.int64), count - 1)
    strip = np.searchsorted(first, rank, side="right") - 1
    inside = np.minimum((across * sizes[strip]).astype(np.int64), sizes[strip] - 1)
    members: Integers = order[first[strip] + inside]
    return members

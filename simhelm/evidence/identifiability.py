"""How well outputs determine parameters: the noise between seeds, and local sensitivities."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.core.problem import Parameter, Problem, Value
from simhelm.evidence import resamples

Floats = NDArray[np.float64]

# Resamples of seeds.
_DRAWS = 200


def sample_outputs(
    problem: Problem, config: Mapping[str, Value], outputs: Sequence[str], seeds: Sequence[int]
) -> Floats:
    """Outputs of one configuration for several seeds, shape (seeds, outputs).

    Raises:
        RuntimeError: an evaluation failed.
    """
    rows = []
    for seed in seeds:
        metrics = problem.evaluate(config, seed=seed)
        if not metrics.succeeded:
            raise RuntimeError(f"{problem.name}, seed {seed}: {metrics.end_reason.value}")
        rows.append([metrics.values[name] for name in outputs])
    return np.array(rows)


def noise_floor(samples: Floats) -> float:
    """Mean L1 distance between the outputs of two runs that differ by their seed only.

    Args:
        samples: shape (seeds, outputs), at least two seeds.
    """
    if samples.ndim != 2 or samples.shape[0] < 2:
        raise ValueError(f"samples: expected outputs of two seeds or more, got {samples.shape}")
    distances = np.abs(samples[:, None] - samples[None]).sum(axis=2)
    count = samples.shape[0]
    return float(distances.sum() / (count * (count - 1)))


@dataclasses.dataclass(frozen=True)
class Identifiability:
    """What one observation of the outputs says about the parameters near a configuration.

    Attributes:
        names: of the parameters.
        deviation: standard deviation of each as estimated from one run's outputs, in its unit,
            by linear error propagation with the noise between seeds.
        interval: 95 % of it when seeds are resampled (bootstrap, Efron 1979), shape
            (2, parameters); with fewer than ten seeds it is too narrow.
        correlation: of the estimates, shape (parameters, parameters).
        flags: parameters whose deviation exceeds a quarter of their range: these outputs do not
            determine them.
    """

    names: tuple[str, ...]
    deviation: Floats
    interval: Floats
    correlation: Floats
    flags: tuple[str, ...]


def identifiability(
    problem: Problem,
    config: Mapping[str, Value],
    outputs: Sequence[str],
    *,
    seeds: Sequence[int],
    step: float = 0.05,
) -> Identifiability:
    """Sensitivities by central differences of means over seeds, and what noise makes of them.

    The seeds of both sides of a difference are the same. Costs (2 parameters + 1) len(seeds)
    evaluations.

    Args:
        problem: all of whose parameters are numbers.
        config: where to look.
        outputs: that are observed.
        seeds: of evaluations, at least two.
        step: of a difference, as a share of a parameter's range.
    """
    base = sample_outputs(problem, config, outputs, seeds)
    slopes = np.stack(
        [_slopes(problem, config, p, outputs, seeds, step) for p in problem.parameters], axis=2
    )
    deviation, correlation = _estimate(base, slopes)
    picks = resamples(len(seeds), np.random.default_rng(list(seeds)), _DRAWS)
    resampled = [_estimate(base[pick], slopes[pick])[0] for pick in picks]
    interval = np.quantile(resampled, [0.025, 0.975], axis=0, method="nearest")
    names = tuple(p.name for p in problem.parameters)
    flags = tuple(
        p.name
        for p, value in zip(problem.parameters, deviation, strict=True)
        if not value <= 0.25 * (p.high - p.low)
    )
    return Identifiability(names, deviation, interval, correlation, flags)


def _estimate(base: Floats, slopes: Floats) -> tuple[Floats, Floats]:
    """Deviations and correlations of parameters.

    Args:
        base: outputs, shape (seeds, outputs).
        slopes: of outputs by parameters, shape (seeds, outputs, parameters).
    """
    covariance = np.atleast_2d(np.cov(base, rowvar=False))
    slope = slopes.mean(axis=0)
    spread = np.sqrt(np.diag(covariance))
    # Outputs that do not vary between seeds would count infinitely.
    weights = 1.0 / np.maximum(spread, 1e-3 * max(1e-12, float(spread.max())))
    inverse = np.linalg.pinv(slope * weights[:, None], rcond=1e-6)
    scaled = covariance * np.outer(weights, weights)
    estimate = inverse @ scaled @ inverse.T
    deviation = np.sqrt(np.maximum(np.diag(estimate), 0.0))
    deviation = np.where(np.abs(slope).max(axis=0) > 0.0, deviation, np.inf)
    bound = np.where(np.isfinite(deviation) & (deviation > 0.0), deviation, 1.0)
    return deviation, estimate / np.outer(bound, bound)


def _slopes(
    problem: Problem,
    config: Mapping[str, Value],
    parameter: Parameter,
    outputs: Sequence[str],
    seeds: Sequence[int],
    step: float,
) -> Floats:
    """Central differences by seed, shape (seeds, outputs)."""
    if parameter.kind == "categorical":
        raise ValueError(f"{parameter.name}: expected a number, it is categorical")
    share = parameter.share_of(config[parameter.name])
    below, above = (parameter.at(share + sign * step) for sign in (-1.0, 1.0))
    low, high = (
        sample_outputs(problem, {**config, parameter.name: value}, outputs, seeds)
        for value in (below, above)
    )
    slope: Floats = (high - low) / (float(above) - float(below))
    return slope

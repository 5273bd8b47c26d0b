"""Stopping a run early by where its learning curve is heading.

After the rule of the BEAM calibration notebooks: fit the evolution so far, extrapolate it to the
last iteration, and abort when that misses a threshold. Their straight line in the iteration is
replaced by a geometric approach to a limit, which is how relaxation approaches equilibrium.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Direction = Literal["minimize", "maximize"]

# Decay rates over the window of the curve. A slower decay cannot be told from a straight line; a
# faster one is over after the first of a thousand steps.
_RATES: Floats = np.geomspace(0.05, 2e4, 140)
# How far beyond the last value, in ranges of the curve, a limit is believed.
_FARTHEST = 20.0
# Ranges smaller than this, relative to the values, are round-off.
_FLAT = 1e-14


def extrapolate(
    steps: Sequence[float], values: Sequence[float], at: float, *, least_points: int = 4
) -> float | None:
    """The value that a learning curve is heading for at a later step.

    Fits a + b r^step with 0 < r < 1 by least squares. Where three unknowns cannot be told from
    the data (fewer than three different steps, no bend, a prediction less certain than the range
    of the curve), a straight line in 1 / step is fitted instead; a flat curve stays where it is.

    Args:
        steps: shape (n,), in any order, counted from the first of them if that is not positive.
        values: shape (n,).
        at: the step in question; infinity asks for the limit, and a step that is past counts as
            the last one.
        least_points: None is returned for shorter curves; three points fit exactly, noise and
            all.

    Returns:
        A finite number, or None: too few points, or a value that is not finite.

    Raises:
        ValueError: lengths that differ, steps that are not finite, or ``at`` that is nan.
    """
    s, y = _curve(steps, values, at)
    if s.size < max(1, least_points) or not np.isfinite(y).all():
        return None
    at = max(float(at), float(s[-1]))
    largest = float(np.abs(y).max())
    scaled = y / largest if largest > 0.0 else y
    span = float(np.ptp(scaled))
    last = float(scaled[-1])
    if span <= _FLAT:
        return float(y[-1])
    with np.errstate(all="ignore"):
        shape = (scaled - last) / span
        ahead = _geometric(*_window(s, at), shape)
        if ahead is None:
            ahead = _line_in_inverse_step(s, shape, at)
        predicted = (last + span * ahead) * largest
    return predicted if math.isfinite(predicted) else float(y[-1])


def should_stop(
    steps: Sequence[float],
    values: Sequence[float],
    *,
    at: float,
    threshold: float,
    direction: Direction = "minimize",
    least_points: int = 4,
    margin: float = 0.0,
) -> bool:
    """Whether the curve is heading for a value at step ``at`` that is worse than the threshold.

    Args:
        steps, values, at, least_points: as in :func:`extrapolate`; no prediction, no stop.
        threshold: in units of the values.
        margin: how much worse it has to be, in units of the values, not negative.

    Raises:
        ValueError: as :func:`extrapolate`, an unknown direction or a negative margin.
    """
    if not margin >= 0.0:
        raise ValueError(f"margin: expected a number that is not negative, got {margin!r}")
    sign = _sign(direction)
    predicted = extrapolate(steps, values, at, least_points=least_points)
    return predicted is not None and sign * predicted > sign * threshold + margin


def rung_stop(
    steps: Sequence[float],
    values: Sequence[float],
    *,
    rungs: Mapping[float, float],
    direction: Direction = "minimize",
) -> bool:
    """Whether the curve was worse than the threshold of a rung at the step of that rung.

    A value that is nan is worse than any threshold. Steps between rungs are not judged.

    Args:
        rungs: step -> threshold.

    Raises:
        ValueError: lengths that differ, or an unknown direction.
    """
    sign = _sign(direction)
    return any(
        not sign * value <= sign * rungs[step]
        for step, value in zip(steps, values, strict=True)
        if step in rungs
    )


def _curve(steps: Sequence[float], values: Sequence[float], at: float) -> tuple[Floats, Floats]:
    s, y = np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if s.ndim != 1 or s.shape != y.shape:
        raise ValueError(f"expected as many values as steps, got {y.shape} and {s.shape}")
    if not np.isfinite(s).all() or math.isnan(at):
        raise ValueError(f"expected finite steps, got {steps!r} and at = {at!r}")
    order = np.argsort(s, kind="stable")
    return s[order], y[order]


def _window(s: Floats, at: float) -> tuple[Floats, float]:
    """The steps mapped to [0, 1], and ``at`` by the same map; zeros if all steps are one."""
    unit = float(np.abs(s).max()) or 1.0
    s, at = s / unit, at / unit
    width = float(s[-1] - s[0])
    if width <= _FLAT:
        return np.zeros_like(s), 0.0
    return (s - s[0]) / width, (at - float(s[0])) / width


def _geometric(t: Floats, at: float, z: Floats) -> float | None:
    """The least-squares fit of a + b exp(-k t) at ``at``, or None if it says nothing."""
    if np.unique(t).size < 3:
        return None
    rate = _best_rate(t, z)
    if rate is None:
        return None
    a, b, residual = _linear_fit(np.exp(-rate * t), z)
    predicted = a + b * math.exp(-rate * at)
    believed = abs(predicted) <= _FARTHEST and _deviation(t, at, rate, b, residual) <= 1.0
    return predicted if believed else None


def _best_rate(t: Floats, z: Floats) -> float | None:
    """The decay rate k of the best fit; None if the smallest, a straight line, is the best."""
    residuals = (_linear_fit(np.exp(-rate * t), z)[2] for rate in _RATES)
    errors = [float(residual @ residual) for residual in residuals]
    best = int(np.argmin(errors))
    if best == 0:
        return None
    low, high = math.log(_RATES[best - 1]), math.log(_RATES[min(best + 1, _RATES.size - 1)])
    if _slope(low, t, z) * _slope(high, t, z) >= 0.0:
        return float(_RATES[best])
    # A root of the slope is exact to round-off where a minimum is to the root of round-off.
    from scipy.optimize import brentq  # half a second that most studies do without

    return math.exp(brentq(_slope, low, high, args=(t, z), xtol=1e-15))


def _slope(log_rate: float, t: Floats, z: Floats) -> float:
    """Half the derivative of the squared error by log k, at the best a and b."""
    rate = math.exp(log_rate)
    decay = np.exp(-rate * t)
    _, b, residual = _linear_fit(decay, z)
    return float(b * (residual @ (rate * t * decay)))


def _linear_fit(x: Floats, z: Floats) -> tuple[float, float, Floats]:
    """Least squares of z = a + b x: a, b and the residual z - a - b x."""
    dx, dz = x - x.mean(), z - z.mean()
    b = float(dx @ dz) / float(dx @ dx)
    return float(z.mean() - b * x.mean()), b, dz - b * dx


def _deviation(t: Floats, at: float, rate: float, b: float, residual: Floats) -> float:
    """Standard deviation of the prediction at ``at`` by linear error propagation."""
    freedom = t.size - 3
    if freedom == 0:
        return 0.0
    gradients = np.stack([np.ones_like(t), np.exp(-rate * t), -b * rate * t * np.exp(-rate * t)])
    decay = math.exp(-rate * at)
    wanted = np.array([1.0, decay, -b * rate * at * decay if decay > 0.0 else 0.0])
    weights = np.linalg.lstsq(gradients, wanted)[0]
    return float(np.sqrt(residual @ residual / freedom) * np.linalg.norm(weights))


def _line_in_inverse_step(s: Floats, z: Floats, at: float) -> float:
    """The line fitted over 1 / step, at ``at``; the last value if all steps are one."""
    # In units of the first step, which is moved to 1 if it is not positive.
    first, move = (float(s[0]), 0.0) if s[0] > 0.0 else (1.0, 1.0 - float(s[0]))
    x = first / (s + move)
    if np.ptp(x) <= _FLAT:
        return float(z[-1])
    a, b, _ = _linear_fit(x, z)
    # Steps near the largest float absorb the move: division by zero, in numpy's manner.
    return float(a + b * np.divide(first, at + move))


def _sign(direction: Direction) -> float:
    if direction not in {"minimize", "maximize"}:
        raise ValueError(f"direction: expected 'minimize' or 'maximize', got {direction!r}")
    return 1.0 if direction == "minimize" else -1.0

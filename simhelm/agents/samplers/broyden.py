"""Broyden's method on log-share residuals, with safeguards (Broyden 1965; Kelley 1995)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.samplers.share_model import Floats, ShareModel, ShareObservation

# Moves shorter than this, relative to the noise of the residuals, teach nothing but noise.
_SHORTEST = 0.05


def broyden_step(
    model: ShareModel,
    seen: Sequence[ShareObservation],
    damping: float,
    largest: float,
    noise: float,
) -> Floats:
    """The next constants.

    The inverse Jacobian of residuals starts as the identity, the log-share step, and is rebuilt
    from all observations. Safeguards: only moves of some length update it; constants at a bound
    that they push against stay out; no constant moves by more than ``largest``; and after a step
    that made the error worse than the best so far by more than the noise, the next one starts
    from the best and is a plain log-share step of half length.

    Args:
        model, seen: the constants and what was observed, oldest first.
        damping: factor on the step.
        largest: bound on the move of a constant.
        noise: L1 between two runs that differ by their seed only, percentage points.
    """
    best = min(seen, key=lambda observation: observation.error)
    last = seen[-1]
    if last.error > best.error + 2.0 * noise + 1e-9 and last is not best:
        return _move(model, best, 0.5 * damping * model.residual(best.shares), largest)
    residual = model.residual(last.shares)
    acting = model.free & ~_pushing(model, last.constants, residual)
    step = np.where(acting, _inverse(model, seen) @ np.where(acting, residual, 0.0), 0.0)
    if not np.isfinite(step).all() or step @ residual <= 0.0:
        step = residual
    return _move(model, last, damping * step, largest)


def _move(model: ShareModel, here: ShareObservation, step: Floats, largest: float) -> Floats:
    return model.clip(here.constants + np.clip(step, -largest, largest))


def _pushing(model: ShareModel, constants: Floats, residual: Floats) -> NDArray[np.bool_]:
    """Constants at a bound beyond which the residual would move them."""
    above = (constants >= model.high) & (residual > 0.0)
    below = (constants <= model.low) & (residual < 0.0)
    stuck: NDArray[np.bool_] = above | below
    return stuck


def _inverse(model: ShareModel, seen: Sequence[ShareObservation]) -> Floats:
    """Broyden's first update of the inverse, by Sherman and Morrison's formula."""
    inverse = np.eye(len(model.names))
    for before, after in itertools.pairwise(seen):
        move = after.constants - before.constants
        # The residual is to become zero: its fall is what a move brings.
        fall = model.residual(before.shares) - model.residual(after.shares)
        image = inverse @ fall
        weight = move @ image
        # Such a small projection would blow the update up.
        if np.abs(move).max() > _SHORTEST and weight > 0.1 * (move @ move):
            inverse += np.outer(move - image, move @ inverse) / weight
    return inverse

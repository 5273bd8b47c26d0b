"""Parameters as one box of Gymnasium: -1 is the low end or the first choice, 1 the high end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simhelm.core.parameter import Parameter, Value, from_shares

if TYPE_CHECKING:
    from gymnasium.spaces import Box


def to_box(parameters: Sequence[Parameter]) -> Box:
    """``Box(-1, 1, (p,), float32)``, one number per parameter."""
    from gymnasium.spaces import Box

    return Box(-1.0, 1.0, (len(parameters),), np.float32)


def from_action(
    parameters: Sequence[Parameter], action: NDArray[np.floating[Any]]
) -> dict[str, Value]:
    """The configuration that an action stands for; numbers outside [-1, 1] are clipped."""
    numbers = np.asarray(action, dtype=np.float64)
    if numbers.shape != (len(parameters),) or not np.isfinite(numbers).all():
        raise ValueError(
            f"action: expected finite numbers of shape {(len(parameters),)}, got {action!r}"
        )
    return from_shares(parameters, (0.5 * (numbers + 1.0)).tolist())


def to_action(parameters: Sequence[Parameter], config: Mapping[str, Value]) -> NDArray[np.float32]:
    """The action that stands for a configuration; parameters left out are at their default."""
    shares = [p.share_of(config.get(p.name, p.default)) for p in parameters]
    return np.asarray([2.0 * share - 1.0 for share in shares], dtype=np.float32)

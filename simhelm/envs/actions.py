"""What an action may be, the same in all environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray


def discrete_action(space: gymnasium.spaces.Discrete, action: Any) -> int:
    """The action as an index: an integer, or an array that holds just one.

    Raises:
        TypeError: anything else.
        ValueError: out of range.
    """
    array = np.asarray(action)
    if array.size != 1 or array.dtype.kind not in "iu":
        raise TypeError(f"action: expected an integer in 0 ... {space.n - 1}, got {action!r}")
    index = int(array.reshape(()))
    if not 0 <= index < space.n:
        raise ValueError(f"action: expected an integer in 0 ... {space.n - 1}, got {action!r}")
    return index


def continuous_action(space: gymnasium.spaces.Box, action: Any) -> NDArray[np.float64]:
    """The action as finite numbers within the space, to whose bounds they are clipped.

    Raises:
        TypeError: no numbers.
        ValueError: another count of numbers, or one that is not finite.
    """
    array = np.asarray(action)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"action: expected numbers of shape {space.shape}, got {action!r}")
    if array.size != np.prod(space.shape) or not np.isfinite(array).all():
        raise ValueError(f"action: expected finite numbers of shape {space.shape}, got {action!r}")
    numbers = array.reshape(space.shape).astype(np.float64)
    clipped: NDArray[np.float64] = np.clip(numbers, space.low, space.high)
    return clipped

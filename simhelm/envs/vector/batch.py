"""What one step of many environments gives, in arrays that are used again."""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

_PLAIN = (
    gymnasium.spaces.Box,
    gymnasium.spaces.Discrete,
    gymnasium.spaces.MultiBinary,
    gymnasium.spaces.MultiDiscrete,
)


def check_plain(space: gymnasium.spaces.Space[Any], what: str) -> None:
    """TypeError unless the elements of a space are arrays of one shape and dtype."""
    if not isinstance(space, _PLAIN):
        raise TypeError(
            f"{what}: expected Box, Discrete, MultiBinary or MultiDiscrete, got {space}; flatten "
            "it with gymnasium.wrappers.FlattenObservation first"
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """One step, or one reset, of n environments.

    Attributes:
        observations: shape (n, ...), of the observation space's dtype.
        rewards: shape (n,), float64.
        terminated, truncated: shape (n,), bool.
        infos: one dictionary an environment.
        ends: for environments that were restarted within the step, by index: the last
            observation of the old episode, and the info of the reset.
    """

    observations: NDArray[Any]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    infos: list[dict[str, Any]]
    ends: dict[int, tuple[Any, dict[str, Any]]]

    @classmethod
    def empty(cls, space: gymnasium.spaces.Space[Any], count: int) -> Batch:
        """Arrays for ``count`` environments, all zeros."""
        check_plain(space, "observation space")
        return cls(
            np.zeros((count, *(space.shape or ())), space.dtype),
            np.zeros(count),
            np.zeros(count, np.bool_),
            np.zeros(count, np.bool_),
            [{} for _ in range(count)],
            {},
        )

    def part(self, first: int, count: int) -> Batch:
        """The arrays of ``count`` environments from ``first``; they share this batch's memory."""
        chosen = slice(first, first + count)
        return Batch(
            self.observations[chosen],
            self.rewards[chosen],
            self.terminated[chosen],
            self.truncated[chosen],
            [{} for _ in range(count)],
            {},
        )

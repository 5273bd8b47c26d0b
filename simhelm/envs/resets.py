"""The arguments of a vector environment's ``reset``."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray


def seed_list(seed: SupportsIndex | Sequence[int | None] | None, count: int) -> list[int | None]:
    """A seed for each of ``count`` environments: a single one is counted up from.

    Raises:
        ValueError: another number of seeds.
    """
    if seed is None:
        return [None] * count
    if not isinstance(seed, Sequence):
        return [operator.index(seed) + place for place in range(count)]
    if len(seed) != count:
        raise ValueError(f"seed: expected {count} seeds, got {len(seed)}")
    return list(seed)


def reset_mask(options: Mapping[str, Any] | None, count: int) -> NDArray[np.bool_]:
    """Which of ``count`` environments restart: those of ``options["reset_mask"]``, or all.

    Raises:
        ValueError: no boolean array of that length.
    """
    mask: Any = (options or {}).get("reset_mask", np.ones(count, dtype=np.bool_))
    if getattr(mask, "dtype", None) != np.bool_ or mask.shape != (count,):
        raise ValueError(f"reset_mask: expected a boolean array of shape ({count},), got {mask!r}")
    checked: NDArray[np.bool_] = mask
    return checked

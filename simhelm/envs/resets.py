"""When an environment must be reset, and what ``reset`` takes."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsIndex

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.did_you_mean import did_you_mean

RESET_MASK = "reset_mask"


def require_reset(is_running: bool) -> None:
    """Raise ResetNeeded unless an episode is under way."""
    if not is_running:
        raise gymnasium.error.ResetNeeded(
            "the episode is over or has not begun: call reset before step"
        )


def check_options(options: Mapping[str, Any] | None, known: Iterable[str] = ()) -> None:
    """Raise ValueError for an option of ``reset`` that means nothing, with the nearest name."""
    names = sorted(known)
    for name in options or ():
        if name not in names:
            raise ValueError(
                f"reset: unknown option {name!r}; expected "
                f"{f'some of {names}' if names else 'none'}{did_you_mean(name, names)}"
            )


def seed_list(seed: SupportsIndex | Sequence[int | None] | None, count: int) -> list[int | None]:
    """A seed for each of ``count`` environments: a single one is counted up from.

    Raises:
        ValueError: another number of seeds.
    """
    if seed is None:
        return [None] * count
    if not isinstance(seed, Sequence):
        return [operator.index(seed) + index for index in range(count)]
    if len(seed) != count:
        raise ValueError(f"seed: expected {count} seeds, got {len(seed)}")
    return list(seed)


def reset_mask(options: Mapping[str, Any] | None, count: int) -> NDArray[np.bool_]:
    """Which of ``count`` environments restart: those of ``options["reset_mask"]``, or all.

    Raises:
        ValueError: no boolean array of that length.
    """
    mask: Any = (options or {}).get(RESET_MASK, np.ones(count, dtype=np.bool_))
    if getattr(mask, "dtype", None) != np.bool_ or mask.shape != (count,):
        raise ValueError(f"reset_mask: expected a boolean array of shape ({count},), got {mask!r}")
    checked: NDArray[np.bool_] = mask
    return checked

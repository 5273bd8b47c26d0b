"""Which seeds a learner may train on, be chosen by, and be judged on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium

PURPOSES = ("training", "validation", "test")

# For environments that name none themselves, as a class attribute ``seed_ranges``.
DEFAULT_SEED_RANGES: Mapping[str, range] = {
    "test": range(1_000),
    "validation": range(1_000, 2_000),
    "training": range(10_000, 1_000_000),
}


def seed_ranges_of(env: gymnasium.Env[Any, Any]) -> Mapping[str, range]:
    """The environment's own disjoint ranges, or the default ones.

    Raises:
        ValueError: a range is missing or empty, or two overlap.
    """
    ranges: Mapping[str, range] = getattr(env.unwrapped, "seed_ranges", DEFAULT_SEED_RANGES)
    for purpose in PURPOSES:
        if not ranges.get(purpose):
            raise ValueError(f"seed_ranges: expected seeds for {purpose}, got {dict(ranges)!r}")
    check_disjoint(ranges)
    return ranges


def check_disjoint(ranges: Mapping[str, range]) -> None:
    """ValueError if two ranges (of step 1) share a seed."""
    names = sorted(ranges)
    for place, one in enumerate(names):
        for two in names[place + 1 :]:
            first, second = ranges[one], ranges[two]
            if max(first.start, second.start) < min(first.stop, second.stop):
                raise ValueError(
                    f"{one} seeds {first.start}:{first.stop} and {two} seeds "
                    f"{second.start}:{second.stop} overlap: results on them would be worthless"
                )

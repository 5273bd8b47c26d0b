"""Baselines: the named policies that a learner is measured against."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

Kind = Literal["rule", "fixed", "random", "oracle"]


@dataclasses.dataclass(frozen=True)
class Baseline:
    """A policy without learning.

    Attributes:
        name: short name for tables.
        description: one sentence.
        policy: the action for the environment's present state. It may look into the
            environment that it came from, so it is used with that one only.
        kind: ``"rule"`` (what people do), ``"fixed"`` (one action for ever), ``"random"``, or
            ``"oracle"`` (uses what no learner can know).
    """

    name: str
    description: str
    policy: Callable[[], Any]
    kind: Kind = "rule"

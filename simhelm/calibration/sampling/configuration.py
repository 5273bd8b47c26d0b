"""The strict form of a Monte Carlo's run file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from simhelm.experiments.schema import Strict, Text, validated

Count = Annotated[int, pydantic.Field(ge=10, le=1_000_000)]
Length = Annotated[float, pydantic.Field(gt=0.0, le=0.04)]


class MonteCarloTable(Strict):
    """``[monte_carlo]``.

    Attributes:
        generator: of the boundary's motion.
        training_solves: full solves that it is fitted to.
        samples: of the submodel.
        size: length of a cell outside the zone, m.
        steps: time steps of a microsecond.
    """

    generator: Literal["bootstrap", "smoothed-bootstrap", "gaussian", "copula", "wgan-gp"]
    training_solves: Count
    samples: Count
    size: Length = 0.01
    steps: Annotated[int, pydantic.Field(ge=40, le=1000)] = 96


class MonteCarloConfig(Strict):
    """A whole file; everything random follows from ``seed``."""

    title: Text = "simhelm Monte Carlo"
    seed: Annotated[int, pydantic.Field(ge=0, lt=2**31)] = 0
    monte_carlo: MonteCarloTable


def parse(table: Mapping[str, Any], where: str) -> MonteCarloConfig:
    """Check a file that was read already.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    return validated(MonteCarloConfig, dict(table), where)

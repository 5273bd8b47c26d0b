"""The strict form of a file that steers an environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from simhelm.experiments.schema import NamedTable, Strict, Text, load_table, validated


class EnvironmentTable(NamedTable):
    """``[environment]``: an id and the environment's arguments."""

    id: Text


class LearnerTable(NamedTable):
    """``[[learner]]``: a bandit by class name, an optional label, and its options."""

    name: Text
    label: Text | None = None

    @property
    def title(self) -> str:
        """What tables call it."""
        return self.label or self.name


class SteeringConfig(Strict):
    """A run file: learners steer an environment beside its baselines.

    Attributes:
        title: heading of the report.
        seed: everything random follows from it.
        repeats: independent runs of every learner.
        baselines: ``"all"``, ``"none"``, or some of the names that the environment's
            ``baselines()`` gives (a wrong name is answered with all of them).
        environment, learner: see their classes.
    """

    title: Text = "simhelm run"
    seed: Annotated[int, pydantic.Field(ge=0)] = 0
    repeats: Annotated[int, pydantic.Field(ge=1, le=1000)] = 1
    baselines: Literal["all", "none"] | list[str] = "all"
    environment: EnvironmentTable
    learner: list[LearnerTable] = []

    @pydantic.model_validator(mode="after")
    def _labels_differ(self) -> SteeringConfig:
        titles = [learner.title for learner in self.learner]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f'learners {twice} share a name; give each a label = "..." of its own')
        return self


def load_config(path: Path) -> SteeringConfig:
    """Read and check a TOML run file.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    return parse_config(load_table(path), where=str(path))


def parse_config(table: Mapping[str, Any], where: str = "configuration") -> SteeringConfig:
    """Check a configuration that was read already."""
    return validated(SteeringConfig, dict(table), where)

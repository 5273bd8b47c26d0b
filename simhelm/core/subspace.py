"""A part of a problem's space as a problem of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import final

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.problem import Config, Metrics, Problem, Value


@final
class Subspace(Problem):
    """A problem some of whose parameters keep only some of their values.

    Small enough a space can be evaluated in full, so that its optimum is known.

    Args:
        problem: the whole.
        kept: values by parameter, each legal; the default of a parameter stays if it is among
            them, otherwise the last value takes its place.

    Raises:
        ValueError: an unknown parameter, no value, or one that is not legal.
    """

    def __init__(self, problem: Problem, kept: Mapping[str, Sequence[Value]]) -> None:
        known = [parameter.name for parameter in problem.parameters]
        for name in kept:
            if name not in known:
                raise ValueError(
                    f"{problem.name}: unknown parameter {name!r}; expected {known}"
                    + did_you_mean(name, known)
                )
        self.whole = problem
        self.description = dataclasses.replace(
            problem.description,
            parameters=tuple(
                p.restricted(kept[p.name]) if p.name in kept else p for p in problem.parameters
            ),
            arguments={"problem": problem, "kept": kept},
        )

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """As the whole problem does."""
        self.check_config(config)
        return self.whole.evaluate(config, seed=seed, budget=budget)

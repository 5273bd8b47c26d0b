"""The strict form of a study file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Value
from simhelm.experiments.schema import NamedTable, Strict, Text, checked_arguments, validated

Count = Annotated[int, pydantic.Field(ge=1, le=100_000_000)]
Seconds = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]

# The tables of an executable simulator; the rest of a study file is read here.
EXECUTABLE_KEYS = ("simulator", "parameter", "output")


class ProblemTable(NamedTable):
    """``[problem]``: a registered problem by name, and its arguments."""

    name: Text


class SamplerTable(NamedTable):
    """``[sampler]``: who proposes configurations, and its options."""

    name: Text = "TPESampler"


class ObjectiveTable(Strict):
    """``[[objective]]``: an output to improve; several make a Pareto front."""

    name: Text
    direction: Literal["minimize", "maximize"] = "minimize"


class FailureTable(Strict):
    """``[failures]``: what is done about trials without a result.

    Attributes:
        in_a_row: so many failures one after the other stop the study.
        share, at_least: so large a share of at least so many trials stops it, too.
        retries: how often a trial whose worker was lost is tried again.
        retry_on: further reasons to try again: ``"signal"``, ``"signal:11"``, ``"timeout"``, …
        told: samplers hear of a failure as a penalty (the worst value so far and a tenth of the
            range seen), or as a violated constraint (``"constraint"``: TPE, GP and NSGA only).
    """

    in_a_row: Count = 5
    share: Annotated[float, pydantic.Field(gt=0, le=1)] = 0.5
    at_least: Count = 10
    retries: Annotated[int, pydantic.Field(ge=0, le=100)] = 2
    retry_on: list[Text] = []
    told: Literal["penalty", "constraint"] = "penalty"


class EarlyStoppingTable(Strict):
    """``[early_stopping]``: end runs whose learning curve promises nothing.

    The threshold is that of the results told before the trial was asked for, so it does not
    depend on who finishes first.

    Attributes:
        rule: ``"extrapolate"`` compares the extrapolated end of the curve with the quantile
            ``keep`` of the final values so far; ``"rungs"`` compares the curve at ``rungs``
            with the quantile ``keep`` of earlier curves there.
        keep: share of the runs that is let through, about.
        rungs: steps, ascending.
        after: complete trials before anything is stopped.
        least_points: points of a curve before its first extrapolation.
    """

    rule: Literal["extrapolate", "rungs"] = "extrapolate"
    keep: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.34
    rungs: list[float] = []
    after: Count = 4
    least_points: Annotated[int, pydantic.Field(ge=3)] = 4

    @pydantic.model_validator(mode="after")
    def _rungs_belong_to_their_rule(self) -> EarlyStoppingTable:
        if (self.rule == "rungs") != bool(self.rungs):
            raise ValueError('rungs = [...] and rule = "rungs" belong together')
        if self.rungs != sorted(set(self.rungs)) or not all(map(math.isfinite, self.rungs)):
            raise ValueError("rungs: expected ascending steps")
        return self


class HyperbandTable(Strict):
    """``[hyperband]``: many small evaluations, fewer large ones (Li et al. 2016).

    Attributes:
        min_budget, max_budget: in the simulator's work units; the problem's full budget by
            default.
        eta: one of so many goes on to the next budget.
        brackets: Hyperband's cycle of brackets, or successive halving (the first bracket only).
    """

    min_budget: Count
    max_budget: Count | None = None
    eta: Annotated[int, pydantic.Field(ge=2)] = 3
    brackets: Literal["hyperband", "halving"] = "hyperband"


class StudyConfig(Strict):
    """A study file: a problem, a sampler, a budget.

    Attributes:
        title: heading of the report.
        seed: everything random follows from it.
        trials: evaluations; may grow later.
        batch: trials asked for together, so the number of workers that can be busy; or
            ``"async"``: a new one whenever one ends, which makes the trials depend on timing.
        time_limit: seconds for one evaluation (an executable has its own).
        max_cost: work units after which no new batch is started; may grow later.
        baselines: evaluated beside the search: ``"default"`` (the rule of thumb), ``"oracle"``
            where theory knows the best, ``"random"`` (random search with the same budget).
        initial: configurations to try first.
        warm_start: directory of an earlier study whose trials the sampler is told first.
        proxy: file of ``simhelm train-proxy`` that takes the place of the simulator; the winner is
            evaluated in the simulator in the end.
        problem: a registered problem; None for an executable or an object.
        sampler, objective, failures, early_stopping, hyperband: see their classes.
    """

    title: Text = "simhelm study"
    seed: Annotated[int, pydantic.Field(ge=0, lt=2**63)] = 0
    trials: Count = 50
    batch: Annotated[int, pydantic.Field(ge=1, le=100_000)] | Literal["async"] = 4
    time_limit: Seconds | None = None
    max_cost: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] | None = None
    baselines: list[Literal["default", "oracle", "random"]] = ["default", "oracle"]
    initial: list[dict[str, Value]] = []
    warm_start: Text | None = None
    proxy: Text | None = None
    problem: ProblemTable | None = None
    sampler: SamplerTable = SamplerTable()
    objective: list[ObjectiveTable] = []
    failures: FailureTable = FailureTable()
    early_stopping: EarlyStoppingTable | None = None
    hyperband: HyperbandTable | None = None

    @pydantic.model_validator(mode="after")
    def _asynchronous_is_plain(self) -> StudyConfig:
        if self.batch == "async" and self.hyperband is not None:
            raise ValueError('hyperband needs rungs that end together: set batch, not "async"')
        return self


def parse_study(table: Mapping[str, Any], where: str) -> StudyConfig:
    """Check the tables of a study file, but those of an executable.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    rest = {key: value for key, value in table.items() if key not in EXECUTABLE_KEYS}
    config = validated(StudyConfig, rest, where)
    if (config.problem is None) == ("simulator" not in table):
        raise ConfigurationError(f"{where}: expected one of the tables [problem] and [simulator]")
    return config


def resolved_arguments(table: ProblemTable, kind: type, folder: Path) -> dict[str, Any]:
    """The arguments of a registered problem, checked, with defaults, paths absolute."""
    return checked_arguments(kind, table.arguments, "[problem]", folder=folder)

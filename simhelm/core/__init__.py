"""What every room speaks: problems, the search space, results and their end reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.core.cancellation import Cancellation
    from simhelm.core.description import Description
    from simhelm.core.end_reason import EndReason
    from simhelm.core.errors import ConfigurationError, DirectoryError, SimhelmError
    from simhelm.core.problem import (
        Cancellable,
        Metrics,
        Output,
        ParallelProblem,
        Parameter,
        Problem,
        ReportsCurve,
        RunsInDirectory,
        RunsOnRanks,
        Value,
        WatchedProblem,
    )

__all__ = [
    "Cancellable", "Cancellation", "ConfigurationError", "Description", "DirectoryError",
    "EndReason", "Metrics", "Output", "ParallelProblem", "Parameter", "Problem", "ReportsCurve",
    "RunsInDirectory", "RunsOnRanks", "SimhelmError", "Value", "WatchedProblem",
]  # fmt: skip

__getattr__ = lazy_names(
    __name__,
    {
        "Cancellable": "simhelm.core.problem",
        "Description": "simhelm.core.description",
        "ReportsCurve": "simhelm.core.problem",
        "RunsInDirectory": "simhelm.core.problem",
        "RunsOnRanks": "simhelm.core.problem",
        "Cancellation": "simhelm.core.cancellation",
        "EndReason": "simhelm.core.end_reason",
        "ConfigurationError": "simhelm.core.errors",
        "DirectoryError": "simhelm.core.errors",
        "SimhelmError": "simhelm.core.errors",
        "Metrics": "simhelm.core.problem",
        "Output": "simhelm.core.problem",
        "ParallelProblem": "simhelm.core.problem",
        "Parameter": "simhelm.core.problem",
        "Problem": "simhelm.core.problem",
        "Value": "simhelm.core.problem",
        "WatchedProblem": "simhelm.core.problem",
    },
)

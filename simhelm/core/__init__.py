"""What every room speaks: problems, the search space, results and their end reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.core.cancellation import Cancellation
    from simhelm.core.end_reason import EndReason
    from simhelm.core.errors import ConfigurationError, DirectoryError, SimhelmError
    from simhelm.core.problem import (
        Description,
        Metrics,
        Output,
        ParallelProblem,
        Parameter,
        Problem,
        Value,
        WatchedProblem,
    )

__all__ = [
    "Cancellation", "ConfigurationError", "Description", "DirectoryError", "EndReason", "Metrics",
    "Output", "ParallelProblem", "Parameter", "Problem", "SimhelmError", "Value", "WatchedProblem",
]  # fmt: skip

__getattr__ = lazy_names(
    __name__,
    {
        "Cancellation": "simhelm.core.cancellation",
        "EndReason": "simhelm.core.end_reason",
        "ConfigurationError": "simhelm.core.errors",
        "DirectoryError": "simhelm.core.errors",
        "SimhelmError": "simhelm.core.errors",
        "Description": "simhelm.core.problem",
        "Metrics": "simhelm.core.problem",
        "Output": "simhelm.core.problem",
        "ParallelProblem": "simhelm.core.problem",
        "Parameter": "simhelm.core.problem",
        "Problem": "simhelm.core.problem",
        "Value": "simhelm.core.problem",
        "WatchedProblem": "simhelm.core.problem",
    },
)

"""The physics: functions from typed input to typed results, and problems made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.core.end_reason import EndReason
    from simhelm.core.problem import Description, Metrics, Output, Parameter, Problem
    from simhelm.simulators.registry import load_problem

__all__ = ["Description", "EndReason", "Metrics", "Output", "Parameter", "Problem", "load_problem"]

__getattr__ = lazy_names(
    __name__,
    {
        "Description": "simhelm.core.problem",
        "EndReason": "simhelm.core.end_reason",
        "Metrics": "simhelm.core.problem",
        "Output": "simhelm.core.problem",
        "Parameter": "simhelm.core.problem",
        "Problem": "simhelm.core.problem",
        "load_problem": "simhelm.simulators.registry",
    },
)

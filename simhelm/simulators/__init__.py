"""The physics: functions from typed input to typed results, and problems made of them."""

from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics, Output, Parameter, Problem

__all__ = ["EndReason", "Metrics", "Output", "Parameter", "Problem"]

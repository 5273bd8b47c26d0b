"""Any executable as a simulator: a command with placeholders, limits, and declared outputs."""

from simhelm.simulators.executable.problem import ExecutableProblem
from simhelm.simulators.executable.specification import ExecutableSpecification

__all__ = ["ExecutableProblem", "ExecutableSpecification"]

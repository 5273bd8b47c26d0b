"""Runs and studies: configuration, steering, the command line and its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simhelm.calibration.study import (
        Execution,
        Foreign,
        OpensEvaluators,
        Study,
        StudyView,
        run_study,
    )
    from simhelm.control.tuner import RelaxationTuner

__all__ = [
    "Execution", "Foreign", "OpensEvaluators", "RelaxationTuner", "Study", "StudyView",
    "run_study",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import at first use: a study's workers need neither Optuna nor compiled solvers."""
    if name == "RelaxationTuner":
        from simhelm.control.tuner import RelaxationTuner

        return RelaxationTuner
    if name in __all__:
        from simhelm.calibration import study

        return getattr(study, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Studies of simulators: problem, sampler and executor in a directory that survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.calibration.study import (
        Execution,
        Foreign,
        OpensEvaluators,
        Study,
        StudyConfig,
        StudyView,
        run_study,
    )
    from simhelm.control import RelaxationTuner

__all__ = [
    "Execution", "Foreign", "OpensEvaluators", "RelaxationTuner", "Study", "StudyConfig",
    "StudyView", "run_study",
]  # fmt: skip

# A study's workers need neither Optuna nor compiled solvers.
__getattr__ = lazy_names(
    __name__,
    dict.fromkeys(__all__, "simhelm.calibration.study") | {"RelaxationTuner": "simhelm.control"},
)

"""Studies: tuning a simulator over its knobs, in parallel, surviving whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.calibration.study.configuration import StudyConfig
    from simhelm.calibration.study.executors import Foreign, OpensEvaluators
    from simhelm.calibration.study.study import Execution, Study, run_study
    from simhelm.calibration.study.view import StudyView

__all__ = [
    "Execution", "Foreign", "OpensEvaluators", "Study", "StudyConfig", "StudyView", "run_study",
]  # fmt: skip

# Who only looks at a study, or evaluates, needs no sampler.
_HERE = "simhelm.calibration.study"
__getattr__ = lazy_names(
    __name__,
    {
        "Execution": f"{_HERE}.study",
        "Foreign": f"{_HERE}.executors",
        "OpensEvaluators": f"{_HERE}.executors",
        "Study": f"{_HERE}.study",
        "StudyConfig": f"{_HERE}.configuration",
        "StudyView": f"{_HERE}.view",
        "run_study": f"{_HERE}.study",
    },
)

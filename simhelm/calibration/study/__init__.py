"""Studies: tuning a simulator over its knobs, in parallel, surviving whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simhelm.calibration.study.configuration import StudyConfig
    from simhelm.calibration.study.study import Execution, Study, run_study
    from simhelm.calibration.study.view import StudyView

__all__ = ["Execution", "Study", "StudyConfig", "StudyView", "run_study"]


def __getattr__(name: str) -> Any:
    """Import at first use: who only looks at a study, or evaluates, needs no sampler."""
    if name == "StudyConfig":
        from simhelm.calibration.study.configuration import StudyConfig

        return StudyConfig
    if name == "StudyView":
        from simhelm.calibration.study.view import StudyView

        return StudyView
    if name in __all__:
        from simhelm.calibration.study import study

        return getattr(study, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Studies: tuning a simulator over its knobs, in parallel, surviving whatever happens."""

from simhelm.calibration.study.configuration import StudyConfig
from simhelm.calibration.study.study import Execution, Study, run_study
from simhelm.calibration.study.view import StudyView

__all__ = ["Execution", "Study", "StudyConfig", "StudyView", "run_study"]

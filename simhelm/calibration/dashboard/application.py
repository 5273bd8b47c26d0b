"""Which page a directory has."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

from simhelm.calibration.dashboard.live_report import LiveReport, report_application
from simhelm.calibration.dashboard.serving import Application
from simhelm.core.errors import DirectoryError


@dataclasses.dataclass(frozen=True)
class Page:
    """A web application, and the path at which a reader begins."""

    application: Application
    start: str


def page_of(directory: Path) -> Page:
    """Optuna's dashboard for a study, the report for a steering run or a training.

    Raises:
        DirectoryError: none of these is there.
        ImportError: a study, and optuna-dashboard is not installed.
    """
    from simhelm.calibration.study.store import DATABASE
    from simhelm.control.run_directory import CONFIG
    from simhelm.control.training.run_files import TrainingDirectory

    if (directory / DATABASE).exists():
        return _study_page(directory)
    if TrainingDirectory(directory).is_training:
        return Page(report_application(LiveReport(directory, _training_report)), "/")
    if (directory / CONFIG).is_file():
        return Page(report_application(LiveReport(directory, _steering_report)), "/")
    raise DirectoryError(f"{directory}: holds no study, no run and no training")


def _study_page(directory: Path) -> Page:
    try:
        import optuna_dashboard
    except ImportError as error:
        raise ImportError(
            f"the page of a study: {error}; pip install 'simhelm[dashboard]'"
        ) from error
    from simhelm.calibration.dashboard.live_study import STUDY_ID, LiveStudy
    from simhelm.calibration.study.view import StudyView

    application = optuna_dashboard.wsgi(LiveStudy(StudyView(directory)))
    return Page(application, f"/dashboard/studies/{STUDY_ID}")


def _steering_report(directory: Path) -> str:
    """Made in a copy of the run, as a report brings its figures along."""
    from simhelm.control.report import write_report
    from simhelm.control.run_directory import CONFIG, PROVENANCE, ROUNDS, SUMMARY, read_run

    with tempfile.TemporaryDirectory(prefix="simhelm-report-") as name:
        copy = Path(name) / directory.resolve().name
        copy.mkdir()
        for file in (CONFIG, PROVENANCE, ROUNDS, SUMMARY):
            if (directory / file).is_file():
                shutil.copy(directory / file, copy)
        try:
            return write_report(read_run(copy)).read_text(encoding="utf-8")
        except DirectoryError as error:
            raise DirectoryError(str(error).replace(str(copy), str(directory))) from error


def _training_report(directory: Path) -> str:
    from simhelm.control.training.report import report_page

    return report_page(directory)

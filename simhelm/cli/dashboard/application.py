"""Which page a directory has."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from simhelm.cli.dashboard.live_report import LiveReport, report_application
from simhelm.cli.dashboard.serving import Application
from simhelm.experiments.kinds import of_directory


@dataclasses.dataclass(frozen=True)
class Page:
    """A web application, and the path at which a reader begins."""

    application: Application
    start: str


def page_of(directory: Path) -> Page:
    """Optuna's dashboard for a study, the report for any other kind.

    Raises:
        DirectoryError: none of these is there.
        ImportError: a study, and optuna-dashboard is not installed.
    """
    entry = of_directory(directory)
    if entry.study is not None:
        return _study_page(directory / entry.study)
    return Page(report_application(LiveReport(directory, entry.load().page)), "/")


def _study_page(directory: Path) -> Page:
    try:
        import optuna_dashboard
    except ImportError as error:
        raise ImportError(
            f"the page of a study: {error}; pip install 'simhelm[dashboard]'"
        ) from error
    from simhelm.calibration.study.view import StudyView
    from simhelm.cli.dashboard.live_study import STUDY_ID, LiveStudy

    application = optuna_dashboard.wsgi(LiveStudy(StudyView(directory)))
    return Page(application, f"/dashboard/studies/{STUDY_ID}")

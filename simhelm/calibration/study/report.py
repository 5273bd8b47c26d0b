"""The report of a study."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from simhelm.calibration.study.figures import draw_figures
from simhelm.calibration.study.outcome import outcome, outcome_cells, verdict
from simhelm.calibration.study.view import StudyView
from simhelm.experiments.atomic_write import write_text
from simhelm.experiments.directory import subdirectory
from simhelm.experiments.page import html_table, listing, page, paragraph, picture, verdict_line

FOLDER = "report"
REPORT = "report.html"
# The last events are those that a reader looks for.
_EVENTS = 50


def write_report(view: StudyView) -> Path:
    """Draw the figures and write ``report.html``, which needs no other file; returns its path."""
    figures = draw_figures(view, subdirectory(view.directory / FOLDER))
    return write_text(view.directory / REPORT, _page(view, figures))


def report_page(view: StudyView) -> str:
    """The page alone; nothing is written into the study."""
    with tempfile.TemporaryDirectory(prefix="simhelm-report-") as name:
        return _page(view, draw_figures(view, Path(name)))


def _page(view: StudyView, figures: dict[str, Path]) -> str:
    rows, config = outcome(view), view.definition["config"]
    cells = outcome_cells(view, rows)
    return page(
        config["title"],
        [
            paragraph(_what_was_tuned(view)),
            verdict_line(verdict(rows, view.objectives[0][0])),
            html_table([(row.kind, cell) for row, cell in zip(rows, cells, strict=True)]),
            *(picture(caption, path) for caption, path in figures.items()),
            *_events(view),
            listing("Configuration", json.dumps(config, indent=2)),
            listing("Versions", json.dumps(view.property("versions"), indent=2)),
        ],
    )


def _what_was_tuned(view: StudyView) -> str:
    config, problem = view.definition["config"], view.property("identity")["problem"]
    aims = " and ".join(f"{direction} {name}" for name, direction in view.objectives)
    how = "as workers become free" if config["batch"] == "async" else f"{config['batch']} at a time"
    return (
        f"Tuned: {problem['name']}, {len(problem['parameters'])} parameters, to {aims}; "
        f"seed {config['seed']}, {config['trials']} trials, {how}. Sampler: {view.sampler}."
    )


def _events(view: StudyView) -> list[str]:
    events = view.events()[-_EVENTS:]
    if not events:
        return []
    texts = [{key: str(value or "") for key, value in event.items()} for event in events]
    return ["<h2>Events</h2>", html_table([("event", row) for row in texts])]

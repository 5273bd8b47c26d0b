"""The report of a run that steers an environment."""

from __future__ import annotations

import json
from pathlib import Path

from simhelm.control.figures import draw_figures
from simhelm.control.run_directory import REPORT, FinishedRun
from simhelm.control.summary import HEADINGS, cells, headings, verdict
from simhelm.experiments.atomic_write import write_text
from simhelm.experiments.page import html_table, listing, page, paragraph, picture, verdict_line

_EXPLANATION = (
    'Totals are means over runs. "To best fixed" compares with the best single setting that was '
    'run, "to oracle" with the best setting of every solve; neither is known beforehand. Wall '
    "seconds include the learner and are those of the machine below."
)


def write_report(run: FinishedRun) -> Path:
    """Draw the figures and write ``report.html``, which needs no other file; returns its path."""
    figures = draw_figures(run)
    return write_text(run.path / REPORT, _page(run, figures))


def _page(run: FinishedRun, figures: dict[str, Path]) -> str:
    return page(
        run.config.title,
        [
            paragraph(_what_was_steered(run)),
            *(paragraph(f"{text}.") for text in run.provenance.remarks),
            verdict_line(verdict(run.summary, run.loss_name)),
            _table(run),
            paragraph(_EXPLANATION),
            *(picture(caption, path) for caption, path in figures.items()),
            listing("Configuration", json.dumps(run.config.model_dump(mode="json"), indent=2)),
            listing("Versions", json.dumps(run.provenance.versions, indent=2)),
        ],
    )


def _what_was_steered(run: FinishedRun) -> str:
    environment = run.config.environment
    arguments = "".join(
        f", {key} = {value!r}" for key, value in environment.arguments.items() if value is not None
    )
    return (
        f"Steered: {environment.id}{arguments}; seed {run.config.seed}, "
        f"{run.config.repeats} run(s) of every learner."
    )


def _table(run: FinishedRun) -> str:
    above = headings(run.loss_name)
    texts = [(row.kind, cells(row)) for row in run.summary]
    return html_table([(kind, {above[key]: cell[key] for key in HEADINGS}) for kind, cell in texts])

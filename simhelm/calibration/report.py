"""One self-contained HTML file for a run."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path

from simhelm.calibration.figures import draw_figures
from simhelm.calibration.run_directory import REPORT, FinishedRun
from simhelm.calibration.summary import HEADINGS, cells, headings, verdict

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #ddd}
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}
tr.learner{background:#e8f1fa} tr.oracle{color:#666;font-style:italic}
img{max-width:100%} pre{background:#f5f5f5;padding:1rem;overflow:auto} .verdict{font-size:1.1rem}
"""


def write_report(run: FinishedRun) -> Path:
    """Draw the figures and write ``report.html``, which needs no other file; returns its path."""
    figures = draw_figures(run)
    path = run.path / REPORT
    path.write_text(_page(run, figures), encoding="utf-8")
    return path


def _page(run: FinishedRun, figures: dict[str, Path]) -> str:
    environment = run.config.environment
    arguments = "".join(
        f", {key} = {value!r}" for key, value in environment.arguments.items() if value is not None
    )
    config = json.dumps(run.config.model_dump(mode="json"), indent=2)
    versions = json.dumps(run.provenance.versions, indent=2)
    remarks = "".join(f"<p>{html.escape(text)}.</p>" for text in run.provenance.remarks)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(run.config.title)}</title>
<style>{_STYLE}</style></head><body>
<h1>{html.escape(run.config.title)}</h1>
<p>Steered: <code>{html.escape(environment.id)}</code>{html.escape(arguments)};
seed {run.config.seed}, {run.config.repeats} run(s) of every learner.</p>
{remarks}
<p class="verdict"><strong>{html.escape(verdict(run.summary, run.loss_name))}</strong></p>
{_table(run)}
<p>Totals are means over runs. "To best fixed" compares with the best single setting that was run,
"to oracle" with the best setting of every solve; neither is known beforehand. Wall seconds include
the learner and are those of the machine below.</p>
{"".join(_figure(caption, path) for caption, path in figures.items())}
<h2>Configuration</h2><pre>{html.escape(config)}</pre>
<h2>Versions</h2><pre>{html.escape(versions)}</pre>
</body></html>
"""


def _table(run: FinishedRun) -> str:
    texts_above = headings(run.loss_name).values()
    head = "".join(f"<th>{html.escape(text)}</th>" for text in texts_above)
    rows = []
    for row in run.summary:
        texts = cells(row)
        body = "".join(f"<td>{html.escape(texts[key])}</td>" for key in HEADINGS)
        rows.append(f'<tr class="{html.escape(row.kind)}">{body}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _figure(caption: str, path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    text = html.escape(caption)
    return f'<h2>{text}</h2><img alt="{text}" src="data:image/png;base64,{data}">'

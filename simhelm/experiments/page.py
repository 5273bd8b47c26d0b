"""One self-contained HTML page: what all reports are made of."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #ddd}
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}
tr.learner,tr.search{background:#e8f1fa} tr.oracle{color:#666;font-style:italic}
img{max-width:100%} pre{background:#f5f5f5;padding:1rem;overflow:auto} .verdict{font-size:1.1rem}
.wide{overflow-x:auto}
"""


def page(title: str, parts: Sequence[str]) -> str:
    """A whole document of HTML parts under a heading; it needs no other file."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>{_STYLE}</style></head><body>
<h1>{html.escape(title)}</h1>
{chr(10).join(parts)}
</body></html>
"""


def paragraph(text: str) -> str:
    """Plain text."""
    return f"<p>{html.escape(text)}</p>"


def verdict_line(text: str) -> str:
    """The sentence that a reader should take away."""
    return f'<p class="verdict"><strong>{html.escape(text)}</strong></p>'


def html_table(rows: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """A table of texts.

    Args:
        rows: (kind, heading -> text), equal headings; the kind colours the row.
    """
    if not rows:
        return paragraph("(none)")
    head = "".join(f"<th>{html.escape(text)}</th>" for text in rows[0][1])
    body = "".join(_row(kind, cells) for kind, cells in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def picture(caption: str, path: Path) -> str:
    """A PNG file, embedded under its caption."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    text = html.escape(caption)
    return f'<h2>{text}</h2><img alt="{text}" src="data:image/png;base64,{data}">'


def listing(heading: str, text: str) -> str:
    """Preformatted text under a heading."""
    return f"<h2>{html.escape(heading)}</h2><pre>{html.escape(text)}</pre>"


def _row(kind: str, cells: Mapping[str, str]) -> str:
    body = "".join(f"<td>{html.escape(text)}</td>" for text in cells.values())
    return f'<tr class="{html.escape(kind)}">{body}</tr>'

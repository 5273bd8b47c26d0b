"""Published claims beside what is measured here: from the recorded reproductions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docs.pages.markdown import table
from docs.pages.record import FOLDER
from simhelm.calibration.reproduce import REPRODUCTIONS

_DOCS = FOLDER.parent
_HEADINGS = ("reproduction", "of", "met", "not met", "reproduced", "not reproduced", "tables")


def pages() -> dict[str, str]:
    """The overview, and a page for every recorded reproduction, by address."""
    recorded = {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
    }
    found = {"results/index.md": _overview(recorded)}
    return found | {f"results/{name}.md": _page(name, record) for name, record in recorded.items()}


def _overview(recorded: dict[str, Any]) -> str:
    rows = [_line(name, recorded.get(name)) for name in REPRODUCTIONS]
    return (
        "# Published claims\n\nEvery claim is recomputed by a command, and the row says what came "
        "out. *Met* and *not met* count the rows that have a number to keep to, *reproduced* and "
        "*not reproduced* those that judge a published sentence; all others are measurements.\n\n"
        + table(_HEADINGS, rows)
        + "\n## Claim by claim\n\nPublished sentences that a reproduction judges, and numbers that "
        "were not met.\n\n"
        + table(("claim", "measured here", "verdict", "tables"), _claims(recorded))
    )


def _claims(recorded: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Rows about a published sentence, and rows whose number was not met."""
    claims = []
    for name, record in recorded.items():
        for part in record["parts"]:
            for row in part["records"]:
                verdict = row["expected"]
                if row["met"] == "NO":
                    verdict = f"not met (expected {verdict})"
                elif "reproduced" not in verdict and "claim" not in verdict:
                    continue
                link = f"[{name}]({name}.md)" + (" (small version)" if _is_small(record) else "")
                what = f"{part['title']}: {row['what']}"
                claims.append((what, row["measured"], verdict, link))
    return claims


def _line(name: str, record: dict[str, Any] | None) -> tuple[object, ...]:
    summary = REPRODUCTIONS[name].summary
    if record is not None:
        rows = [row for part in record["parts"] for row in part["records"]]
        bars = [row["met"] for row in rows]
        claims = [row["expected"] for row in rows]
        counts = [bars.count("yes"), bars.count("NO")]
        counts += [claims.count("reproduced"), claims.count("not reproduced")]
        small = " (small version)" if _is_small(record) else ""
        return name, summary, *counts, f"[{name}]({name}.md){small}"
    guides = [path for path in sorted(_DOCS.glob("*.md")) if _shows(path, name)]
    where = ", ".join(f"[{path.stem}](../{path.name})" for path in guides)
    return name, summary, "", "", "", "", where or f"not recorded: run `simhelm reproduce {name}`"


def _is_small(record: dict[str, Any]) -> bool:
    return bool(record["command"].endswith(" --quick"))


def _shows(path: Path, name: str) -> bool:
    """Whether a page written by hand shows what the reproduction printed."""
    return f"simhelm reproduce {name}" in path.read_text(encoding="utf-8")


def _page(name: str, record: dict[str, Any]) -> str:
    versions = ", ".join(f"{key} {value}" for key, value in record["versions"].items())
    text = (
        f"# {name}\n\n{REPRODUCTIONS[name].summary}. Printed by `{record['command']}` on "
        f"{record['date']} in {record['minutes']} minutes, what earlier calls had kept not counted "
        f"({versions}).\n"
    )
    if _is_small(record):
        text += (
            "\nThis is the small version, with fewer seeds and smaller grids: a verdict on a claim "
            f"holds for these only. `simhelm reproduce {name}` is the whole.\n"
        )
    for part in record["parts"]:
        rows = [tuple(row.values()) for row in part["records"]]
        text += f"\n## {part['title']}\n\n{table(('what', 'measured', 'expected', 'met'), rows)}\n"
        text += "\n".join(f"{remark}\n" for remark in part["remarks"])
    return text

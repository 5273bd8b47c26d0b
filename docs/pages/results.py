"""Published claims beside what is measured here: from the recorded reproductions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docs.pages.markdown import table
from docs.pages.record import FOLDER
from simhelm.papers import REPRODUCTIONS, Table
from simhelm.papers.claims import Verdict, judged
from simhelm.papers.papers import CLAIMS
from simhelm.papers.table import Row

_DOCS = FOLDER.parent
_CLAIM = ("claim", "place", "measured here", "verdict")


def pages() -> dict[str, str]:
    """The overview, and a page for every recorded reproduction, by address."""
    recorded = {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
    }
    found = {"results/index.md": _overview(recorded)}
    return found | {f"results/{name}.md": _page(name, record) for name, record in recorded.items()}


def _overview(recorded: dict[str, Any]) -> str:
    claims = {name: _claims(name, record) for name, record in recorded.items()}
    rows = [_line(name, recorded.get(name), claims.get(name, [])) for name in REPRODUCTIONS]
    text = (
        "# Published claims\n\nEvery table is recomputed by a command, and every claim is judged "
        "by the tables. First how many claims of a paper came to which verdict, and how many of "
        "the numbers that a reproduction must keep to were met; all others are measurements.\n\n"
        + table(("reproduction", "of", "claims", "numbers met"), rows)
        + "\n## Claim by claim\n"
    )
    for name, found in claims.items():
        text += f"\n### [{name}]({name}.md)\n\n{table(_CLAIM, [tuple(c.values()) for c in found])}"
    missed = table(("what", "measured", "expected", "tables"), _missed(recorded))
    return f"{text}\n## Numbers that were not met\n\n{missed}"


def _claims(name: str, record: dict[str, Any]) -> list[dict[str, str]]:
    """The paper's claims, judged by what was recorded; by the whole only."""
    if _is_small(record):
        untested = ("small version", Verdict.NOT_TESTED.value)
        return [
            dict(zip(_CLAIM, (claim.sentence, claim.place, *untested), strict=True))
            for claim in CLAIMS[name]
        ]
    rows = {part["title"]: part["records"] for part in record["parts"]}
    parts = [
        Table(title, tuple(Row(r["what"], r["measured"], r["expected"]) for r in records))
        for title, records in rows.items()
    ]
    return judged(CLAIMS[name], parts)


def _missed(recorded: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (f"{part['title']}: {row['what']}", row["measured"], row["expected"], _link(name, record))
        for name, record in recorded.items()
        for part in record["parts"]
        for row in part["records"]
        if row["met"] == "NO"
    ]


def _line(
    name: str, record: dict[str, Any] | None, claims: list[dict[str, str]]
) -> tuple[object, ...]:
    summary = REPRODUCTIONS[name].summary
    if record is not None:
        verdicts = [claim["verdict"] for claim in claims]
        bars = [row["met"] for part in record["parts"] for row in part["records"]]
        counts = [
            f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict if verdict in verdicts
        ]
        met = f"{bars.count('yes')} of {bars.count('yes') + bars.count('NO')}"
        return _link(name, record), summary, ", ".join(counts), met
    guides = [path for path in sorted(_DOCS.glob("*.md")) if _shows(path, name)]
    where = ", ".join(f"[{path.stem}](../{path.name})" for path in guides)
    where = where or f"not recorded: run `simhelm reproduce {name}`"
    return name, summary, "", where


def _link(name: str, record: dict[str, Any]) -> str:
    return f"[{name}]({name}.md)" + (" (small version)" if _is_small(record) else "")


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
    claims = [tuple(claim.values()) for claim in _claims(name, record)]
    text += f"\n## Published claims\n\n{table(_CLAIM, claims)}"
    for part in record["parts"]:
        rows = [tuple(row.values()) for row in part["records"]]
        text += f"\n## {part['title']}\n\n{table(('what', 'measured', 'expected', 'met'), rows)}\n"
        text += "\n".join(f"{remark}\n" for remark in part["remarks"])
    return text

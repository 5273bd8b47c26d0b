"""Run a reproduction and keep what it printed, for the page on results.

    python -m docs.pages.record learning-to-relax [--quick]

writes ``docs/results/<name>.json``.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

from simhelm.papers import REPRODUCTIONS

FOLDER = Path(__file__).resolve().parents[1] / "results"
LIBRARIES = ("simhelm", "numpy", "scipy", "numba", "optuna")


def record(name: str, *, quick: bool) -> dict[str, Any]:
    """All tables of a reproduction with the command, the date and the versions behind them."""
    start = time.monotonic()
    parts = [
        {"title": part.title, "records": part.records(), "remarks": list(part.remarks)}
        for part in REPRODUCTIONS[name].load()(quick=quick)
    ]
    return {
        "name": name,
        "command": f"simhelm reproduce {name}" + (" --quick" if quick else ""),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "minutes": round((time.monotonic() - start) / 60.0, 1),
        "versions": {
            "python": platform.python_version(),
            **{library: importlib.metadata.version(library) for library in LIBRARIES},
        },
        "parts": parts,
    }


def main(words: list[str]) -> None:
    """Record the reproductions named on the command line."""
    quick = "--quick" in words
    FOLDER.mkdir(exist_ok=True)
    for name in [word for word in words if word != "--quick"]:
        text = json.dumps(record(name, quick=quick), indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

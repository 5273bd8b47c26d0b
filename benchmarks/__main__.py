"""All benchmarks in one command: ``python -m benchmarks``, or ``make bench``.

Every script runs and prints its own tables into a file; then it measures this project, its peers
and what limits them in one go, and all of that becomes one table, ``table.md`` and ``table.json``.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison
from simhelm.experiments.provenance import versions
from simhelm.experiments.terminal import print_table

# Every script, and the arguments with which its own tables take seconds instead of minutes. Their
# bars are for the full scale.
SCRIPTS: dict[str, dict[str, Any]] = {
    "relaxation": {"sizes": (100,), "rounds": 3},
    "bandits": {},
    "policies": {"repeats": 20},
    "nbody": {"rounds": 2, "batch": 64, "seeds": range(3)},
    "transport": {"persons": (10_000,), "repeats": 2},
    "fem": {"rounds": 2, "batch": 20},
    "architecture": {"rounds": 2},
    "study_overhead": {
        "trials": 40, "rounds": 1, "sleeping": (20, 0.05), "stored": 10_000,
        "samplers": ("RandomSampler",),
    },
    "study_scale": {
        "told": 100, "samplers": ("RandomSampler",), "check": ((1, 2), 0.02),
        "counts": (10, 100, 1000),
    },
    "mpi_rollouts": {"sizes": (2,), "steps": 100, "repeats": 2},
}  # fmt: skip

# Scripts that this command does not run, and how they are.
BY_HAND = {"submodel": "compares designs, not speeds: python -m benchmarks.submodel POOL.parquet"}


def run(names: Sequence[str], folder: Path, *, reduced: bool) -> dict[str, Any]:
    """Run scripts; gives the document of the table, written anew after each."""
    folder.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "scale": "reduced" if reduced else "full",
        "versions": versions(),
        "rows": [],
        "missing": {},
        "bars met": {},
        "by hand": BY_HAND,
    }
    for name in names:
        began = time.monotonic()
        _add(document, name, folder, reduced=reduced)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        document["machine"] = _machine()
        (folder / "table.json").write_text(json.dumps(document, indent=2), encoding="utf-8")
        (folder / "table.md").write_text(markdown(document), encoding="utf-8")
    return document


def _add(document: dict[str, Any], name: str, folder: Path, *, reduced: bool) -> None:
    """Run a script and add what it found."""
    try:
        met, found = _run_script(name, folder, reduced=reduced)
    except ImportError as error:
        document["missing"][f"the script {name}"] = str(error)
        return
    if met is not None and not reduced:
        document["bars met"][name] = met
    for comparison in found:
        document["rows"] += comparison.rows(name)
        document["missing"] |= comparison.missing


def _run_script(name: str, folder: Path, *, reduced: bool) -> tuple[bool | None, list[Comparison]]:
    script = importlib.import_module(f"benchmarks.{name}")
    with (
        (folder / f"{name}.txt").open("w", encoding="utf-8") as file,
        contextlib.redirect_stdout(file),
    ):
        main: Callable[..., bool | None] = script.main
        met = main(**(SCRIPTS[name] if reduced else {}))
    compare: Callable[[], list[Comparison]] = script.compare
    return met, compare()


def _machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load {load:.1f} at the end"


def shown(records: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The rows as people read them."""
    return [
        {
            "rate": f"{record['what']}: {record['unit']}/s",
            "simhelm": _number(record["simhelm"]),
            "peer": _named(record["peer"], record["peer's"]),
            "times the peer": _number(record["times the peer"]),
            "limit": _named(record["limit"], record["limit's"]),
            "share of limit": _number(record["share of limit"]),
        }
        for record in records
    ]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100.0 else f"{value:.3g}"


def _named(name: str, value: float | None) -> str:
    return f"{name}: {_number(value)}" if name else ""


def markdown(document: dict[str, Any]) -> str:
    """The table with its date, scale and machine, and what could not be measured."""
    rows = shown(document["rows"])
    heads = list(rows[0]) if rows else []
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row.values()) + " |" for row in rows]
    lines += ["", f"{document['date']}, {document['scale']} scale; {document['machine']}."]
    lines += [
        f"Not measured, because not installed: {peer} (`{install}`)."
        for peer, install in document["missing"].items()
    ]
    lines += [f"Not run: {name}, which {why}." for name, why in document["by hand"].items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    """The command line; 1 if a bar was missed in full scale."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help=f"of {', '.join(SCRIPTS)}")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="folder")
    parser.add_argument("--reduced", action="store_true", help="the scripts' own tables are short")
    given = parser.parse_args()
    if unknown := set(given.scripts) - set(SCRIPTS):
        parser.error(f"unknown scripts {sorted(unknown)}; expected some of {sorted(SCRIPTS)}")
    document = run(given.scripts or list(SCRIPTS), given.out, reduced=given.reduced)
    print_table(shown(document["rows"]), title=f"Rates, {document['scale']} scale")
    for peer, install in document["missing"].items():
        print(f"not measured, because not installed: {peer} ({install})")
    missed = [name for name, met in document["bars met"].items() if not met]
    for name in missed:
        print(f"bars missed: see {given.out / name}.txt", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The reference rows and traces, which stay outside the project."""

import csv
import functools
import os
from pathlib import Path

import pytest

from simhelm.simulators.dram import Controller, Trace, read_trace

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data" / "dram"
FOLDER = Path(os.environ.get("SIMHELM_DRAM_REFERENCE", _BESIDE))

needs_reference = pytest.mark.skipif(
    not (FOLDER / "dramsys_reference.csv").is_file(),
    reason="no DRAM reference rows in ../shared/data/dram or $SIMHELM_DRAM_REFERENCE",
)


def rows() -> list[dict[str, str]]:
    with (FOLDER / "dramsys_reference.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@functools.cache
def trace(name: str) -> Trace:
    return read_trace(FOLDER / "traces" / f"{name}.stl.gz")


def controller(row: dict[str, str]) -> Controller:
    names = list(row)
    first, last = names.index("PagePolicy"), names.index("MaxActiveTransactions")
    return Controller.from_config(
        {
            name: int(row[name]) if row[name].isdigit() else row[name]
            for name in names[first : last + 1]
        }
    )

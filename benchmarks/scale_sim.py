"""Cycles of a matrix product as SCALE-Sim counts them, by a whole run of the program."""

from __future__ import annotations

import builtins
import contextlib
import csv
import gc
import importlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

_CONFIGURATION = """[general]
run_name = run
[run_presets]
InterfaceBandwidth = CALC
UseRamulatorTrace = False
[architecture_presets]
ArrayHeight = {rows}
ArrayWidth = {cols}
ifmapsramszkB = 64
filtersramszkB = 64
ofmapsramszkB = 64
IfmapOffset = 0
FilterOffset = 10000000
OfmapOffset = 20000000
Dataflow = {dataflow}
Bandwidth = 10
ReadRequestBuffer = 64
WriteRequestBuffer = 64
[layout]
IfmapCustomLayout = False
FilterCustomLayout = False
IfmapSRAMBankBandwidth = 10
IfmapSRAMBankNum = 10
IfmapSRAMBankPort = 2
FilterSRAMBankBandwidth = 10
FilterSRAMBankNum = 10
FilterSRAMBankPort = 2
[sparsity]
SparsitySupport = false
"""


def scale_sim_cycles(
    folder: Path, product: tuple[int, int, int], rows: int, cols: int, dataflow: str
) -> int:
    """Total cycles that SCALE-Sim reports of a matrix product (m, n, k) without stalls."""
    module = importlib.import_module("scalesim.scale_sim")
    files = {name: str(folder / name) for name in ("run.cfg", "topology.csv", "layout.csv")}
    text = _CONFIGURATION.format(rows=rows, cols=cols, dataflow=dataflow)
    Path(files["run.cfg"]).write_text(text, encoding="utf-8")
    m, n, k = product
    Path(files["topology.csv"]).write_text(f"Layer,M,N,K,\nlayer,{m},{n},{k},\n", encoding="utf-8")
    layout = "Layer," * 14 + "\nlayer" + ",1" * 13 + ",\n"
    Path(files["layout.csv"]).write_text(layout, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()), _mended():
        module.scalesim(
            save_disk_space=True, verbose=False, config=files["run.cfg"], input_type_gemm=True,
            topology=files["topology.csv"], layout=files["layout.csv"],
        ).run_scale(str(folder / "out"))  # fmt: skip
    report = (folder / "out" / "run" / "COMPUTE_REPORT.csv").read_text(encoding="utf-8")
    [row] = csv.DictReader(io.StringIO(report), skipinitialspace=True)
    if float(row["Stall Cycles"]) != 0.0:
        raise RuntimeError(f"SCALE-Sim stalled for {row['Stall Cycles']} cycles")
    return int(row["Total Cycles"])


@contextlib.contextmanager
def _mended() -> Iterator[None]:
    """Within: SCALE-Sim 3.0's int(max(array)), an error since numpy 2.4 (its issue 160), works.

    It leaves files for the garbage collector to close, which is done here without a warning.
    """
    with contextlib.ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        for name in ("double_buffered_scratchpad_mem", "read_buffer"):
            module = importlib.import_module(f"scalesim.memory.{name}")
            stack.enter_context(mock.patch.object(module, "max", _largest, create=True))
        yield
        gc.collect()


def _largest(*values: Any) -> Any:
    found = builtins.max(*values)
    return found.item() if isinstance(found, np.ndarray) else found

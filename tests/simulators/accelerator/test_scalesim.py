"""Cycles against SCALE-Sim itself, where it is installed: whole runs of the program."""

import builtins
import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.simulators.accelerator import systolic_cycles

pytest.importorskip("scalesim")

CONFIGURATION = """[general]
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


def largest(*values: Any) -> Any:
    """``max`` that gives a number where SCALE-Sim 3.0 expects one and has an array of one."""
    found = builtins.max(*values)
    return found.item() if isinstance(found, np.ndarray) else found


def scalesim_cycles(
    folder: Path, product: tuple[int, int, int], rows: int, cols: int, dataflow: str
) -> int:
    """Total cycles that SCALE-Sim reports of a matrix product without stalls."""
    from scalesim.scale_sim import scalesim

    files = {name: str(folder / name) for name in ("run.cfg", "topology.csv", "layout.csv")}
    text = CONFIGURATION.format(rows=rows, cols=cols, dataflow=dataflow)
    Path(files["run.cfg"]).write_text(text, encoding="utf-8")
    m, n, k = product
    Path(files["topology.csv"]).write_text(f"Layer,M,N,K,\nlayer,{m},{n},{k},\n", encoding="utf-8")
    layout = "Layer," * 14 + "\nlayer" + ",1" * 13 + ",\n"
    Path(files["layout.csv"]).write_text(layout, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        scalesim(
            save_disk_space=True, verbose=False, config=files["run.cfg"], input_type_gemm=True,
            topology=files["topology.csv"], layout=files["layout.csv"],
        ).run_scale(str(folder / "out"))  # fmt: skip
    report = (folder / "out" / "run" / "COMPUTE_REPORT.csv").read_text(encoding="utf-8")
    [row] = csv.DictReader(io.StringIO(report), skipinitialspace=True)
    assert float(row["Stall Cycles"]) == 0.0
    return int(row["Total Cycles"])


# It leaves files for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("dataflow", ["os", "ws", "is"])
@pytest.mark.parametrize(("rows", "cols"), [(4, 4), (8, 3), (16, 32)])
@pytest.mark.parametrize("product", [(16, 16, 16), (7, 30, 12), (33, 20, 17)])
def test_cycles_are_scalesims(
    product: tuple[int, int, int],
    rows: int,
    cols: int,
    dataflow: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Its int(max(array)) is an error since numpy 2.4 (scalesim issue 160).
    for module in ("double_buffered_scratchpad_mem", "read_buffer"):
        monkeypatch.setattr(f"scalesim.memory.{module}.max", largest, raising=False)
    expected = scalesim_cycles(tmp_path, product, rows, cols, dataflow)
    assert systolic_cycles(*product, rows, cols, dataflow) == expected

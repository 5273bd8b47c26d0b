"""Cycles against SCALE-Sim itself, where it is installed: whole runs of the program."""

from pathlib import Path

import pytest

from benchmarks.scale_sim import scale_sim_cycles
from simhelm.simulators.accelerator import systolic_cycles

pytest.importorskip("scalesim")


@pytest.mark.parametrize("dataflow", ["os", "ws", "is"])
@pytest.mark.parametrize(("rows", "cols"), [(4, 4), (8, 3), (16, 32)])
@pytest.mark.parametrize("product", [(16, 16, 16), (7, 30, 12), (33, 20, 17)])
def test_cycles_are_scalesims(
    product: tuple[int, int, int], rows: int, cols: int, dataflow: str, tmp_path: Path
) -> None:
    expected = scale_sim_cycles(tmp_path, product, rows, cols, dataflow)
    assert systolic_cycles(*product, rows, cols, dataflow) == expected

"""Latency, energy and area of networks on a systolic array."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.accelerator import kernels
from simhelm.simulators.accelerator.layers import Layer, layer_table

# In the order of the kernels' numbers.
DATAFLOWS = ("os", "ws", "is")

# Energies of 45 nm at 0.9 V: M. Horowitz, "Computing's energy problem (and what we can do about
# it)", ISSCC 2014, doi 10.1109/ISSCC.2014.6757323, Fig. 1.1.9. A multiplication of 8 bits 0.2 pJ,
# an addition of 32 bits 0.1 pJ; 64 bits from a cache of 8 KiB 10 pJ, of 32 KiB 20 pJ, of 1 MiB
# 100 pJ, which is the square root of the size within 14 %; 64 bits from DRAM 1.3 to 2.6 nJ, of
# which the lower end is taken. (docs/architecture.md says against what these were checked.)
MULTIPLY_8_BIT_PJ = 0.2
ADD_32_BIT_PJ = 0.1
MAC_PJ = MULTIPLY_8_BIT_PJ + ADD_32_BIT_PJ
SRAM_8KIB_PJ_PER_BYTE = 10.0 / 8
DRAM_PJ_PER_BYTE = 1300.0 / 8
# Areas are assumptions of this model, in the range of what synthesis gives in 40 to 45 nm: a
# multiplier of 282 and an adder of 137 square micrometres, 56 flip-flops of 6 (Aladdin's library
# has 5.98 for one at 40 nm: Shao et al., ISCA 2014), and a memory whose cells of 0.35 a bit take
# half of its area.
PE_MM2 = (282 + 137 + 56 * 6) * 1e-6
SRAM_MM2_PER_BYTE = 8 * 0.35 / 0.5 * 1e-6
CLOCK_GHZ = 1.0


@dataclasses.dataclass(frozen=True)
class Design:
    """A systolic array and its buffers.

    Attributes:
        rows, cols: processing elements, one multiplication a cycle each.
        dataflow: which operand stays: ``"os"`` outputs, ``"ws"`` weights, ``"is"`` inputs.
        ifmap_kib, filter_kib, ofmap_kib: buffers of inputs, weights and outputs.
        bandwidth_bytes_per_cycle: of the DRAM, both directions together.
    """

    rows: int = 32
    cols: int = 32
    dataflow: str = "os"
    ifmap_kib: int = 64
    filter_kib: int = 64
    ofmap_kib: int = 64
    bandwidth_bytes_per_cycle: int = 16

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if field.name != "dataflow":
                whole_number(field.name, getattr(self, field.name))
        _dataflow(self.dataflow)

    @property
    def array_mm2(self) -> float:
        """Area of the processing elements."""
        return self.rows * self.cols * PE_MM2

    @property
    def area_mm2(self) -> float:
        """Processing elements and buffers."""
        kib = self.ifmap_kib + self.filter_kib + self.ofmap_kib
        return self.array_mm2 + 1024 * kib * SRAM_MM2_PER_BYTE

    def row(self) -> list[int]:
        """In the order that the kernels want."""
        return [
            self.rows,
            self.cols,
            _dataflow(self.dataflow),
            1024 * self.ifmap_kib,
            1024 * self.filter_kib,
            1024 * self.ofmap_kib,
            self.bandwidth_bytes_per_cycle,
        ]


@dataclasses.dataclass(frozen=True)
class AcceleratorResult:
    """What a network costs on a design; sums over its layers.

    Attributes:
        latency_us: at 1 GHz; every layer takes the longer of computing and moving its data.
        compute_cycles, total_cycles: without and with waiting for the DRAM.
        energy_uj: multiplications, buffers, DRAM.
        area_mm2: of the design.
        sram_accesses: words from and to the buffers.
        dram_bytes: from and to the DRAM.
        utilisation: share of the multipliers' cycles that multiply.
        layer_compute_cycles, layer_cycles: shape (layers,), without and with waiting.
    """

    latency_us: float
    compute_cycles: int
    total_cycles: int
    energy_uj: float
    area_mm2: float
    sram_accesses: int
    dram_bytes: int
    utilisation: float
    layer_compute_cycles: NDArray[np.int64]
    layer_cycles: NDArray[np.int64]


def systolic_cycles(m: int, n: int, k: int, rows: int, cols: int, dataflow: str) -> int:
    """Cycles of a matrix product (m x k)(k x n) on a systolic array without stalls.

    They are those that SCALE-Sim 3 reports (Samajdar et al., 2018), the number of the last cycle:
    folds times the length of a fold, minus one. With output stationary a fold takes
    k + rows + cols - 2, else 2 rows + cols + (m or n) - 2.

    Args:
        m, n, k: output pixels, filters, window.
        rows, cols: of the array.
        dataflow: ``"os"``, ``"ws"`` or ``"is"``.
    """
    for name, value in (("m", m), ("n", n), ("k", k), ("rows", rows), ("cols", cols)):
        whole_number(name, value)
    return int(kernels.layer_cycles(m, n, k, rows, cols, _dataflow(dataflow)))


def evaluate(design: Design, layers: Sequence[Layer]) -> AcceleratorResult:
    """One design on a network."""
    return evaluate_many([design], layers)[0]


def evaluate_many(designs: Sequence[Design], layers: Sequence[Layer]) -> list[AcceleratorResult]:
    """Many designs on one network, in one compiled call."""
    table = layer_table(layers)
    rows = np.array([design.row() for design in designs], dtype=np.int64)
    results = np.zeros((len(rows), len(table), kernels.RESULTS), dtype=np.int64)
    kernels.evaluate_all(rows, table, results)
    return [_result(design, result) for design, result in zip(designs, results, strict=True)]


def _result(design: Design, layers: NDArray[np.int64]) -> AcceleratorResult:
    total = [int(value) for value in layers.sum(axis=0)]
    accesses = (
        (design.ifmap_kib, total[kernels.IFMAP_READS]),
        (design.filter_kib, total[kernels.FILTER_READS]),
        (design.ofmap_kib, total[kernels.OFMAP_WRITES] + total[kernels.OFMAP_READS]),
    )
    dram = total[kernels.DRAM_READ_BYTES] + total[kernels.DRAM_WRITE_BYTES]
    sram_pj = math.fsum(count * sram_pj_per_byte(kib) for kib, count in accesses)
    energy_pj = total[kernels.MACS] * MAC_PJ + sram_pj + dram * DRAM_PJ_PER_BYTE
    cycles = total[kernels.TOTAL_CYCLES]
    return AcceleratorResult(
        latency_us=cycles / (1000.0 * CLOCK_GHZ),
        compute_cycles=total[kernels.COMPUTE_CYCLES],
        total_cycles=cycles,
        energy_uj=energy_pj * 1e-6,
        area_mm2=design.area_mm2,
        sram_accesses=sum(count for _, count in accesses),
        dram_bytes=dram,
        utilisation=total[kernels.MACS] / (cycles * design.rows * design.cols),
        layer_compute_cycles=layers[:, kernels.COMPUTE_CYCLES].copy(),
        layer_cycles=layers[:, kernels.TOTAL_CYCLES].copy(),
    )


def sram_pj_per_byte(kib: int) -> float:
    """Energy of an access to a buffer of that size."""
    return SRAM_8KIB_PJ_PER_BYTE * math.sqrt(kib / 8)


def _dataflow(name: str) -> int:
    if name not in DATAFLOWS:
        raise ValueError(
            f"dataflow: expected one of {DATAFLOWS}, got {name!r}{did_you_mean(name, DATAFLOWS)}"
        )
    return DATAFLOWS.index(name)

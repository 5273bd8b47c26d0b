"""A design and a layer in ZigZag's own terms.

Widths are in bits, energies in pJ an access of the whole width. The order of the memories has a
meaning: from the multipliers outwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simhelm.simulators.accelerator.layers import Layer
from simhelm.simulators.accelerator.model import (
    DRAM_PJ_PER_BYTE,
    MAC_PJ,
    Design,
    sram_pj_per_byte,
)

Table = dict[str, Any]

# ZigZag's operands: inputs, weights, outputs.
_INPUTS, _WEIGHTS, _OUTPUTS = "I1", "I2", "O"
# What lies across the rows and across the columns of the array, as the closed forms have it.
_SPATIAL = {"os": ("M", "N"), "ws": ("K", "N"), "is": ("K", "M")}
_STAYS = {"ws": _WEIGHTS, "is": _INPUTS}
_PARTIAL_BITS, _FINAL_BITS = 32, 8
# Larger than any network.
_DRAM_BITS = 10**13
_EVERYWHERE = ["D1", "D2"]


def hardware_table(design: Design) -> Table:
    """The array, a register an element, three buffers, and DRAM behind one port."""
    memories = {"sums": _register(_OUTPUTS, _PARTIAL_BITS)}
    if design.dataflow in _STAYS:
        memories = {"kept": _register(_STAYS[design.dataflow], 8), **memories}
    # As wide as an edge of the array needs, so that the buffers hold up nothing.
    edge = max(design.rows, design.cols)
    memories["inputs"] = _buffer(_INPUTS, design.ifmap_kib, 8 * edge)
    memories["weights"] = _buffer(_WEIGHTS, design.filter_kib, 8 * edge)
    memories["outputs"] = _buffer(_OUTPUTS, design.ofmap_kib, _PARTIAL_BITS * edge)
    memories["dram"] = _dram(design.bandwidth_bytes_per_cycle)
    return {
        "name": "simhelm",
        "memories": memories,
        "operational_array": {
            "input_precision": [8, 8],
            "unit_energy": MAC_PJ,
            "unit_area": 1.0,
            "dimensions": _EVERYWHERE,
            "sizes": [design.rows, design.cols],
            "systolic_dimensions": _EVERYWHERE,
        },
    }


def mapping_table(design: Design) -> list[Table]:
    """The dataflow; the order of the loops in time is left to ZigZag."""
    down, across = _SPATIAL[design.dataflow]
    spatial = {"D1": [f"{down}, {design.rows}"], "D2": [f"{across}, {design.cols}"]}
    links = {"O": _OUTPUTS, "W": _WEIGHTS, "I": _INPUTS}
    return [{"name": "default", "spatial_mapping": spatial, "memory_operand_links": links}]


def workload_table(layer: Layer) -> list[Table]:
    """One of the layer's products."""
    return [
        {
            "id": 0,
            "name": "product",
            "operator_type": "Gemm",
            "equation": "O[m][n]+=I[m][k]*W[k][n]",
            "loop_dims": ["M", "N", "K"],
            "loop_sizes": [layer.m, layer.n, layer.k],
            "operand_precision": {"I": 8, "W": 8, "O": _PARTIAL_BITS, "O_final": _FINAL_BITS},
            "operand_source": {"I": 0, "W": 0},
        }
    ]


def _register(operand: str, bits: int) -> Table:
    """One an element, without energy, as in the closed forms."""
    return _memory(bits, 0.0, [operand], _two_way_ports(operand, bits, split=True), [])


def _buffer(operand: str, kib: int, bits: int) -> Table:
    cost = sram_pj_per_byte(kib) * bits / 8
    return _memory(1024 * 8 * kib, cost, [operand], _two_way_ports(operand, bits), _EVERYWHERE)


def _dram(bytes_per_cycle: int) -> Table:
    everything = [
        f"{operand}, {move}"
        for operand in (_INPUTS, _WEIGHTS, _OUTPUTS)
        for move in (("fh", "tl", "fl", "th") if operand == _OUTPUTS else ("fh", "tl"))
    ]
    port = _port("rw_port_1", "read_write", 8 * bytes_per_cycle, everything)
    cost = DRAM_PJ_PER_BYTE * bytes_per_cycle
    operands = [_INPUTS, _WEIGHTS, _OUTPUTS]
    return _memory(_DRAM_BITS, cost, operands, [port], _EVERYWHERE)


def _memory(
    bits: int, cost: float, operands: list[str], ports: list[Table], served: list[str]
) -> Table:
    return {
        "size": bits,
        "r_cost": cost,
        "w_cost": cost,
        "area": 0.0,
        "latency": 1,
        "operands": operands,
        "ports": ports,
        "served_dimensions": served,
    }


def _two_way_ports(operand: str, bits: int, *, split: bool = False) -> list[Table]:
    """A port to read and one to write; outputs of a register have two of each if split."""
    reads, writes = [f"{operand}, tl"], [f"{operand}, fh"]
    if operand != _OUTPUTS:
        return [_port("r_port_1", "read", bits, reads), _port("w_port_1", "write", bits, writes)]
    back, partial = f"{operand}, th", f"{operand}, fl"
    if not split:
        return [
            _port("r_port_1", "read", bits, [*reads, back]),
            _port("w_port_1", "write", bits, [*writes, partial]),
        ]
    return [
        _port("r_port_1", "read", bits, reads),
        _port("r_port_2", "read", bits, [back]),
        _port("w_port_1", "write", bits, writes),
        _port("w_port_2", "write", bits, [partial]),
    ]


def _port(name: str, kind: str, bits: int, moves: Sequence[str]) -> Table:
    return {
        "name": name,
        "type": kind,
        "bandwidth_min": 8,
        "bandwidth_max": bits,
        "allocation": list(moves),
    }

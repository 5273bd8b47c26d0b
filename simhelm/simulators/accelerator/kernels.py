"""The systolic array, one layer on one design: cycles and traffic from folds, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simhelm.core.compiled import compiled

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

OUTPUT_STATIONARY, WEIGHT_STATIONARY, INPUT_STATIONARY = 0, 1, 2

# Columns of a design.
D_ROWS, D_COLS, D_DATAFLOW, D_IFMAP_BYTES, D_FILTER_BYTES, D_OFMAP_BYTES, D_BANDWIDTH = range(7)
# Columns of a layer: a matrix product (m x k) (k x n), `repeats` times with other operands, and the
# number of distinct inputs of one of them (an input pixel is in many windows of a convolution).
L_M, L_N, L_K, L_REPEATS, L_INPUTS = range(5)
# Columns of the result.
(
    COMPUTE_CYCLES, TOTAL_CYCLES, IFMAP_READS, FILTER_READS, OFMAP_WRITES, OFMAP_READS,
    DRAM_READ_BYTES, DRAM_WRITE_BYTES, MACS,
) = range(9)  # fmt: skip
RESULTS = 9

# A partial sum on its way through a buffer; inputs, weights and finished outputs are one byte.
PARTIAL_BYTES = 4


@compiled
def ceil_div(a: int, b: int) -> int:
    """The quotient rounded up."""
    return -(-a // b)


@compiled
def layer_cycles(m: int, n: int, k: int, rows: int, cols: int, dataflow: int) -> int:
    """Cycles of one matrix product without stalls; see ``systolic_cycles``."""
    if dataflow == OUTPUT_STATIONARY:
        return ceil_div(m, rows) * ceil_div(n, cols) * (k + rows + cols - 2) - 1
    if dataflow == WEIGHT_STATIONARY:
        return ceil_div(k, rows) * ceil_div(n, cols) * (2 * rows + cols + m - 2) - 1
    return ceil_div(k, rows) * ceil_div(m, cols) * (2 * rows + cols + n - 2) - 1


@compiled
def loads(size: int, again: int, kept: int, buffer: int) -> int:
    """Bytes of an operand from DRAM: once if what must be kept fits, else again and again."""
    return size if kept <= buffer else size * again


@compiled
def output_stationary(design: Integers, layer: Integers, result: Integers) -> None:
    """Traffic of one product; the better of the two orders of the folds."""
    m, n, k, inputs = layer[L_M], layer[L_N], layer[L_K], layer[L_INPUTS]
    rows, cols = min(design[D_ROWS], m), min(design[D_COLS], n)
    folds_m, folds_n = ceil_div(m, design[D_ROWS]), ceil_div(n, design[D_COLS])
    result[IFMAP_READS] = m * k * folds_n
    result[FILTER_READS] = n * k * folds_m
    result[OFMAP_WRITES] = m * n
    # Columns outside: a column fold's weights are kept while all inputs pass by.
    outside_n = loads(inputs, folds_n, inputs, design[D_IFMAP_BYTES]) + loads(
        n * k, folds_m, cols * k, design[D_FILTER_BYTES]
    )
    outside_m = loads(n * k, folds_m, n * k, design[D_FILTER_BYTES]) + loads(
        inputs, folds_n, rows * k, design[D_IFMAP_BYTES]
    )
    result[DRAM_READ_BYTES] = min(outside_n, outside_m)
    result[DRAM_WRITE_BYTES] = m * n


@compiled
def partial_sums(m: int, n: int, folds: int, kept: int, buffer: int, result: Integers) -> None:
    """Outputs that are built up over the folds of the sum, in the buffer or through DRAM."""
    result[OFMAP_WRITES] = m * n * folds
    result[OFMAP_READS] = m * n * (folds - 1)
    spilled = 0 if kept * PARTIAL_BYTES <= buffer else PARTIAL_BYTES * m * n * (folds - 1)
    result[DRAM_READ_BYTES] += spilled
    result[DRAM_WRITE_BYTES] = m * n + spilled


@compiled
def weight_stationary(design: Integers, layer: Integers, result: Integers) -> None:
    """Traffic of one product: weights stay, inputs pass by once for every fold of columns."""
    m, n, k, inputs = layer[L_M], layer[L_N], layer[L_K], layer[L_INPUTS]
    folds_k, folds_n = ceil_div(k, design[D_ROWS]), ceil_div(n, design[D_COLS])
    result[IFMAP_READS] = m * k * folds_n
    result[FILTER_READS] = n * k
    result[DRAM_READ_BYTES] = n * k + loads(inputs, folds_n, inputs, design[D_IFMAP_BYTES])
    kept = m * min(n, design[D_COLS])
    partial_sums(m, n, folds_k, kept, design[D_OFMAP_BYTES], result)


@compiled
def input_stationary(design: Integers, layer: Integers, result: Integers) -> None:
    """Traffic of one product: inputs stay, weights pass by once for every fold of outputs."""
    m, n, k, inputs = layer[L_M], layer[L_N], layer[L_K], layer[L_INPUTS]
    folds_k, folds_m = ceil_div(k, design[D_ROWS]), ceil_div(m, design[D_COLS])
    result[IFMAP_READS] = m * k
    result[FILTER_READS] = n * k * folds_m
    result[DRAM_READ_BYTES] = inputs + loads(n * k, folds_m, n * k, design[D_FILTER_BYTES])
    kept = n * min(m, design[D_COLS])
    partial_sums(m, n, folds_k, kept, design[D_OFMAP_BYTES], result)


@compiled
def evaluate_layer(design: Integers, layer: Integers, result: Integers) -> None:
    """Fill a row of results, shape (RESULTS,), zeros before."""
    dataflow, repeats = design[D_DATAFLOW], layer[L_REPEATS]
    if dataflow == OUTPUT_STATIONARY:
        output_stationary(design, layer, result)
    elif dataflow == WEIGHT_STATIONARY:
        weight_stationary(design, layer, result)
    else:
        input_stationary(design, layer, result)
    m, n, k = layer[L_M], layer[L_N], layer[L_K]
    result[MACS] = m * n * k
    result[COMPUTE_CYCLES] = layer_cycles(m, n, k, design[D_ROWS], design[D_COLS], dataflow)
    for column in range(RESULTS):
        result[column] *= repeats
    moved = result[DRAM_READ_BYTES] + result[DRAM_WRITE_BYTES]
    result[TOTAL_CYCLES] = max(result[COMPUTE_CYCLES], ceil_div(moved, design[D_BANDWIDTH]))


@compiled
def evaluate_all(designs: Integers, layers: Integers, results: Integers) -> None:
    """Every layer on every design: results of shape (designs, layers, RESULTS), zeros before."""
    for d in range(designs.shape[0]):
        for place in range(layers.shape[0]):
            evaluate_layer(designs[d], layers[place], results[d, place])

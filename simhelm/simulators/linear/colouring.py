"""Multicolour ordering: rows of one colour do not touch each other and relax independently.

Greedy colouring in row order gives exactly the red-black ordering on a five-point grid
numbered row by row (Adams & Ortega 1982 use the same idea for any stencil).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from simhelm.core.compiled import compiled
from simhelm.simulators.linear.kernels import FIRST, LAST, MIDDLE, Floats, Indices, Integers


@dataclasses.dataclass(frozen=True, eq=False)
class ColourBlocks:
    """Off-diagonal entries of a colour-permuted matrix, in blocks of rows of equal shape.

    A block holds rows with the same number of entries in earlier colours and in later ones. Its
    entries are stored column by column without padding, so that one entry position of many
    rows is contiguous in memory.

    Attributes:
        table: shape (blocks, 6): first row, one past the last row, entries a row, of these
            those in earlier colours, offset into ``values``, and the kind (0 first colour,
            1 a middle colour, 2 last colour).
        values: shape (off-diagonal entries,).
        columns: shape (off-diagonal entries,), permuted column numbers.
    """

    table: NDArray[np.int64]
    values: NDArray[np.float64]
    columns: NDArray[np.uint32]


def colour_permutation(
    matrix: scipy.sparse.csr_array[Any, Any],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows sorted by colour and, within a colour, by their number of earlier and later entries.

    Returns:
        permutation, shape (n,): new row i is row ``permutation[i]`` of the matrix.
        starts, shape (colours + 1,): where each colour begins.
    """
    # a_ij or a_ji makes rows i and j neighbours: colour the pattern of A + A^T.
    pattern = scipy.sparse.csr_array(
        (np.ones(matrix.nnz, dtype=np.int8), matrix.indices, matrix.indptr), shape=matrix.shape
    )
    both = (pattern + pattern.T).tocsr()
    colours = np.full(matrix.shape[0], -1, dtype=np.int64)
    count = _greedy_colours(both.indptr, both.indices, colours)
    earlier, later = _neighbour_counts(matrix.indptr, matrix.indices, colours)
    permutation = np.lexsort((np.arange(colours.size), later, earlier, colours))
    starts = np.searchsorted(colours[permutation], np.arange(count + 1))
    return permutation, starts


@compiled
def _greedy_colours(indptr: NDArray[Any], indices: NDArray[Any], colours: Integers) -> int:
    # taken_by[c] == i says that a neighbour of row i has colour c already.
    taken_by = np.full(colours.size + 1, -1, dtype=np.int64)
    count = 0
    for i in range(colours.size):
        for k in range(indptr[i], indptr[i + 1]):
            colour = colours[indices[k]]
            if indices[k] != i and colour >= 0:
                taken_by[colour] = i
        colour = 0
        while taken_by[colour] == i:
            colour += 1
        colours[i] = colour
        count = max(count, colour + 1)
    return count


@compiled
def _neighbour_counts(
    indptr: NDArray[Any], indices: NDArray[Any], colours: Integers
) -> tuple[Integers, Integers]:
    earlier = np.zeros(colours.size, dtype=np.int64)
    later = np.zeros(colours.size, dtype=np.int64)
    for i in range(colours.size):
        for k in range(indptr[i], indptr[i + 1]):
            if colours[indices[k]] < colours[i]:
                earlier[i] += 1
            elif colours[indices[k]] > colours[i]:
                later[i] += 1
    return earlier, later


def colour_blocks(
    indptr: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    data: NDArray[np.float64],
    starts: NDArray[np.intp],
) -> ColourBlocks:
    """Group the rows of a matrix permuted by :func:`colour_permutation` into blocks."""
    size = indptr.size - 1
    colour = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    earlier, later = _neighbour_counts(indptr, indices, colour)
    shape = np.stack([colour, earlier, later])
    changes = np.flatnonzero((shape[:, 1:] != shape[:, :-1]).any(axis=0)) + 1
    first = np.concatenate([[0], changes])
    last = np.concatenate([changes, [size]])
    length = (earlier + later)[first]
    offset = np.concatenate([[0], np.cumsum(length * (last - first))])
    kind = np.full(first.size, MIDDLE)
    kind[colour[first] == starts.size - 2] = LAST
    kind[colour[first] == 0] = FIRST
    table = np.stack([first, last, length, earlier[first], offset[:-1], kind], axis=1)
    values = np.empty(offset[-1])
    columns = np.empty(offset[-1], dtype=np.uint32)
    _fill_blocks(table, indptr, indices, data, values, columns)
    return ColourBlocks(table, values, columns)


@compiled
def _fill_blocks(
    table: Integers,
    indptr: Indices,
    indices: Indices,
    data: Floats,
    values: Floats,
    columns: Indices,
) -> None:
    for q in range(table.shape[0]):
        first, last, offset = table[q, 0], table[q, 1], table[q, 4]
        for i in range(first, last):
            place = offset + i - first
            for k in range(indptr[i], indptr[i + 1]):
                if indices[k] != i:
                    values[place] = data[k]
                    columns[place] = indices[k]
                    place += last - first

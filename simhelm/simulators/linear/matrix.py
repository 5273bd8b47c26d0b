"""A sparse matrix made ready for relaxation sweeps: checked once, never copied without need."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Literal

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from simhelm.simulators.linear.colouring import ColourBlocks, colour_blocks, colour_permutation
from simhelm.simulators.linear.kernels.lexicographic import find_diagonal

Ordering = Literal["lexicographic", "multicolour"]
ORDERINGS: tuple[Ordering, ...] = ("lexicographic", "multicolour")

Floats = NDArray[np.float64]
Indices = NDArray[np.uint32]


@dataclasses.dataclass(frozen=True, eq=False)
class PreparedMatrix:
    """A square CSR matrix that passed :func:`prepare`; hand it to the solvers in place of A.

    Preparing once saves the checks on every later solve with the same matrix. The arrays are
    views of the caller's matrix where its layout allowed it: changing that matrix afterwards
    changes this one without a check.

    Attributes:
        size: number of rows n.
        indptr, indices, data: CSR arrays with sorted columns; indices are unsigned 32-bit,
            because compiled code pays for signed ones (wrap-around of negative indices).
        diagonal_position: shape (n,), where in ``data`` each row's diagonal entry stands.
        ordering: that of the rows here.
        permutation: shape (n,), row i here is row ``permutation[i]`` of A; None when the
            ordering is lexicographic.
        colour_starts: shape (colours + 1,), where each colour begins; None likewise.
    """

    size: int
    indptr: Indices
    indices: Indices
    data: Floats
    diagonal_position: Indices
    ordering: Ordering
    permutation: NDArray[np.intp] | None = None
    colour_starts: NDArray[np.intp] | None = None

    @property
    def arrays(self) -> tuple[Indices, Indices, Floats, Indices]:
        """What every compiled kernel takes first."""
        return self.indptr, self.indices, self.data, self.diagonal_position

    @property
    def diagonal(self) -> Floats:
        """The diagonal, shape (n,), in this matrix's own row order."""
        return self.data[self.diagonal_position]

    @functools.cached_property
    def diagonal_range(self) -> tuple[float, float]:
        """The smallest and the largest value of the diagonal."""
        diagonal = self.diagonal
        return float(diagonal.min()), float(diagonal.max())

    @functools.cached_property
    def blocks(self) -> ColourBlocks:
        """Rows grouped by colour and length (made at first use; a second copy of the matrix)."""
        if self.colour_starts is None:
            raise ValueError("colour blocks need ordering='multicolour'")
        return colour_blocks(self.indptr, self.indices, self.data, self.colour_starts)

    @functools.cached_property
    def is_symmetric(self) -> bool:
        """Whether |a_ij - a_ji| <= 1e-12 sqrt(|a_ii a_jj|) for all i, j (one transposition)."""
        matrix = self.to_scipy()
        difference = scipy.sparse.coo_array(abs(matrix - matrix.T))
        size = np.sqrt(abs(self.diagonal))
        allowed = 1e-12 * size[difference.row] * size[difference.col]
        return bool((difference.data <= allowed).all())

    def to_scipy(self) -> scipy.sparse.csr_array[Any, Any]:
        """The matrix as scipy sees it (row order of this object; shares memory)."""
        return scipy.sparse.csr_array(
            (self.data, self.indices.view(np.int32), self.indptr.view(np.int32)),
            shape=(self.size, self.size),
        )

    def inward(self, vector: Floats) -> Floats:
        """A vector in A's row order brought into this matrix's order (a copy)."""
        return vector.copy() if self.permutation is None else vector[self.permutation]

    def outward(self, vector: Floats) -> Floats:
        """The inverse of :meth:`inward` (no copy when nothing was permuted)."""
        if self.permutation is None:
            return vector
        result = np.empty_like(vector)
        result[self.permutation] = vector
        return result


def prepare(A: object, ordering: Ordering = "lexicographic") -> PreparedMatrix:
    """Check a matrix and bring it into the form that the sweeps read.

    Args:
        A: square real matrix, sparse (any scipy format) or dense. Canonical float64 CSR with
            32-bit indices is used in place; anything else is converted once.
        ordering: ``"lexicographic"`` (row order as given) or ``"multicolour"`` (rows of one
            colour are independent; on a five-point grid this is red-black).

    A matrix that is prepared already is returned as it is, or reordered.

    Raises:
        TypeError: not a numeric real matrix.
        ValueError: not square, empty, non-finite entries, zero or missing diagonal entries,
            or an unknown ordering.
    """
    if isinstance(A, PreparedMatrix):
        return A if A.ordering == ordering else _reordered(A, ordering)
    if ordering not in ORDERINGS:
        raise ValueError(f"ordering: expected one of {ORDERINGS}, got {ordering!r}")
    matrix = _canonical_csr(A)
    prepared = _with_diagonal(matrix, "lexicographic", None, None)
    return prepared if ordering == "lexicographic" else _reordered(prepared, ordering)


def _canonical_csr(A: object) -> scipy.sparse.csr_array[Any, Any]:
    if not scipy.sparse.issparse(A) and not isinstance(A, (np.ndarray, list, tuple)):
        raise TypeError(
            f"A: expected a scipy sparse matrix or a 2-D array, got {type(A).__name__}; "
            "wrap it with scipy.sparse.csr_array(A)"
        )
    # scipy's constructors share the arrays of a CSR input; they copy only to convert.
    matrix = scipy.sparse.csr_array(A)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"A: expected a square matrix, got shape {matrix.shape}")
    if matrix.shape[0] == 0:
        raise ValueError("A: expected at least one row, got an empty matrix")
    if matrix.dtype.kind not in "fiub":
        raise TypeError(f"A: expected real numbers, got dtype {matrix.dtype}")
    matrix = matrix.astype(np.float64, copy=False)
    try:
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"A: its index arrays are damaged: {error}") from error
    if not np.isfinite(matrix.data).all():
        bad = int(np.flatnonzero(~np.isfinite(matrix.data))[0])
        row = int(np.searchsorted(matrix.indptr, bad, side="right")) - 1
        raise ValueError(f"A: entry in row {row}, column {matrix.indices[bad]} is not finite")
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    if matrix.nnz >= 2**31:
        raise ValueError(f"A: at most 2**31 - 1 stored entries are supported, got {matrix.nnz}")
    return matrix


def _with_diagonal(
    matrix: scipy.sparse.csr_array[Any, Any],
    ordering: Ordering,
    permutation: NDArray[np.intp] | None,
    colour_starts: NDArray[np.intp] | None,
) -> PreparedMatrix:
    size = matrix.shape[0]
    indptr = matrix.indptr.astype(np.int32, copy=False).view(np.uint32)
    indices = matrix.indices.astype(np.int32, copy=False).view(np.uint32)
    data = np.ascontiguousarray(matrix.data)
    position = np.empty(size, dtype=np.uint32)
    bad_row = find_diagonal(indptr, indices, data, position)
    if bad_row >= 0:
        raise ValueError(
            f"A: row {bad_row} has a zero or missing diagonal entry, which relaxation divides "
            "by; reorder the equations or use a direct solver"
        )
    return PreparedMatrix(
        size, indptr, indices, data, position, ordering, permutation, colour_starts
    )


def _reordered(prepared: PreparedMatrix, ordering: Ordering) -> PreparedMatrix:
    if ordering == "lexicographic" or prepared.permutation is not None:
        raise ValueError(
            f"A was prepared with ordering={prepared.ordering!r}, the call asks for "
            f"{ordering!r}; prepare the original matrix again with that ordering"
        )
    matrix = prepared.to_scipy()
    if not matrix.data.all():
        # A stored zero would make neighbours, hence colours, of rows that are none.
        matrix = matrix.copy()
        matrix.eliminate_zeros()
    permutation, starts = colour_permutation(matrix)
    permuted = matrix[permutation][:, permutation].tocsr()
    permuted.sort_indices()
    return _with_diagonal(permuted, ordering, permutation, starts)

"""Reading a user's own systems from Matrix Market files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def read_matrix(path: str | Path) -> scipy.sparse.csr_array[Any, Any]:
    """The square matrix in a ``.mtx`` or ``.mtx.gz`` file, as CSR.

    Raises:
        FileNotFoundError, ValueError: no such file, not Matrix Market, complex or not square.
    """
    loaded = scipy.sparse.csr_array(_read(path))
    if loaded.shape[0] != loaded.shape[1]:
        raise ValueError(f"{path}: expected a square matrix, got shape {loaded.shape}")
    return loaded


def read_right_hand_sides(path: str | Path, size: int) -> Floats:
    """Right-hand sides, one a column of a Matrix Market file, as shape (count, size).

    Raises:
        FileNotFoundError, ValueError: as :func:`read_matrix`, or the number of rows is not
            ``size``.
    """
    loaded = _read(path)
    dense = loaded.toarray() if scipy.sparse.issparse(loaded) else np.asarray(loaded)
    if dense.ndim != 2 or dense.shape[0] != size:
        raise ValueError(
            f"{path}: expected {size} rows to match the matrix, got shape {dense.shape}"
        )
    return np.ascontiguousarray(dense.T, dtype=np.float64)


def read_shifts(path: str | Path) -> Floats:
    """Diagonal shifts, one number a line (``#`` starts a comment), shape (count,).

    Raises:
        FileNotFoundError, ValueError: no such file, or a line that is not a number.
    """
    _must_exist(path)
    try:
        shifts = np.loadtxt(path, dtype=np.float64, ndmin=1)
    except ValueError as error:
        raise ValueError(f"{path}: expected one number a line: {error}") from error
    if shifts.ndim != 1 or shifts.size == 0:
        raise ValueError(f"{path}: expected one number a line, got shape {shifts.shape}")
    return shifts


def _read(path: str | Path) -> Any:
    _must_exist(path)
    try:
        loaded = scipy.io.mmread(path, spmatrix=False)
    except (ValueError, OverflowError, OSError, EOFError) as error:
        raise ValueError(
            f"{path}: not a readable Matrix Market file ({error}); expected '%%MatrixMarket "
            "matrix ...' in its first line"
        ) from error
    if np.iscomplexobj(loaded):
        raise ValueError(f"{path}: complex matrices are not supported")
    return loaded


def _must_exist(path: str | Path) -> None:
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file")

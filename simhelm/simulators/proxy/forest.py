"""Sums of decision trees as plain arrays, evaluated in compiled code."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.core.compiled import compiled


@dataclasses.dataclass(frozen=True)
class Forest:
    """Trees, each of which adds to one output.

    Nodes of all trees are numbered together; a leaf has ``left`` -1. Children stand behind their
    parent and within their tree, so every walk ends.

    Attributes:
        roots: shape (trees,), first node of each tree, rising from 0.
        outputs: shape (trees,), which output a tree adds to.
        feature, left, right: shape (nodes,), the column that a node asks for, and where to go.
        threshold: shape (nodes,), left up to and including it.
        value: shape (nodes,), what a leaf adds.
        base: shape (outputs,), the value that the trees add to.

    Raises:
        ValueError: arrays that do not make trees.
    """

    roots: NDArray[np.int64]
    outputs: NDArray[np.int64]
    feature: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    threshold: NDArray[np.float64]
    value: NDArray[np.float64]
    base: NDArray[np.float64]

    def __post_init__(self) -> None:
        _check_arrays(self)
        _check_trees(self)

    def check_columns(self, columns: int) -> None:
        """Raise ValueError unless rows of so many columns may be evaluated."""
        asked = self.feature[self.left >= 0]
        if len(asked) and not (asked.min() >= 0 and asked.max() < columns):
            raise ValueError(f"forest: a node asks for a column outside 0 .. {columns - 1}")

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The outputs of rows of features, shape (rows, outputs).

        Args:
            rows: shape (rows, columns), see :meth:`check_columns`.
        """
        out = np.tile(self.base, (len(rows), 1))
        _predict(
            rows, self.roots, self.outputs, self.feature, self.left, self.right, self.threshold,
            self.value, out,
        )  # fmt: skip
        return out

    def visits(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """How many nodes each row passes, leaves included, shape (rows,): the work done."""
        out = np.zeros((len(rows), 1))
        _predict(
            rows, self.roots, np.zeros_like(self.outputs), self.feature, self.left, self.right,
            self.threshold, self._depths(), out,
        )  # fmt: skip
        return out[:, 0].astype(np.int64)

    def _depths(self) -> NDArray[np.float64]:
        depth = np.ones(len(self.value))
        for node in range(len(depth)):
            if self.left[node] >= 0:
                depth[self.left[node]] = depth[self.right[node]] = depth[node] + 1.0
        return depth


def _check_arrays(forest: Forest) -> None:
    for name in ("roots", "outputs", "feature", "left", "right"):
        array = getattr(forest, name)
        if not (isinstance(array, np.ndarray) and array.dtype == np.int64 and array.ndim == 1):
            raise ValueError(f"forest: {name}: expected a vector of 64-bit integers")
    for name in ("threshold", "value", "base"):
        array = getattr(forest, name)
        if not (isinstance(array, np.ndarray) and array.dtype == np.float64 and array.ndim == 1):
            raise ValueError(f"forest: {name}: expected a vector of 64-bit floats")
        if not np.isfinite(array).all():
            raise ValueError(f"forest: {name}: expected finite numbers")
    nodes = {len(getattr(forest, n)) for n in ("feature", "left", "right", "threshold", "value")}
    if len(nodes) != 1 or len(forest.roots) != len(forest.outputs) or not len(forest.roots):
        raise ValueError("forest: arrays of nodes, or of trees, differ in length")


def _check_trees(forest: Forest) -> None:
    count, roots, outputs = len(forest.value), forest.roots, forest.outputs
    if roots[0] != 0 or (np.diff(roots) <= 0).any() or roots[-1] >= count:
        raise ValueError("forest: roots: expected node numbers that rise from 0")
    if outputs.min() < 0 or outputs.max() >= len(forest.base):
        raise ValueError(f"forest: outputs: expected numbers in 0 .. {len(forest.base) - 1}")
    inner = np.flatnonzero(forest.left != -1)
    ends = np.append(roots[1:], count)[np.searchsorted(roots, inner, side="right") - 1]
    for name in ("left", "right"):
        children = getattr(forest, name)[inner]
        if (children <= inner).any() or (children >= ends).any():
            raise ValueError(f"forest: {name}: expected nodes behind their parent, in its tree")


@compiled
def _predict(
    rows: NDArray[np.float32],
    roots: NDArray[np.int64],
    outputs: NDArray[np.int64],
    feature: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    threshold: NDArray[np.float64],
    value: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    for row in range(rows.shape[0]):
        for tree in range(roots.shape[0]):
            node = roots[tree]
            while left[node] >= 0:
                goes_left = rows[row, feature[node]] <= threshold[node]
                node = left[node] if goes_left else right[node]
            out[row, outputs[tree]] += value[node]

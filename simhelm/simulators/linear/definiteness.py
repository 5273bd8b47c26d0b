"""A cheap, certain answer to "is it symmetric positive definite?", or the admission of none."""

from __future__ import annotations

import enum

import numpy as np
import scipy.sparse.csgraph

from simhelm.simulators.linear.matrix import PreparedMatrix


class Definiteness(enum.Enum):
    """What can be said of a matrix without a factorisation; the value is a sentence."""

    PROVEN = "symmetric positive definite (diagonally dominant with a positive diagonal)"
    POSSIBLE = (
        "symmetric with a positive diagonal; whether it is positive definite was not proven: "
        "solves that fail will say so"
    )
    REFUTED = "symmetric with a negative diagonal entry: not positive definite"
    UNSYMMETRIC = "not symmetric: SOR may or may not converge, and CG does not apply"


def definiteness(matrix: PreparedMatrix) -> Definiteness:
    """Judge a matrix by symmetry, the sign of its diagonal and diagonal dominance.

    Dominance may be weak in most rows: each connected component then needs one strictly
    dominant row (Taussky's theorem), as the Poisson matrix has at the boundary.
    """
    if not matrix.is_symmetric:
        return Definiteness.UNSYMMETRIC
    diagonal = matrix.diagonal
    if diagonal.min() < 0.0:
        return Definiteness.REFUTED
    # A stored zero connects nothing.
    full = matrix.to_scipy().copy()
    full.eliminate_zeros()
    slack = 2.0 * diagonal - np.asarray(abs(full).sum(axis=1)).ravel()
    if (slack < 0.0).any():
        return Definiteness.POSSIBLE
    components, label = scipy.sparse.csgraph.connected_components(full, directed=False)
    # Strict by more than the rounding of a row's sum.
    strict = np.bincount(label[slack > 1e-12 * diagonal], minlength=components)
    return Definiteness.PROVEN if (strict > 0).all() else Definiteness.POSSIBLE

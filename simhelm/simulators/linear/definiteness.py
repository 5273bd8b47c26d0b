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
    full = matrix.to_scipy()
    row_sums = np.asarray(abs(full).sum(axis=1)).ravel() - diagonal
    slack = diagonal - row_sums
    # A row that is dominant but for round-off in the sum still counts as weakly dominant.
    tolerance = 1e-12 * diagonal
    if (slack < -tolerance).any():
        return Definiteness.POSSIBLE
    components, label = scipy.sparse.csgraph.connected_components(full, directed=False)
    strict = np.bincount(label[slack > tolerance], minlength=components)
    return Definiteness.PROVEN if (strict > 0).all() else Definiteness.POSSIBLE

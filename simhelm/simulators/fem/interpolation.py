"""Displacements and stresses of one mesh at the points of another."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import scipy.sparse

from simhelm.simulators.fem.arrays import Floats, Integers, Matrix
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Degree, Nodes
from simhelm.simulators.fem.numbering import matching
from simhelm.simulators.fem.trace import Recording, Trace
from simhelm.simulators.fem.voigt import strain_of_gradient

# Points whose place in all cells is tested at once.
_CHUNK = 64
# Shape functions below this share are rounding errors of points on a facet.
_NEGLIGIBLE = 1e-12


@dataclasses.dataclass(frozen=True, eq=False)
class Places:
    """Points in a mesh.

    Attributes:
        cells: shape (k,), a cell that contains each.
        shares: barycentric coordinates there, shape (k, d + 1).
    """

    cells: Integers
    shares: Floats


def locate(mesh: Mesh, points: Floats, *, tolerance: float = 1e-6) -> Places:
    """Find the cells that contain points.

    Args:
        mesh: where to look.
        points: shape (k, d), m.
        tolerance: how far outside a point may lie, as a share of the height of the nearest cell;
            there, displacements are extrapolated.

    Raises:
        ValueError: points outside, with how far the farthest lies.
    """
    if points.ndim != 2 or points.shape[1] != mesh.dimension or not np.isfinite(points).all():
        raise ValueError(
            f"points: expected finite numbers of shape (k, {mesh.dimension}), got {points.shape}"
        )
    chunks = [_nearest(mesh, points[i : i + _CHUNK]) for i in range(0, len(points), _CHUNK)]
    cells = np.concatenate([chunk.cells for chunk in chunks])
    shares = np.concatenate([chunk.shares for chunk in chunks])
    outside = -shares.min(axis=1)
    if (outside > tolerance).any():
        distances = _distances(mesh, cells, shares)
        worst = int(np.argmax(distances))
        raise ValueError(
            f"points: {int((outside > tolerance).sum())} of {len(points)} lie outside the mesh; "
            f"the farthest, {points[worst]!r}, by {distances[worst]:.3g} m; move the cut inside, "
            "or raise the tolerance"
        )
    return Places(cells, shares)


def interpolation_operator(
    mesh: Mesh, degree: Degree, points: Floats, *, tolerance: float = 1e-6
) -> Matrix:
    """The sparse operator from nodal values to values at points, shape (k, nodes).

    Args:
        mesh, degree: of the nodal values.
        points, tolerance: see :func:`locate`.

    Raises:
        ValueError: points outside, with the distance.
    """
    nodes = Nodes(mesh, degree)
    places = locate(mesh, points, tolerance=tolerance)
    values = shape_functions(places.shares, degree)
    values[np.abs(values) < _NEGLIGIBLE] = 0.0
    columns = nodes.cell_nodes[places.cells]
    rows = np.repeat(np.arange(len(points)), columns.shape[1])
    operator = scipy.sparse.csr_array(
        (values.ravel(), (rows, columns.ravel())), (len(points), len(nodes.coordinates))
    )
    operator.eliminate_zeros()
    return operator


def interpolate_trace(
    recording: Recording, source: Space, nodes: Floats, *, tolerance: float = 1e-6
) -> Trace:
    """The trace of a model at the nodes of another mesh.

    Args:
        recording: of the source model; it has to contain the nodes around every point (its
            ``"cut"`` nodes suffice for points on the same outline).
        source: the space of the source model.
        nodes: coordinates, shape (k, d), m: a submodel's ``driven_nodes``.
        tolerance: see :func:`locate`.

    Raises:
        ValueError: points outside the source mesh, with the distance, or nodes that are needed
            and were not recorded.
    """
    operator = interpolation_operator(source.mesh, source.degree, nodes, tolerance=tolerance)
    used = np.unique(operator.indices)
    places = matching(source.nodes.coordinates[used], recording.nodes)
    values = recording.displacement[:, :, places]
    weights = operator[:, used].toarray()
    return Trace(recording.times, nodes, np.einsum("kn,stnd->stkd", weights, values))


def stress_operator_at(
    space: Space, points: Floats, young: Floats | None = None, *, tolerance: float = 1e-6
) -> Matrix:
    """The operator from displacements to stresses at points; rows are (point, component).

    Args:
        space: of the displacements.
        points, tolerance: see :func:`locate`.
        young: of each cell of the space, None for the material's, Pa.
    """
    material, d = space.material, space.mesh.dimension
    moduli = material.checked_young(young, len(space.mesh.cells))
    places = locate(space.mesh, points, tolerance=tolerance)
    slopes = shape_gradients(space.mesh, places, space.degree)
    # Local function n with component c has gradient (c, j) = slopes[n, j].
    gradients = np.einsum("pnj,ci->pncij", slopes, np.eye(d))
    strains = strain_of_gradient(gradients).reshape(len(points), -1, material.components)
    stresses = np.einsum("ab,pfb->paf", material.elasticity, strains)
    stresses *= moduli[places.cells][:, None, None]
    dofs = space.nodes.cell_nodes[places.cells][:, :, None] * d + np.arange(d)
    columns = np.broadcast_to(dofs.reshape(len(points), 1, -1), stresses.shape)
    rows = np.arange(len(points) * material.components)
    return scipy.sparse.csr_array(
        (stresses.ravel(), (np.repeat(rows, stresses.shape[2]), columns.ravel())),
        (len(rows), space.size),
    )


def shape_functions(shares: Floats, degree: Degree) -> Floats:
    """Values of the Lagrange functions at barycentric coordinates (k, d + 1).

    The order is that of :class:`~simhelm.simulators.fem.nodes.Nodes`.
    """
    if degree == 1:
        return shares.copy()
    corners = shares * (2.0 * shares - 1.0)
    pairs = itertools.combinations(range(shares.shape[1]), 2)
    middles = [4.0 * shares[:, i] * shares[:, j] for i, j in pairs]
    return np.concatenate([corners, np.stack(middles, axis=1)], axis=1)


def shape_gradients(mesh: Mesh, places: Places, degree: Degree) -> Floats:
    """Gradients of the Lagrange functions at places, shape (k, functions, d), 1/m."""
    slopes = _slopes(mesh)[places.cells]
    if degree == 1:
        return slopes
    shares = places.shares[:, :, None]
    corners = (4.0 * shares - 1.0) * slopes
    pairs = itertools.combinations(range(slopes.shape[1]), 2)
    middles = [4.0 * (shares[:, i] * slopes[:, j] + shares[:, j] * slopes[:, i]) for i, j in pairs]
    return np.concatenate([corners, np.stack(middles, axis=1)], axis=1)


def _slopes(mesh: Mesh) -> Floats:
    """Gradients of the barycentric coordinates, shape (m, d + 1, d)."""
    corners = mesh.points[mesh.cells]
    edges = corners[:, 1:] - corners[:, :1]
    rest = np.linalg.inv(edges).transpose(0, 2, 1)
    return np.concatenate([-rest.sum(axis=1, keepdims=True), rest], axis=1)


def _nearest(mesh: Mesh, points: Floats) -> Places:
    """For each point the cell in which its least barycentric coordinate is greatest."""
    slopes = _slopes(mesh)
    offsets = points[:, None] - mesh.points[mesh.cells[:, 0]]
    shares = np.einsum("pmj,mij->pmi", offsets, slopes)
    shares[:, :, 0] += 1.0
    cells = np.argmax(shares.min(axis=2), axis=1)
    return Places(cells, shares[np.arange(len(points)), cells])


def _distances(mesh: Mesh, cells: Integers, shares: Floats) -> Floats:
    """How far points lie beyond the planes of their cells' facets, m."""
    heights = 1.0 / np.linalg.norm(_slopes(mesh)[cells], axis=2)
    distances: Floats = (-shares * heights).max(axis=1)
    return distances

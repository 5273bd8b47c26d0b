"""Relaxation solvers: ``sor``, ``ssor`` and conjugate gradients preconditioned by SSOR.

All take any real sparse matrix, add a scalar diagonal shift without rebuilding it, and stop at
``||b - (A + shift I) x||_2 <= max(rtol ||b||_2, atol)``. With the default start x0 = 0 this is
the paper's test relative to the first residual (Khodak et al., ICLR 2024, Alg. 1, with "<=").
"""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.core.checks import whole_number
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.end_reason import EndReason
from simhelm.simulators.linear import kernels
from simhelm.simulators.linear.kernels import batch
from simhelm.simulators.linear.kernels.multicolour import relax_colours
from simhelm.simulators.linear.matrix import Ordering, PreparedMatrix, prepare

Method = Literal["sor", "ssor", "ssor_pcg"]
METHODS: tuple[Method, ...] = ("sor", "ssor", "ssor_pcg")

_METHOD_CODES = {"sor": batch.SOR, "ssor": batch.SSOR, "ssor_pcg": batch.SSOR_PCG, "cg": batch.CG}
_REASONS = {
    kernels.CONVERGED: EndReason.CONVERGED,
    kernels.MAX_ITERATIONS: EndReason.MAX_ITERATIONS,
    kernels.DIVERGED: EndReason.DIVERGED,
    kernels.NOT_FINITE: EndReason.NOT_FINITE,
    kernels.INDEFINITE: EndReason.INDEFINITE,
    kernels.STAGNATED: EndReason.STAGNATED,
}
# Right-hand sides outside are scaled by a power of two, so that squares neither overflow nor
# vanish. Within, nothing is touched.
_TAME = (1e-100, 1e100)
Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class SolveResult:
    """The end of one solve.

    Attributes:
        x: shape (n,), the last iterate; zeros when ``end_reason`` is NOT_FINITE.
        iterations: sweeps (``sor``), double sweeps (``ssor``) or CG steps made to reach x.
        end_reason: CONVERGED, MAX_ITERATIONS, DIVERGED, NOT_FINITE, or for ``ssor_pcg`` also
            INDEFINITE or STAGNATED.
        residual_norm: ||b - (A + shift I) x||_2, computed from x itself; inf when not finite.
        work: matrix-row updates spent, the deterministic cost (one sweep or one product with
            the matrix costs n).
    """

    x: Floats
    iterations: int
    end_reason: EndReason
    residual_norm: float
    work: int

    @property
    def converged(self) -> bool:
        """Whether the tolerance was met."""
        return self.end_reason is EndReason.CONVERGED


@dataclasses.dataclass(frozen=True, eq=False)
class BatchResult:
    """The ends of many solves with one matrix; arrays have shape (systems,), x (systems, n)."""

    x: Floats
    iterations: NDArray[np.int64]
    end_reasons: tuple[EndReason, ...]
    residual_norms: Floats
    work: NDArray[np.int64]

    def __getitem__(self, index: int) -> SolveResult:
        return SolveResult(
            self.x[index],
            int(self.iterations[index]),
            self.end_reasons[index],
            float(self.residual_norms[index]),
            int(self.work[index]),
        )


@dataclasses.dataclass(frozen=True)
class Stopping:
    """When a solve stops: at a residual norm of max(rtol ||b||, atol) or at the cap."""

    rtol: float = 1e-8
    atol: float = 0.0
    max_iterations: int = 10_000

    def __post_init__(self) -> None:
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name}: expected a finite number >= 0, got {value!r}")
        whole_number("max_iterations", self.max_iterations)


def sor(
    A: object,
    b: ArrayLike,
    omega: float,
    x0: ArrayLike | None = None,
    *,
    shift: float = 0.0,
    rtol: float = 1e-8,
    atol: float = 0.0,
    max_iterations: int = 10_000,
    ordering: Ordering = "lexicographic",
) -> SolveResult:
    """Successive over-relaxation for (A + shift I) x = b.

    Args:
        A: square sparse matrix with a non-zero diagonal, or a :class:`PreparedMatrix`.
        b: shape (n,), finite.
        omega: relaxation factor in (0, 2); 1 is Gauss-Seidel.
        x0: shape (n,), start; zeros by default.
        shift: added to every diagonal entry; A itself is not touched.
        rtol, atol: stop at a residual norm of max(rtol ||b||, atol).
        max_iterations: cap; reaching it ends with MAX_ITERATIONS.
        ordering: ``"lexicographic"`` or ``"multicolour"`` (faster on large grids; other
            iteration counts, as the order of relaxation decides them).

    Raises:
        TypeError, ValueError: for input that cannot be solved as given (see :func:`prepare`).

    Source: D. M. Young, Iterative Solution of Large Linear Systems (1971), ch. 3.
    """
    stopping = Stopping(rtol, atol, max_iterations)
    return _solve("sor", A, b, omega, x0, shift, stopping, ordering)


def ssor(
    A: object,
    b: ArrayLike,
    omega: float,
    x0: ArrayLike | None = None,
    *,
    shift: float = 0.0,
    rtol: float = 1e-8,
    atol: float = 0.0,
    max_iterations: int = 10_000,
    ordering: Ordering = "lexicographic",
) -> SolveResult:
    """Symmetric SOR: a forward and then a backward sweep an iteration. Arguments as :func:`sor`.

    Source: Khodak et al. (ICLR 2024), App. D; Young (1971), ch. 15.
    """
    stopping = Stopping(rtol, atol, max_iterations)
    return _solve("ssor", A, b, omega, x0, shift, stopping, ordering)


def ssor_pcg(
    A: object,
    b: ArrayLike,
    omega: float | None,
    x0: ArrayLike | None = None,
    *,
    shift: float = 0.0,
    rtol: float = 1e-8,
    atol: float = 0.0,
    max_iterations: int = 10_000,
    ordering: Ordering = "lexicographic",
) -> SolveResult:
    """Conjugate gradients with the SSOR preconditioner; ``omega=None`` is plain CG.

    A + shift I must be symmetric positive definite: symmetry is the caller's word (see
    ``PreparedMatrix.is_symmetric``), a direction of non-positive curvature ends as INDEFINITE.
    Arguments as :func:`sor`. Convergence is confirmed on the true residual.

    Source: Khodak et al. (ICLR 2024), App. E.4, with the sweep order of the published code.
    """
    method = "cg" if omega is None else "ssor_pcg"
    factor = 1.0 if omega is None else omega
    stopping = Stopping(rtol, atol, max_iterations)
    return _solve(method, A, b, factor, x0, shift, stopping, ordering)


def solve_many(
    method: Method,
    A: PreparedMatrix,
    b: Floats,
    omegas: Floats,
    shifts: Floats,
    x0: Floats | None = None,
    stopping: Stopping = Stopping(),
) -> BatchResult:
    """Solve (A + shifts[e] I) x[e] = b[e] with omegas[e] for every e in one compiled call.

    Args:
        A: the shared matrix; its ordering is that of the sweeps.
        b: shape (systems, n); x0: the same shape or None for zeros.
        omegas, shifts: shape (systems,).

    With the lexicographic ordering each result equals the single solve to the bit.

    Raises:
        ValueError: as the single solvers.
    """
    if method not in METHODS:
        raise ValueError(
            f"method: expected one of {METHODS}, got {method!r}{did_you_mean(method, METHODS)}"
        )
    b = np.ascontiguousarray(b, dtype=np.float64)
    if b.ndim != 2 or b.shape[1] != A.size:
        raise ValueError(f"b: expected shape (systems, {A.size}), got {b.shape}")
    omegas = np.asarray(omegas, dtype=np.float64)
    shifts = np.asarray(shifts, dtype=np.float64)
    for name, values in (("omegas", omegas), ("shifts", shifts)):
        if values.shape != b.shape[:1]:
            raise ValueError(f"{name}: expected shape {b.shape[:1]}, got {values.shape}")
    if not np.isfinite(b).all():
        raise ValueError("b: expected finite entries")
    if omegas.size and not (omegas.min() > 0.0 and omegas.max() < 2.0):
        raise ValueError(f"omegas: expected values in (0, 2), got {omegas.tolist()}")
    check_shifts(A, shifts)
    x = np.zeros_like(b) if x0 is None else np.array(x0, dtype=np.float64)
    if x.shape != b.shape or not np.isfinite(x).all():
        raise ValueError(f"x0: expected finite entries of shape {b.shape}, got shape {x.shape}")
    if A.permutation is None:
        return _run(method, A, b, x, omegas, shifts, stopping)
    order = A.permutation
    result = _run(method, A, b[:, order], x[:, order], omegas, shifts, stopping)
    outward = np.empty_like(result.x)
    outward[:, order] = result.x
    return dataclasses.replace(result, x=outward)


def _solve(
    method: str,
    A: object,
    b: ArrayLike,
    omega: float,
    x0: ArrayLike | None,
    shift: float,
    stopping: Stopping,
    ordering: Ordering,
) -> SolveResult:
    check_omega(omega)
    matrix = prepare(A, ordering)
    right = _vector("b", b, matrix.size)
    start = np.zeros(matrix.size) if x0 is None else _vector("x0", x0, matrix.size)
    shifts = np.array([shift], dtype=np.float64)
    check_shifts(matrix, shifts)
    scale = _power_of_two(right, start)
    right, start = matrix.inward(right), matrix.inward(start)
    if scale != 1.0:
        right *= scale
        start *= scale
        stopping = dataclasses.replace(stopping, atol=stopping.atol * scale)
    if method == "sor" and ordering == "multicolour":
        result = _solve_colours(matrix, right, start, omega, shift, stopping)
    else:
        omegas = np.array([float(omega)])
        many = _run(method, matrix, right[np.newaxis], start[np.newaxis], omegas, shifts, stopping)
        result = many[0]
    x = matrix.outward(result.x)
    if scale != 1.0:
        x /= scale
    return dataclasses.replace(result, x=x, residual_norm=result.residual_norm / scale)


def _power_of_two(b: Floats, x0: Floats) -> float:
    """What to multiply a system by, exactly, so that its squares are representable: mostly 1."""
    largest = max(float(abs(b).max()), float(abs(x0).max()))
    if largest == 0.0 or _TAME[0] <= largest <= _TAME[1]:
        return 1.0
    return math.ldexp(1.0, min(1000, max(-1000, -math.frexp(largest)[1])))


def _run(
    method: str,
    A: PreparedMatrix,
    b: Floats,
    x: Floats,
    omegas: Floats,
    shifts: Floats,
    stopping: Stopping,
) -> BatchResult:
    count = b.shape[0]
    iterations = np.empty(count, dtype=np.int64)
    outcomes = np.empty(count, dtype=np.int64)
    norms = np.empty(count)
    work = np.empty(count, dtype=np.int64)
    batch.solve_batch(
        *A.arrays,
        _METHOD_CODES[method],
        omegas,
        shifts,
        b,
        x,
        float(stopping.rtol),
        float(stopping.atol),
        int(stopping.max_iterations),
        iterations,
        outcomes,
        norms,
        work,
    )
    reasons = tuple(_REASONS[code] for code in outcomes.tolist())
    return BatchResult(x, iterations, reasons, norms, work)


def _solve_colours(
    matrix: PreparedMatrix,
    b: Floats,
    start: Floats,
    omega: float,
    shift: float,
    stopping: Stopping,
) -> SolveResult:
    blocks = matrix.blocks
    starts = matrix.colour_starts
    middle = starts is not None and starts.size > 3  # three colours or more
    target = max(stopping.rtol * math.sqrt(kernels.sum_of_squares(b)), stopping.atol)
    sweeps = 0
    for always_keep in (middle, True):
        x = start.copy()
        iterations, outcome, norm = relax_colours(
            blocks.table,
            blocks.values,
            blocks.columns,
            matrix.diagonal,
            always_keep,
            float(omega),
            float(shift),
            b,
            x,
            target,
            int(stopping.max_iterations),
        )
        # The start's and the end's residual cost a sweep beside the one that proved the end.
        sweeps += iterations + 3
        if outcome != kernels.UNSAVED:
            break
    reason = _REASONS[outcome]
    if reason is EndReason.NOT_FINITE:
        x, norm = np.zeros_like(x), math.inf
    return SolveResult(x, iterations, reason, norm, sweeps * matrix.size)


def check_omega(omega: float) -> None:
    """Raise unless omega is a number in the open interval (0, 2)."""
    if isinstance(omega, bool) or not isinstance(omega, (int, float, np.floating, np.integer)):
        raise TypeError(f"omega: expected a number in (0, 2), got {type(omega).__name__}")
    if not 0.0 < omega < 2.0:
        raise ValueError(
            f"omega: expected a relaxation factor in (0, 2), got {omega!r}; outside it "
            "relaxation diverges (Kahan 1958), 1.0 is Gauss-Seidel"
        )


# What is tried where nothing else is said: the grid of the published experiments.
DEFAULT_OMEGAS: Floats = np.linspace(1.0, 1.95, 20)


def check_omegas(omegas: ArrayLike) -> Floats:
    """The factors as an array; raises ValueError unless it is a list of numbers in (0, 2)."""
    values = np.asarray(omegas, dtype=np.float64)
    if values.ndim != 1 or values.size < 1 or not ((values > 0.0) & (values < 2.0)).all():
        raise ValueError(f"omegas: expected relaxation factors in (0, 2), got {omegas!r}")
    return values


def check_shifts(matrix: PreparedMatrix, shifts: Floats) -> None:
    """Raise ValueError unless all shifts are finite and leave no diagonal entry zero."""
    if not np.isfinite(shifts).all():
        first = shifts[~np.isfinite(shifts)][0]
        raise ValueError(f"shift: expected a finite number, got {float(first)!r}")
    low, high = matrix.diagonal_range
    # A sum of two numbers is zero where they are opposite, and nowhere else.
    for shift in shifts[(shifts != 0.0) & (low <= -shifts) & (-shifts <= high)].tolist():
        zero = np.flatnonzero(matrix.diagonal == -shift)
        if zero.size:
            raise ValueError(
                f"shift: {shift!r} makes the diagonal of row {zero[0]} zero, which relaxation "
                "divides by"
            )


def _vector(name: str, values: ArrayLike, size: int) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    if array.shape != (size,):
        raise ValueError(f"{name}: expected shape ({size},) to match A, got {array.shape}")
    if not np.isfinite(array).all():
        where = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}: entry {where} is not finite ({array[where]!r})")
    return np.ascontiguousarray(array, dtype=np.float64)

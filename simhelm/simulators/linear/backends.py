"""The same solve by other libraries, to compare with or to use where they are at home."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from simhelm.core.end_reason import EndReason
from simhelm.simulators.linear.kernels import DIVERGENCE_GROWTH
from simhelm.simulators.linear.matrix import prepare
from simhelm.simulators.linear.solvers import (
    Method,
    SolveResult,
    Stopping,
    check_omega,
    sor,
    ssor,
    ssor_pcg,
)

Backend = Literal["simhelm", "pyamg", "petsc"]
Floats = NDArray[np.float64]
Matrix: TypeAlias = "scipy.sparse.csr_array[Any, Any]"
# One relaxation sweep in place: forward or symmetric.
Sweep = Callable[[Floats, Floats], None]


def solve(
    A: object,
    b: ArrayLike,
    omega: float,
    *,
    method: Method = "sor",
    backend: Backend = "simhelm",
    rtol: float = 1e-8,
    max_iterations: int = 10_000,
) -> SolveResult:
    """Solve A x = b from zero by ``sor``, ``ssor`` or ``ssor_pcg`` of the chosen library.

    The algorithm and the test ||b - A x|| <= rtol ||b|| are the same for all; only the SSOR
    sweep order inside ``ssor_pcg`` differs (PyAMG and PETSc sweep forward first), which may
    move the count by one.

    Raises:
        ImportError: the library is missing; names the extra to install.
        ValueError: an unknown back end or method, or input that cannot be solved.
    """
    if backend not in _BACKENDS:
        raise ValueError(f"backend: expected one of {tuple(_BACKENDS)}, got {backend!r}")
    if method not in _OURS:
        raise ValueError(f"method: expected one of {tuple(_OURS)}, got {method!r}")
    check_omega(omega)
    stopping = Stopping(rtol=rtol, max_iterations=max_iterations)
    matrix = prepare(A).to_scipy()
    right = np.ascontiguousarray(b, dtype=np.float64)
    if right.shape != (matrix.shape[0],) or not np.isfinite(right).all():
        raise ValueError(f"b: expected finite entries of shape ({matrix.shape[0]},)")
    return _BACKENDS[backend](matrix, right, float(omega), method, stopping)


_OURS = {"sor": sor, "ssor": ssor, "ssor_pcg": ssor_pcg}


def _simhelm(
    matrix: Matrix, b: Floats, omega: float, method: Method, stopping: Stopping
) -> SolveResult:
    function: Callable[..., SolveResult] = _OURS[method]
    return function(matrix, b, omega, rtol=stopping.rtol, max_iterations=stopping.max_iterations)


def _pyamg(
    matrix: Matrix, b: Floats, omega: float, method: Method, stopping: Stopping
) -> SolveResult:
    relaxation = _require("pyamg.relaxation.relaxation", "pyamg", "peers")
    # PyAMG 5.4.1 ignores omega for sweep="symmetric", so the two sweeps are asked for singly.
    sweeps = ("forward",) if method == "sor" else ("forward", "backward")

    def relax(x: Floats, right: Floats) -> None:
        for sweep in sweeps:
            relaxation.sor(matrix, x, right, omega, iterations=1, sweep=sweep)

    if method != "ssor_pcg":
        return _stationary(matrix, b, relax, len(sweeps), stopping)

    def apply(r: Floats) -> Floats:
        z = np.zeros_like(r)
        relax(z, r)
        return z

    return _scipy_cg(matrix, b, apply, stopping)


def _stationary(
    matrix: Matrix, b: Floats, relax: Sweep, sweeps: int, stopping: Stopping
) -> SolveResult:
    x = np.zeros_like(b)
    start = norm = float(np.linalg.norm(b))
    target = stopping.rtol * start
    iterations = 0
    while target < norm <= DIVERGENCE_GROWTH * start and iterations < stopping.max_iterations:
        relax(x, b)
        iterations += 1
        norm = float(np.linalg.norm(b - matrix @ x))
    reason = EndReason.MAX_ITERATIONS
    if norm <= target:
        reason = EndReason.CONVERGED
    elif norm > DIVERGENCE_GROWTH * start:
        reason = EndReason.DIVERGED
    return _result(x, iterations, norm, reason, b.size * iterations * (sweeps + 1))


def _scipy_cg(
    matrix: Matrix, b: Floats, apply: Callable[[Floats], Floats], stopping: Stopping
) -> SolveResult:
    import scipy.sparse.linalg

    counted: list[None] = []
    operator = scipy.sparse.linalg.LinearOperator(matrix.shape, matvec=apply, dtype=np.float64)
    x, _ = scipy.sparse.linalg.cg(
        matrix,
        b,
        rtol=stopping.rtol,
        maxiter=stopping.max_iterations,
        M=operator,
        callback=lambda _: counted.append(None),
    )
    norm = float(np.linalg.norm(b - matrix @ x))
    # The recurrence's residual, which scipy tests, may sit a rounding below the true one.
    if norm <= (1.0 + 1e-6) * stopping.rtol * float(np.linalg.norm(b)):
        reason = EndReason.CONVERGED
    else:
        # Scipy stops short of its cap only by breaking down.
        capped = len(counted) >= stopping.max_iterations
        reason = EndReason.MAX_ITERATIONS if capped else EndReason.INDEFINITE
    return _result(x, len(counted), norm, reason, 3 * b.size * len(counted))


def _petsc(
    matrix: Matrix, b: Floats, omega: float, method: Method, stopping: Stopping
) -> SolveResult:
    petsc = load_petsc()
    operator = petsc_matrix(petsc, matrix)
    solver = petsc.KSP().create(comm=petsc.COMM_SELF)
    solver.setOperators(operator)
    solver.setType("cg" if method == "ssor_pcg" else "richardson")
    solver.setNormType(petsc.KSP.NormType.UNPRECONDITIONED)
    solver.setTolerances(
        rtol=stopping.rtol, atol=0.0, divtol=DIVERGENCE_GROWTH, max_it=stopping.max_iterations
    )
    # Without a monitor PETSc's Richardson hands all sweeps to SOR at once and tests nothing.
    solver.setMonitor(lambda *_: None)
    solver.getPC().setType("sor")
    # petsc4py has no setter for omega and the sweep: they go through named options.
    prefix = "simhelm_relaxation_"
    options = petsc.Options(prefix)
    sweep = "pc_sor_forward" if method == "sor" else "pc_sor_symmetric"
    options["pc_sor_omega"] = omega
    options[sweep] = True
    solver.setOptionsPrefix(prefix)
    solver.setFromOptions()
    for name in ("pc_sor_omega", sweep):
        options.delValue(name)
    solution, right = operator.createVecs()
    right.setArray(b)
    solver.solve(right, solution)
    x = solution.getArray().copy()
    iterations = int(solver.getIterationNumber())
    norm = float(np.linalg.norm(b - matrix @ x))
    rows = {"sor": 2, "ssor": 3, "ssor_pcg": 3}[method]
    reason = _petsc_reason(petsc, solver.getConvergedReason())
    return _result(x, iterations, norm, reason, rows * b.size * iterations)


def _petsc_reason(petsc: Any, code: int) -> EndReason:
    known = petsc.KSP.ConvergedReason
    if code > 0:
        return EndReason.CONVERGED
    reasons = {
        known.DIVERGED_MAX_IT: EndReason.MAX_ITERATIONS,
        known.DIVERGED_DTOL: EndReason.DIVERGED,
        known.DIVERGED_NANORINF: EndReason.NOT_FINITE,
    }
    return reasons.get(code, EndReason.INDEFINITE)


def load_petsc() -> Any:
    """The module ``petsc4py.PETSc``, kept to this process.

    Importing PETSc is collective on COMM_WORLD unless it is told otherwise; mpi4py comes first,
    since it brings the MPI library.

    Raises:
        ImportError: PETSc is missing; names the extra to install.
    """
    mpi = _require("mpi4py.MPI", "mpi4py", "fenics")
    _require("petsc4py", "petsc4py", "fenics").init(comm=mpi.COMM_SELF)
    return _require("petsc4py.PETSc", "petsc4py", "fenics")


def petsc_matrix(petsc: Any, matrix: Matrix) -> Any:
    """A PETSc copy of a scipy CSR matrix, without inodes: they change SOR for omega != 1."""
    operator = petsc.Mat().create(comm=petsc.COMM_SELF)
    operator.setSizes(matrix.shape)
    operator.setType("seqaij")
    operator.setPreallocationNNZ(np.diff(matrix.indptr).astype(np.int32))
    operator.setOption(petsc.Mat.Option.USE_INODES, False)
    operator.setValuesCSR(
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data
    )
    operator.assemble()
    return operator


def _result(x: Floats, iterations: int, norm: float, reason: EndReason, work: int) -> SolveResult:
    if not math.isfinite(norm):
        return SolveResult(np.zeros_like(x), iterations, EndReason.NOT_FINITE, math.inf, work)
    return SolveResult(x, iterations, reason, norm, work)


def _require(module: str, library: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"this back end needs {library}, which is not installed: pip install 'simhelm[{extra}]'"
        ) from error


_BACKENDS: dict[str, Callable[[Matrix, Floats, float, Method, Stopping], SolveResult]] = {
    "simhelm": _simhelm,
    "pyamg": _pyamg,
    "petsc": _petsc,
}

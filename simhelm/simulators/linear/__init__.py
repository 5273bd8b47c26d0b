"""Linear systems by relaxation: solvers, theory, and sequences for learners to be steered on."""

from simhelm.simulators.linear.backends import solve
from simhelm.simulators.linear.definiteness import Definiteness, definiteness
from simhelm.simulators.linear.heat import Heat2D
from simhelm.simulators.linear.matrix import PreparedMatrix, prepare
from simhelm.simulators.linear.matrix_market import (
    read_matrix,
    read_right_hand_sides,
    read_shifts,
)
from simhelm.simulators.linear.poisson import poisson2d
from simhelm.simulators.linear.preconditioner import SSORPreconditioner
from simhelm.simulators.linear.problem import RelaxationFactor
from simhelm.simulators.linear.sequence import LinearSystem, SystemSequence, solve_group
from simhelm.simulators.linear.shifted import (
    SHIFT_DISTRIBUTIONS,
    BetaShifts,
    ShiftedSystems,
    truncated_normal_vectors,
)
from simhelm.simulators.linear.solvers import (
    DEFAULT_OMEGAS,
    METHODS,
    BatchResult,
    SolveResult,
    Stopping,
    check_omegas,
    solve_many,
    sor,
    ssor,
    ssor_pcg,
)
from simhelm.simulators.linear.theory import (
    asymptocity,
    defect_reduction_matrix,
    iteration_bound,
    optimal_omega,
    optimal_omega_of_radius,
    optimal_omegas_of_shifts,
    sor_spectral_radius,
    spectral_radius_jacobi,
    ssor_pcg_bound,
    worst_rate,
)

__all__ = [
    "DEFAULT_OMEGAS",
    "METHODS",
    "SHIFT_DISTRIBUTIONS",
    "BatchResult",
    "BetaShifts",
    "Definiteness",
    "Heat2D",
    "LinearSystem",
    "PreparedMatrix",
    "RelaxationFactor",
    "SSORPreconditioner",
    "ShiftedSystems",
    "SolveResult",
    "Stopping",
    "SystemSequence",
    "asymptocity",
    "check_omegas",
    "defect_reduction_matrix",
    "definiteness",
    "iteration_bound",
    "optimal_omega",
    "optimal_omega_of_radius",
    "optimal_omegas_of_shifts",
    "poisson2d",
    "prepare",
    "read_matrix",
    "read_right_hand_sides",
    "read_shifts",
    "solve",
    "solve_group",
    "solve_many",
    "sor",
    "sor_spectral_radius",
    "spectral_radius_jacobi",
    "ssor",
    "ssor_pcg",
    "ssor_pcg_bound",
    "truncated_normal_vectors",
    "worst_rate",
]

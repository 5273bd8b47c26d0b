"""``simhelm/SolverSequence-v0``: the relaxation factor for a sequence of linear systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simhelm.core.did_you_mean import did_you_mean
from simhelm.envs.relaxation import (
    ActionKind,
    OmegaChoice,
    RelaxationEnv,
    SequenceBatch,
)
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.rendering.solves import Solves
from simhelm.envs.vector.batched import NEXT_STEP, Autoreset, BatchedVectorEnv
from simhelm.simulators.linear import (
    SHIFT_DISTRIBUTIONS,
    BetaShifts,
    Definiteness,
    PreparedMatrix,
    ShiftedSystems,
    Stopping,
    definiteness,
    poisson2d,
    prepare,
    read_matrix,
    read_right_hand_sides,
    read_shifts,
)
from simhelm.simulators.linear.solvers import Method

ShiftKind = Literal["low", "high", "none"]


class SolverSequenceEnv(RelaxationEnv):
    """Choose the relaxation factor of each solve in a sequence of systems (A + c_t I) x = b_t.

    ## Description
    The first experiment of Learning to Relax (Khodak et al., ICLR 2024, Sec. 2): a Poisson
    matrix with a random diagonal shift c_t that the controller sees, and a random right-hand
    side that it does not. Or the user's own matrix and right-hand sides.

    ## Action space
    ``Discrete(20)``, an index into omegas 1, 1.05, ... 1.95 (``omegas`` changes them); with
    ``action="continuous"`` a ``Box(-1, 1, (1,), float32)``, linear from lowest to highest.

    ## Observation space
    ``Box((1,), float64)``: the shift c_t of the coming solve, a pure number; in [-0.15, 0.45]
    for the drawn shifts, between the lowest and highest of given ones. After the last solve the
    middle of the range stands in for a next shift that does not exist.

    ## Reward
    Minus the iterations of the solve, in [-max_iterations, 0]. A solve that does not converge
    costs max_iterations.

    ## Episode start and end
    ``reset`` draws shifts (low + 0.6 Beta) and right-hand sides (standard normal, norm at most
    sqrt(n)) from the seed. The episode is ``terminated`` after ``length`` solves.

    ## Info
    ``omega``, ``iterations``, ``loss`` (iterations, or the cap after a failure), ``cost``
    (matrix-row updates), ``end_reason``, and ``failure`` after a failed solve.

    ## Arguments
    - ``grid``: interior grid points a side of the Poisson matrix, 10.
    - ``shifts``: ``"low"`` (Beta(2, 6)), ``"high"`` (Beta(0.5, 1.5)), or ``"none"``.
    - ``length``: solves an episode, 5000.
    - ``method``: ``"sor"``, ``"ssor"`` or ``"ssor_pcg"``.
    - ``action``, ``omegas``: see above.
    - ``rtol``, ``max_iterations``: 1e-8, 10000.
    - ``matrix``: path of a Matrix Market file that replaces the Poisson matrix; then ``shifts``
      defaults to ``"none"``.
    - ``right_hand_sides``: path of a Matrix Market file with one right-hand side a column; used
      in turn, and over again when there are fewer than ``length``.
    - ``shift_file``: path of a text file with one shift a line, used in the same way.
    - ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of the factors that were
      chosen and what they cost, or None.

    ## Version history
    v0: first release.
    """

    metadata = metadata(fps=30)

    def __init__(
        self,
        *,
        grid: int = 10,
        shifts: ShiftKind | None = None,
        length: int = 5000,
        method: Method = "sor",
        action: ActionKind = "discrete",
        omegas: list[float] | None = None,
        rtol: float = 1e-8,
        max_iterations: int = 10_000,
        matrix: str | Path | None = None,
        right_hand_sides: str | Path | None = None,
        shift_file: str | Path | None = None,
        render_mode: str | None = None,
    ) -> None:
        A = prepare(poisson2d(grid) if matrix is None else read_matrix(matrix))
        vectors = None
        if right_hand_sides is not None:
            vectors = read_right_hand_sides(right_hand_sides, A.size)
        sequence = ShiftedSystems(
            A,
            _shift_source(shifts, shift_file, matrix is not None),
            vectors,
            length=length,
            method=method,
            stopping=Stopping(rtol=rtol, max_iterations=max_iterations),
        )
        solves = Solves(sequence)
        screen = Screen(render_mode, solves.draw, self.metadata["render_fps"])
        drawn = None if render_mode is None else solves
        super().__init__(sequence, OmegaChoice(action, omegas), screen, drawn)
        own = () if matrix is None else _judge(A, method, Path(matrix).name)
        self.remarks = own + _shift_remarks(sequence)


class SolverSequenceVectorEnv(BatchedVectorEnv):
    """``num_envs`` independent :class:`SolverSequenceEnv`, solved together; same arguments."""

    def __init__(
        self, num_envs: int = 1, *, autoreset_mode: Autoreset = NEXT_STEP, **arguments: Any
    ) -> None:
        super().__init__(SequenceBatch(SolverSequenceEnv(**arguments), num_envs), autoreset_mode)


def _judge(A: PreparedMatrix, method: Method, name: str) -> tuple[str, ...]:
    """What is known of a user's matrix; CG on an unsuitable one is refused."""
    known = definiteness(A)
    if method == "ssor_pcg" and known in (Definiteness.UNSYMMETRIC, Definiteness.REFUTED):
        raise ValueError(f"{name} is {known.value}; use method = 'sor'")
    return (f"{name}, {A.size} rows: {known.value}",)


def _shift_remarks(sequence: ShiftedSystems) -> tuple[str, ...]:
    radius = sequence.jacobi_radius
    if radius is None or radius < 1.0:
        return ()
    return (
        f"the Jacobi spectral radius reaches {radius:.3f} under the lowest shift: Young's theory "
        "gives no factor, and solves of indefinite systems fail at the cost of the cap",
    )


def _shift_source(
    shifts: ShiftKind | None, shift_file: str | Path | None, own_matrix: bool
) -> BetaShifts | NDArray[np.float64]:
    if shift_file is not None:
        return read_shifts(shift_file)
    kind = ("none" if own_matrix else "low") if shifts is None else shifts
    known = ("none", *SHIFT_DISTRIBUTIONS)
    if kind not in known:
        hint = did_you_mean(str(kind), known)
        raise ValueError(f"shifts: expected one of {known}, got {shifts!r}{hint}")
    return np.zeros(1) if kind == "none" else SHIFT_DISTRIBUTIONS[kind]

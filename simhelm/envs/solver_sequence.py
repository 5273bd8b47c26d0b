"""``simhelm/SolverSequence-v0``: the relaxation factor for a sequence of linear systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simhelm.envs.baseline import Baseline
from simhelm.envs.relaxation import (
    ActionKind,
    OmegaChoice,
    RelaxationEnv,
    RelaxationVectorEnv,
)
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
from simhelm.simulators.linear.solvers import METHODS, Method

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
    ``Box((1,), float64)``: the shift c_t of the coming solve.

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

    ## Version history
    v0: first release.
    """

    remarks: tuple[str, ...]

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
    ) -> None:
        if method not in METHODS:
            raise ValueError(f"method: expected one of {METHODS}, got {method!r}")
        if length < 1:
            raise ValueError(f"length: expected at least 1 solve, got {length!r}")
        A = prepare(poisson2d(grid) if matrix is None else read_matrix(matrix))
        self.remarks = () if matrix is None else _judge(A, method, Path(matrix).name)
        vectors = None
        if right_hand_sides is not None:
            vectors = _cycled(read_right_hand_sides(right_hand_sides, A.size), length)
        sequence = ShiftedSystems(
            A,
            _shift_source(shifts, shift_file, matrix is not None, length),
            vectors,
            length=length,
            method=method,
            stopping=Stopping(rtol=rtol, max_iterations=max_iterations),
        )
        super().__init__(sequence, OmegaChoice(action, omegas))

    def baselines(self) -> dict[str, Baseline]:
        """As every relaxation environment, and Young's optimal factor for SOR where it exists."""
        named = super().baselines()
        if self.sequence.method == "sor" and np.ptp(self.sequence.matrix.diagonal) == 0.0:
            young = Baseline(
                "oracle (Young's factor)",
                "the optimal factor of each system by Young's theory",
                lambda: self.choice.action(self.sequence.optimal_omega() or 1.0),
                "oracle",
            )
            named[young.name] = young
        return named


class SolverSequenceVectorEnv(RelaxationVectorEnv):
    """``num_envs`` independent :class:`SolverSequenceEnv`, solved together; same arguments."""

    def __init__(self, num_envs: int = 1, **arguments: Any) -> None:
        super().__init__(num_envs, SolverSequenceEnv(**arguments))


def _judge(A: PreparedMatrix, method: Method, name: str) -> tuple[str, ...]:
    """What is known of a user's matrix; CG on an unsuitable one is refused."""
    known = definiteness(A)
    if method == "ssor_pcg" and known in (Definiteness.UNSYMMETRIC, Definiteness.REFUTED):
        raise ValueError(f"{name} is {known.value}; use method = 'sor'")
    return (f"{name}, {A.size} rows: {known.value}",)


def _shift_source(
    shifts: ShiftKind | None, shift_file: str | Path | None, own_matrix: bool, length: int
) -> BetaShifts | NDArray[np.float64]:
    if shift_file is not None:
        return _cycled(read_shifts(shift_file), length)
    kind = ("none" if own_matrix else "low") if shifts is None else shifts
    if kind != "none" and kind not in SHIFT_DISTRIBUTIONS:
        raise ValueError(f"shifts: expected 'low', 'high' or 'none', got {shifts!r}")
    return np.zeros(length) if kind == "none" else SHIFT_DISTRIBUTIONS[kind]


def _cycled(rows: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    return rows[np.arange(length) % len(rows)]

"""Sequences of linear systems that share a matrix: what a relaxation learner is steered on."""

from __future__ import annotations

import abc
import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.linear.matrix import PreparedMatrix
from simhelm.simulators.linear.solvers import Method, SolveResult, Stopping, solve_many

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class LinearSystem:
    """One system (matrix + shift I) x = b of a sequence.

    Attributes:
        b: shape (n,).
        shift: scalar added to the diagonal.
        x0: shape (n,), start of the solve; None for zeros.
        context: the number that a learner sees before it chooses omega.
    """

    b: Floats
    shift: float
    x0: Floats | None
    context: float


class SystemSequence(abc.ABC):
    """``length`` systems in a fixed order; solving one leads to the next.

    Attributes:
        matrix: the shared matrix.
        method: ``"sor"``, ``"ssor"`` or ``"ssor_pcg"``.
        length: number of systems.
        context_bounds: (low, high) of ``LinearSystem.context``.
        stopping: tolerance and cap of every solve.
        position: index of the current system, ``length`` when all are solved.
        is_random: whether ``restart`` draws anything.
    """

    matrix: PreparedMatrix
    method: Method
    length: int
    context_bounds: tuple[float, float]
    stopping: Stopping
    position: int
    is_random: bool

    @abc.abstractmethod
    def restart(self, rng: np.random.Generator) -> None:
        """Go back to the first system; whatever is random is drawn anew from ``rng``."""

    @abc.abstractmethod
    def current(self) -> LinearSystem:
        """The system to solve next.

        Raises:
            IndexError: all systems are solved.
        """

    @abc.abstractmethod
    def advance(self, x: Floats) -> None:
        """Accept the solution of the current system, shape (n,), and go to the next."""

    @property
    @abc.abstractmethod
    def has_optimal_omega(self) -> bool:
        """Whether theory gives the best factor of every system."""

    @abc.abstractmethod
    def optimal_omega(self) -> float | None:
        """The best factor of the current system where theory gives one, else None."""

    def solve(self, omega: float) -> SolveResult:
        """Solve the current system with omega and go on to the next."""
        result = solve_group([self], np.array([omega]))[0]
        self.advance(result.x)
        return result

    def iteration_counts(self, omegas: Floats) -> NDArray[np.int64]:
        """What each omega would cost on the current system, shape as ``omegas``; nothing moves.

        A solve that does not converge counts ``stopping.max_iterations``.
        """
        system = self.current()
        count = omegas.size
        start = None if system.x0 is None else np.tile(system.x0, (count, 1))
        many = solve_many(
            self.method,
            self.matrix,
            np.tile(system.b, (count, 1)),
            omegas,
            np.full(count, system.shift),
            start,
            stopping=self.stopping,
        )
        failed = np.array([not reason.succeeded for reason in many.end_reasons])
        return np.where(failed, self.stopping.max_iterations, many.iterations)


def solve_group(sequences: list[SystemSequence], omegas: Floats) -> list[SolveResult]:
    """Solve the current systems of sequences that share a matrix in one compiled call.

    The sequences are not advanced.
    """
    lead = sequences[0]
    systems = [sequence.current() for sequence in sequences]
    starts = [np.zeros(lead.matrix.size) if s.x0 is None else s.x0 for s in systems]
    many = solve_many(
        lead.method,
        lead.matrix,
        np.stack([s.b for s in systems]),
        omegas,
        np.array([s.shift for s in systems]),
        np.stack(starts),
        stopping=lead.stopping,
    )
    return [many[e] for e in range(len(sequences))]

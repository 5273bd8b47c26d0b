"""Diagonally shifted systems (A + c_t I) x = b_t, the first experiment of Learning to Relax."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.simulators.linear.matrix import PreparedMatrix
from simhelm.simulators.linear.sequence import LinearSystem, SystemSequence
from simhelm.simulators.linear.solvers import Method, Stopping, check_shifts
from simhelm.simulators.linear.theory import optimal_omegas_of_shifts, spectral_radius_jacobi

Floats = NDArray[np.float64]

# Vectors drawn at a time.
_BLOCK = 64


@dataclasses.dataclass(frozen=True)
class BetaShifts:
    """Shifts c = low + width Beta(a, b), independent from system to system."""

    low: float
    width: float
    a: float
    b: float

    @property
    def bounds(self) -> tuple[float, float]:
        """(lowest, highest) possible shift."""
        return self.low, self.low + self.width

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Shape (count,)."""
        return self.low + self.width * rng.beta(self.a, self.b, count)


# The two distributions of the paper's Sec. 2.4 and its published scripts.
SHIFT_DISTRIBUTIONS = {
    "low": BetaShifts(-0.15, 0.6, 2.0, 6.0),
    "high": BetaShifts(-0.15, 0.6, 0.5, 1.5),
}


def truncated_normal_vectors(rng: np.random.Generator, count: int, size: int) -> Floats:
    """Standard normal vectors conditioned on a norm of at most sqrt(size), shape (count, size).

    This is the published code's truncation (the paper's text says norm at most n). The stream
    of ``rng`` is used exactly as by drawing vector after vector until each is accepted.
    """
    accepted = np.empty((count, size))
    have = 0
    while have < count:
        draws = rng.standard_normal((count - have, size))
        good = draws[np.linalg.norm(draws, axis=1) <= np.sqrt(size)]
        accepted[have : have + len(good)] = good
        have += len(good)
    return accepted


class ShiftedSystems(SystemSequence):
    """A sequence of systems whose matrices differ by a multiple of the identity.

    Args:
        matrix: the prepared matrix A, shape (n, n).
        shifts: a distribution to draw from at every restart, or fixed values, shape (k,).
        right_hand_sides: fixed, shape (k, n); None draws truncated normal vectors, some at a
            time, so that memory does not grow with ``length``.
        length: number of systems; fewer fixed values or vectors are used over and over.
        method, stopping: how each is solved, from a start of zeros.

    The context of a system is its shift.

    Raises:
        ValueError: shapes that do not fit, entries that are not finite, or a shift that makes a
            diagonal entry zero.
    """

    def __init__(
        self,
        matrix: PreparedMatrix,
        shifts: BetaShifts | Floats,
        right_hand_sides: Floats | None = None,
        *,
        length: int = 5000,
        method: Method = "sor",
        stopping: Stopping = Stopping(),
    ) -> None:
        self.length = whole_number("length", length)
        self.matrix = matrix
        self.method = method
        self.stopping = stopping
        self.position = self.length
        self.is_random = isinstance(shifts, BetaShifts) or right_hand_sides is None
        self._source = shifts
        if isinstance(shifts, BetaShifts):
            self.context_bounds = shifts.bounds
        else:
            _check_rows("shifts", shifts, ())
            check_shifts(matrix, shifts)
            low, high = float(shifts.min()), float(shifts.max())
            # A constant context still needs an interval around it.
            self.context_bounds = (low, high) if low < high else (low - 1.0, high + 1.0)
        if right_hand_sides is not None:
            _check_rows("right_hand_sides", right_hand_sides, (matrix.size,))
        self._fixed_b = right_hand_sides
        self._shifts: Floats = np.empty(0)
        self._optima: Floats | None = None
        self._rng: np.random.Generator | None = None
        self._block: Floats = np.empty((0, matrix.size))
        self._block_start = 0

    @functools.cached_property
    def jacobi_radius(self) -> float | None:
        """The largest Jacobi spectral radius of the sequence; None where no theory applies.

        That is for ``sor`` on a symmetric matrix with a constant diagonal, all shifted diagonals
        positive. From 1 on, some systems are not positive definite or not consistently ordered.
        """
        matrix = self.matrix
        lowest = self._source.low if isinstance(self._source, BetaShifts) else self._source.min()
        diagonal = matrix.diagonal
        if self.method != "sor" or np.ptp(diagonal) > 0.0 or not matrix.is_symmetric:
            return None
        if diagonal[0] <= 0.0 or diagonal[0] + lowest <= 0.0:
            return None
        base = float(diagonal[0])
        return spectral_radius_jacobi(matrix) * base / (base + float(lowest))

    def restart(self, rng: np.random.Generator) -> None:
        """Draw shifts first, then right-hand sides as they are needed."""
        source = self._source
        self._shifts = source.draw(rng, self.length) if isinstance(source, BetaShifts) else source
        self._optima = None
        self._rng = rng
        self._block = self._block[:0]
        self._block_start = 0
        self.position = 0

    def current(self) -> LinearSystem:
        """The system at ``position``."""
        t = self.position
        if t >= self.length:
            raise IndexError("no system to solve: call restart(rng), or reset the environment")
        shift = float(self._shifts[t % self._shifts.size])
        return LinearSystem(self._right_hand_side(t), shift, None, shift)

    def _right_hand_side(self, t: int) -> Floats:
        if self._fixed_b is not None:
            fixed: Floats = self._fixed_b[t % len(self._fixed_b)]
            return fixed
        if t >= self._block_start + len(self._block):
            assert self._rng is not None
            self._block_start = t
            count = min(_BLOCK, self.length - t)
            self._block = truncated_normal_vectors(self._rng, count, self.matrix.size)
        drawn: Floats = self._block[t - self._block_start]
        return drawn

    def advance(self, x: Floats) -> None:
        """Go to the next system (they do not depend on each other's solutions)."""
        self.position += 1

    @property
    def has_optimal_omega(self) -> bool:
        """Whether the Jacobi radius is known and below 1, which Young's formula needs."""
        return self.jacobi_radius is not None and self.jacobi_radius < 1.0

    def optimal_omega(self) -> float | None:
        """Young's factor of the current system, or None.

        It is optimal for consistently ordered matrices; for others it is an approximation.
        """
        if not self.has_optimal_omega:
            return None
        if self._optima is None:
            self._optima = optimal_omegas_of_shifts(self.matrix, self._shifts)
        return float(self._optima[self.position % self._optima.size])


def _check_rows(name: str, values: Floats, row: tuple[int, ...]) -> None:
    if values.shape[1:] != row or len(values) < 1:
        expected = ", ".join(["k >= 1", *map(str, row)])
        raise ValueError(f"{name}: expected shape ({expected}), got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: expected finite entries")

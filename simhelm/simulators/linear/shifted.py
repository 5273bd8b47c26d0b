"""Diagonally shifted systems (A + c_t I) x = b_t, the first experiment of Learning to Relax."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.linear.matrix import PreparedMatrix
from simhelm.simulators.linear.sequence import LinearSystem, SystemSequence
from simhelm.simulators.linear.solvers import Method, Stopping
from simhelm.simulators.linear.theory import optimal_omegas_of_shifts

Floats = NDArray[np.float64]


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
        shifts: a distribution to draw from at every restart, or fixed values, shape (length,).
        right_hand_sides: fixed, shape (length, n); None draws truncated normal vectors.
        length: number of systems.
        method, stopping: how each is solved, from a start of zeros.

    The context of a system is its shift.
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
        if length < 1:
            raise ValueError(f"length: expected at least 1 system, got {length!r}")
        self.matrix = matrix
        self.method = method
        self.stopping = stopping
        self.length = length
        self.position = length
        self.is_random = isinstance(shifts, BetaShifts) or right_hand_sides is None
        self._source = shifts
        self._fixed_b = right_hand_sides
        self.shifts: Floats = np.empty(0)
        self.right_hand_sides: Floats = np.empty((0, matrix.size))
        self._optima: Floats | None = None
        if isinstance(shifts, BetaShifts):
            self.context_bounds = shifts.bounds
        else:
            _check_shape("shifts", shifts, (length,))
            low, high = float(shifts.min()), float(shifts.max())
            # A constant context still needs an interval around it.
            self.context_bounds = (low, high) if low < high else (low - 1.0, high + 1.0)
        if right_hand_sides is not None:
            _check_shape("right_hand_sides", right_hand_sides, (length, matrix.size))

    def restart(self, rng: np.random.Generator) -> None:
        """Draw shifts first, then right-hand sides, as the reference recipe does."""
        source, fixed = self._source, self._fixed_b
        self.shifts = source.draw(rng, self.length) if isinstance(source, BetaShifts) else source
        self.right_hand_sides = (
            truncated_normal_vectors(rng, self.length, self.matrix.size) if fixed is None else fixed
        )
        self._optima = None
        self.position = 0

    def current(self) -> LinearSystem:
        """The system at ``position``."""
        t = self.position
        if t >= self.length:
            raise IndexError("all systems of the sequence are solved: call restart(rng)")
        shift = float(self.shifts[t])
        return LinearSystem(self.right_hand_sides[t], shift, None, shift)

    def advance(self, x: Floats) -> None:
        """Go to the next system (they do not depend on each other's solutions)."""
        self.position += 1

    def optimal_omega(self) -> float | None:
        """Young's factor of the current system; None without a constant diagonal."""
        if self._optima is None:
            if np.ptp(self.matrix.diagonal) > 0.0:
                return None
            self._optima = optimal_omegas_of_shifts(self.matrix, self.shifts)
        return float(self._optima[self.position])


def _check_shape(name: str, values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: expected finite entries")

"""Many systems that are advanced interval by interval, each with a scheme of its own."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.nbody.integration import memory_size, relative_errors
from simhelm.simulators.nbody.kernels import Integers
from simhelm.simulators.nbody.kernels.batch import advance_range
from simhelm.simulators.nbody.kernels.diagnostics import total_energies
from simhelm.simulators.nbody.kernels.encounter import FEATURES, describe_range
from simhelm.simulators.nbody.system import Floats, System
from simhelm.simulators.nbody.threads import over_threads

# A limit that no sensible interval meets, so that a collision ends with a reason.
_MOST_STEPS = 500_000


class SystemBatch:
    """``count`` systems of ``bodies`` bodies.

    Attributes:
        masses: shape (count, bodies); ``positions`` and ``velocities`` (count, bodies, 3).
        errors: shape (count,), (E - E_start) / |E_start| of each, signed.
        start_energies: shape (count,), E_start.
    """

    def __init__(self, count: int, bodies: int, *, threads: int = 1) -> None:
        self.masses: Floats = np.ones((count, bodies))
        self.positions: Floats = np.zeros((count, bodies, 3))
        self.velocities: Floats = np.zeros((count, bodies, 3))
        self.errors: Floats = np.zeros(count)
        self.start_energies: Floats = -np.ones(count)
        self._memory: Floats = np.zeros((count, memory_size(bodies)))
        self._threads = threads

    def __len__(self) -> int:
        return int(self.errors.size)

    def place(self, index: int, system: System) -> None:
        """Put a system at a place; its energy error starts at 0."""
        self.masses[index] = system.masses
        self.positions[index] = system.positions
        self.velocities[index] = system.velocities
        self.errors[index] = 0.0
        self._memory[index] = 0.0
        one = slice(index, index + 1)
        self.start_energies[one] = total_energies(
            self.masses[one], self.positions[one], self.velocities[one], 0.0
        )

    def repeat(self, index: int, count: int) -> SystemBatch:
        """``count`` copies of the system at a place, in their present state."""
        chosen = np.full(count, index)
        twin = copy.copy(self)
        for name, array in vars(self).items():
            if isinstance(array, np.ndarray):
                setattr(twin, name, array[chosen])
        return twin

    def snapshot(self, which: NDArray[np.intp]) -> tuple[Floats, ...]:
        """The state of the chosen systems, for :meth:`restore`."""
        arrays = (self.positions, self.velocities, self.errors, self._memory)
        return tuple(array[which] for array in arrays)

    def restore(self, which: NDArray[np.intp], state: tuple[Floats, ...]) -> None:
        """Set the chosen systems back to a snapshot."""
        self.positions[which], self.velocities[which], self.errors[which], self._memory[which] = (
            state
        )

    def advance(
        self, which: NDArray[np.intp], schemes: Integers, parameters: Floats, duration: float
    ) -> tuple[Integers, Integers]:
        """Advance the chosen systems; returns (outcome codes, force evaluations), shape (K,).

        Args:
            which: shape (K,), distinct places.
            schemes: shape (K, 3), ``Scheme.codes``; ``parameters``: shape (K,).
            duration: in time units.
        """
        masses, memory = self.masses[which], self._memory[which]
        x, v = self.positions[which], self.velocities[which]
        counts = np.zeros((which.size, 3), dtype=np.int64)
        durations, reached = np.full(which.size, duration), np.zeros(which.size)

        def work(first: int, end: int) -> None:
            advance_range(
                first, end, schemes, parameters, 0.0, _MOST_STEPS, 0.0,
                masses, x, v, memory, durations, counts, reached,
            )  # fmt: skip

        over_threads(work, which.size, self._threads)
        self.positions[which], self.velocities[which], self._memory[which] = x, v, memory
        energies = total_energies(masses, x, v, 0.0)
        self.errors[which] = relative_errors(self.start_energies[which], energies)
        return counts[:, 0], counts[:, 2]

    def describe(self, interval: float) -> Floats:
        """Features of every system, shape (count, 4); see kernels/encounter.py."""
        out = np.empty((len(self), FEATURES))
        describe_range(0, len(self), self.masses, self.positions, self.velocities, interval, out)
        return out

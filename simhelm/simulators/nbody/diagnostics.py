"""Conserved quantities of a system, with compensated summation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from simhelm.simulators.nbody.kernels.diagnostics import total_energy, total_momenta
from simhelm.simulators.nbody.system import Floats, System, check_system


def energy(
    masses: ArrayLike, positions: ArrayLike, velocities: ArrayLike, *, softening: float = 0.0
) -> float:
    """Kinetic plus potential energy, in units where G = 1; arguments as for ``integrate``."""
    system = check_system(masses, positions, velocities)
    return total_energy(system.masses, system.positions, system.velocities, softening**2)


def momentum(masses: ArrayLike, positions: ArrayLike, velocities: ArrayLike) -> Floats:
    """Total linear momentum, shape (3,), in mass x length / time."""
    linear, _ = _momenta(check_system(masses, positions, velocities))
    return linear


def angular_momentum(masses: ArrayLike, positions: ArrayLike, velocities: ArrayLike) -> Floats:
    """Total angular momentum about the origin, shape (3,), in mass x length^2 / time."""
    _, angular = _momenta(check_system(masses, positions, velocities))
    return angular


def _momenta(system: System) -> tuple[Floats, Floats]:
    out: Floats = np.empty((2, 3))
    total_momenta(system.masses, system.positions, system.velocities, out)
    linear, angular = out[0].copy(), out[1].copy()
    return linear, angular

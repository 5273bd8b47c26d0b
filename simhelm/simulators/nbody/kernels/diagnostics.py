"""Energy and momenta, summed with compensation: errors of 1e-14 are of interest here."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.nbody.kernels import Floats


@compiled
def _sum(total: float, carry: float, term: float) -> tuple[float, float]:
    """Neumaier's compensated addition."""
    new = total + term
    if abs(total) >= abs(term):
        carry += (total - new) + term
    else:
        carry += (term - new) + total
    return new, carry


@compiled
def total_energy(masses: Floats, x: Floats, v: Floats, soft2: float) -> float:
    """Kinetic plus potential energy, G = 1."""
    total, carry = 0.0, 0.0
    for i in range(masses.size):
        for k in range(3):
            total, carry = _sum(total, carry, 0.5 * masses[i] * v[i, k] * v[i, k])
        for j in range(i + 1, masses.size):
            r2 = soft2
            for k in range(3):
                r2 += (x[i, k] - x[j, k]) ** 2
            total, carry = _sum(total, carry, -masses[i] * masses[j] / np.sqrt(r2))
    return total + carry


@compiled
def total_momenta(masses: Floats, x: Floats, v: Floats, out: Floats) -> None:
    """Fill ``out``, shape (2, 3): linear momentum, then angular momentum about the origin."""
    for k in range(3):
        one, other = (k + 1) % 3, (k + 2) % 3
        linear, carry = 0.0, 0.0
        turn, lost = 0.0, 0.0
        for i in range(masses.size):
            linear, carry = _sum(linear, carry, masses[i] * v[i, k])
            turn, lost = _sum(turn, lost, masses[i] * x[i, one] * v[i, other])
            turn, lost = _sum(turn, lost, -masses[i] * x[i, other] * v[i, one])
        out[0, k], out[1, k] = linear + carry, turn + lost


@compiled
def total_energies(masses: Floats, x: Floats, v: Floats, soft2: float) -> Floats:
    """:func:`total_energy` of a batch with E systems, shape (E,)."""
    out = np.empty(masses.shape[0])
    for s in range(out.size):
        out[s] = total_energy(masses[s], x[s], v[s], soft2)
    return out

"""Where the energy of a run went."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from simhelm.simulators.fem.arrays import Floats
from simhelm.simulators.fem.integration import Load, State, System


@dataclasses.dataclass(frozen=True, eq=False)
class EnergyAccount:
    """Energies at every step, shape (steps + 1, k), J (a metre of thickness in the plane).

    Attributes:
        kinetic, strain: stored.
        dissipated: by Rayleigh damping since the start.
        load_work: done by the load since the start.
        drive_work: done by what moves the driven degrees of freedom since the start.
    """

    kinetic: Floats
    strain: Floats
    dissipated: Floats
    load_work: Floats
    drive_work: Floats

    @property
    def imbalance(self) -> Floats:
        """Stored less start, plus dissipated, less work: what the scheme loses or makes.

        Zero up to rounding for average acceleration (Newmark with gamma = 1/2, beta = 1/4).
        """
        stored = self.kinetic + self.strain
        imbalance: Floats = stored - stored[0] + self.dissipated - self.load_work - self.drive_work
        return imbalance


def energy_account(
    system: System, dt: float, states: Iterable[State], load: Load | None = None
) -> EnergyAccount:
    """Account for the energy of the states of a run, as they go by.

    Work is force times displacement with the mean force of a step, dissipation uses the mean
    velocity: exact for average acceleration.

    Args:
        system: the structure.
        dt: time step, s.
        states: of all steps in order, from :meth:`Stepper.march`.
        load: the run's load.
    """
    rows: list[Floats] = []
    before: tuple[State, Floats] | None = None
    totals = np.zeros((3, 1))
    for state in states:
        reaction = _unbalanced(system, state, load)
        if before is None:
            totals = np.zeros((3, state.displacement.shape[1]))
        else:
            totals = totals + _exchanged(system, dt, before, (state, reaction), load)
        rows.append(np.concatenate([_stored(system, state), totals]))
        before = (state, reaction)
    return EnergyAccount(*np.stack(rows, axis=1))


def _stored(system: System, state: State) -> Floats:
    u, v = state.displacement, state.velocity
    return 0.5 * np.stack([(v * (system.mass @ v)).sum(0), (u * (system.stiffness @ u)).sum(0)])


def _exchanged(
    system: System,
    dt: float,
    old: tuple[State, Floats],
    new: tuple[State, Floats],
    load: Load | None,
) -> Floats:
    """Dissipation, work of the load and work of the drive in one step, shape (3, k)."""
    moved = new[0].displacement - old[0].displacement
    dissipated = np.zeros(moved.shape[1])
    load_work = np.zeros(moved.shape[1])
    if system.damping_matrix is not None:
        dissipated = (moved * (system.damping_matrix @ moved)).sum(0) / dt
    if load is not None:
        mean = 0.5 * (load.at(old[0].step) + load.at(new[0].step))
        load_work = (mean * moved).sum(0)
    reaction = 0.5 * (old[1] + new[1])
    drive_work = (reaction * moved[system.driven]).sum(0)
    return np.stack([dissipated, load_work, drive_work])


def _unbalanced(system: System, state: State, load: Load | None) -> Floats:
    """Forces that hold the driven degrees of freedom on their way, shape (driven, k)."""
    rows = system.driven
    force: Floats = system.mass[rows] @ state.acceleration
    force += system.stiffness[rows] @ state.displacement
    if system.damping_matrix is not None:
        force += system.damping_matrix[rows] @ state.velocity
    if load is not None:
        force -= load.at(state.step)[rows]
    return force

"""Integrate one few-body system, or many at once."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.core.checks import whole_number
from simhelm.core.end_reason import EndReason
from simhelm.simulators.nbody import kernels
from simhelm.simulators.nbody.kernels.batch import advance_range
from simhelm.simulators.nbody.kernels.diagnostics import total_energies
from simhelm.simulators.nbody.kernels.gauss_radau import HEADER
from simhelm.simulators.nbody.scheme import Criterion, Method, Scheme
from simhelm.simulators.nbody.system import Floats, System, check_system
from simhelm.simulators.nbody.threads import over_threads

END_REASONS: dict[int, EndReason] = {
    kernels.COMPLETED: EndReason.COMPLETED,
    kernels.NOT_FINITE: EndReason.NOT_FINITE,
    kernels.STEP_LIMIT: EndReason.STEP_LIMIT,
    kernels.STEP_UNDERFLOW: EndReason.STEP_UNDERFLOW,
    kernels.CLOSE_APPROACH: EndReason.CLOSE_APPROACH,
}


@dataclasses.dataclass(frozen=True)
class Limits:
    """What ends a run before its end time, and the softening of the force.

    Attributes:
        softening: Plummer softening length, at least 0, in the unit of length.
        max_steps: sub-steps of a run, at least 1.
        closest_approach: a pair nearer than this ends the run; 0 for never, in the unit of
            length. Looked at after every sub-step.
    """

    softening: float = 0.0
    max_steps: int = 10_000_000
    closest_approach: float = 0.0

    def __post_init__(self) -> None:
        whole_number("max_steps", self.max_steps)
        for name in ("softening", "closest_approach"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name}: expected a finite length >= 0, got {value!r}")

    @property
    def numbers(self) -> tuple[float, int, float]:
        """(softening^2, steps, distance^2) as the kernels take them."""
        return self.softening**2, int(self.max_steps), self.closest_approach**2


@dataclasses.dataclass(frozen=True, eq=False)
class NBodyResult:
    """One integration.

    Attributes:
        positions, velocities: shape (N, 3), at ``time``; finite, whatever the reason.
        time: the end time, to the bit, where the reason is COMPLETED; else where it stopped.
        end_reason: COMPLETED, STEP_LIMIT, STEP_UNDERFLOW, CLOSE_APPROACH or NOT_FINITE (then
            the state is that of the start).
        steps: sub-steps, rejected ones included.
        force_evaluations: passes over all pairs for accelerations (with jerks for Hermite), or
            for their second derivatives (Hermite 6): the cost.
        energy_error: (E - E_start) / |E_start|, signed; the difference itself where E_start is 0.
    """

    positions: Floats
    velocities: Floats
    time: float
    end_reason: EndReason
    steps: int
    force_evaluations: int
    energy_error: float


@dataclasses.dataclass(frozen=True, eq=False)
class BatchResult:
    """Many integrations; arrays of :class:`NBodyResult`'s attributes, one row a system.

    Attributes:
        positions, velocities: shape (E, N, 3).
        times, energy_errors: shape (E,), float64.
        end_reasons: E reasons.
        steps, force_evaluations: shape (E,), int64.
    """

    positions: Floats
    velocities: Floats
    times: Floats
    end_reasons: tuple[EndReason, ...]
    steps: NDArray[np.int64]
    force_evaluations: NDArray[np.int64]
    energy_errors: Floats

    def __getitem__(self, index: int) -> NBodyResult:
        return NBodyResult(
            self.positions[index],
            self.velocities[index],
            float(self.times[index]),
            self.end_reasons[index],
            int(self.steps[index]),
            int(self.force_evaluations[index]),
            float(self.energy_errors[index]),
        )


def integrate(
    masses: ArrayLike,
    positions: ArrayLike,
    velocities: ArrayLike,
    t_end: float,
    *,
    t_start: float = 0.0,
    method: Method = "hermite4",
    step_parameter: float = 0.01,
    criterion: Criterion | None = None,
    passes: int = 1,
    softening: float = 0.0,
    max_steps: int = 10_000_000,
    closest_approach: float = 0.0,
) -> NBodyResult:
    """Integrate N bodies from ``t_start`` to exactly ``t_end``, in units where G = 1.

    Three bodies with zero third components take a faster path under Hermite's defaults.

    Args:
        masses: shape (N,), positive.
        positions, velocities: shape (N, 3), or (N, 2) for the plane.
        t_end, t_start: times, ``t_end`` not before ``t_start``.
        method, step_parameter, criterion, passes: see :class:`Scheme`.
        softening, max_steps, closest_approach: see :class:`Limits`.

    Raises:
        ValueError, TypeError: input that is refused, with what was expected.
    """
    system = check_system(masses, positions, velocities)
    return integrate_batch(
        [system],
        t_end,
        t_start=t_start,
        scheme=Scheme(method, step_parameter, criterion, passes),
        limits=Limits(softening, max_steps, closest_approach),
    )[0]


def integrate_batch(
    systems: Sequence[System],
    t_end: float,
    *,
    t_start: float = 0.0,
    scheme: Scheme | Sequence[Scheme] = Scheme("hermite4", 0.01),  # noqa: B008 - frozen
    limits: Limits = Limits(),
    threads: int = 1,
) -> BatchResult:
    """Integrate independent systems of equal size; equal to one :func:`integrate` each, to the bit.

    Args:
        systems: E systems of N bodies, made by :func:`check_system` or an initial condition.
        t_end, t_start: times, as there.
        scheme: one for all, or one a system.
        limits: the same for all.
        threads: threads that share the systems; results do not depend on it.

    Raises:
        ValueError: no systems, systems of different sizes, or times in the wrong order.
    """
    duration = _duration(t_start, t_end)
    threads = whole_number("threads", threads)
    if not systems or len({system.size for system in systems}) != 1:
        raise ValueError(
            "systems: expected at least one, all with the same number of bodies, got sizes "
            f"{[system.size for system in systems]}"
        )
    count = len(systems)
    schemes = [scheme] * count if isinstance(scheme, Scheme) else list(scheme)
    if len(schemes) != count:
        raise ValueError(f"scheme: expected one or {count} schemes, got {len(schemes)}")
    masses = np.stack([system.masses for system in systems])
    x = np.stack([system.positions for system in systems])
    v = np.stack([system.velocities for system in systems])
    before = total_energies(masses, x, v, limits.softening**2)
    codes = np.array([s.codes for s in schemes], dtype=np.int64)
    parameters = np.array([float(s.step_parameter) for s in schemes])
    counts, reached = np.zeros((count, 3), dtype=np.int64), np.zeros(count)
    memory = np.zeros((count, memory_size(systems[0].size)))
    durations = np.full(count, duration)

    def work(first: int, end: int) -> None:
        advance_range(
            first, end, codes, parameters, *limits.numbers,
            masses, x, v, memory, durations, counts, reached,
        )  # fmt: skip

    over_threads(work, count, threads)
    errors = relative_errors(before, total_energies(masses, x, v, limits.softening**2))
    times = np.where(reached == duration, t_end, t_start + reached)
    reasons = tuple(END_REASONS[int(code)] for code in counts[:, 0])
    return BatchResult(x, v, times, reasons, counts[:, 1], counts[:, 2], errors)


def memory_size(bodies: int) -> int:
    """Numbers a system that Gauss-Radau carries from one call to the next."""
    return HEADER + 42 * bodies


def relative_errors(before: Floats, after: Floats) -> Floats:
    """(after - before) / |before|, the difference itself where ``before`` is 0."""
    return (after - before) / np.where(before == 0.0, 1.0, np.abs(before))


def _duration(t_start: float, t_end: float) -> float:
    if not (math.isfinite(t_start) and math.isfinite(t_end)):
        raise ValueError(f"t_end: expected finite times, got {t_start!r} and {t_end!r}")
    if t_end < t_start:
        raise ValueError(
            f"t_end: expected a time not before t_start = {t_start!r}, got {t_end!r}; to go "
            "backwards, reverse the velocities"
        )
    return float(t_end) - float(t_start)

"""Stepping M a + C v + K u = f through time, many right-hand sides at once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np
import scipy.sparse

from simhelm.core.checks import whole_number
from simhelm.core.end_reason import EndReason
from simhelm.simulators.fem.arrays import Floats, Integers, Matrix
from simhelm.simulators.fem.factorisation import Factorisation
from simhelm.simulators.fem.material import Rayleigh
from simhelm.simulators.fem.scheme import Scheme

NOWHERE: Integers = np.zeros(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, eq=False)
class System:
    """The matrices of a structure and which of its n degrees of freedom are prescribed.

    Attributes:
        mass, stiffness: symmetric, shape (n, n), kg and N/m (a metre of thickness in the plane).
        damping: Rayleigh's constants.
        fixed: numbers of degrees of freedom that stay at zero.
        driven: numbers of degrees of freedom whose displacement is prescribed.

    Raises:
        ValueError: matrices of different shape, or numbers that repeat or lie outside.
    """

    mass: Matrix
    stiffness: Matrix
    damping: Rayleigh = dataclasses.field(default_factory=Rayleigh)
    fixed: Integers = dataclasses.field(default_factory=lambda: NOWHERE)
    driven: Integers = dataclasses.field(default_factory=lambda: NOWHERE)

    def __post_init__(self) -> None:
        n = self.mass.shape[0]
        if self.mass.shape != (n, n) or self.stiffness.shape != (n, n):
            raise ValueError(
                "mass, stiffness: expected square matrices of one size, got "
                f"{self.mass.shape} and {self.stiffness.shape}"
            )
        held = np.concatenate([self.fixed, self.driven])
        inside = not held.size or 0 <= held.min() <= held.max() < n
        if len(np.unique(held)) < len(held) or not inside:
            raise ValueError(f"fixed, driven: expected different numbers in 0 to {n - 1}")

    @property
    def size(self) -> int:
        """N."""
        return int(self.mass.shape[0])

    @functools.cached_property
    def free(self) -> Integers:
        """Numbers of the degrees of freedom that are solved for, rising."""
        free = np.ones(self.size, dtype=bool)
        free[self.fixed] = False
        free[self.driven] = False
        numbers: Integers = np.flatnonzero(free)
        return numbers

    @functools.cached_property
    def damping_matrix(self) -> Matrix | None:
        """C, or None where there is no damping."""
        if self.damping == Rayleigh():
            return None
        matrix = self.damping.mass * self.mass + self.damping.stiffness * self.stiffness
        return scipy.sparse.csr_array(matrix)


@dataclasses.dataclass(frozen=True, eq=False)
class Load:
    """Forces that keep their pattern in space: f_k(t_n) = pattern_k * signal_k(n).

    Attributes:
        patterns: shape (n, k), one column a right-hand side, N (a metre in the plane).
        signals: shape (steps + 1, k), pure numbers.
    """

    patterns: Floats
    signals: Floats

    def at(self, step: int) -> Floats:
        """Forces of all right-hand sides at t_step, shape (n, k)."""
        forces: Floats = self.patterns * self.signals[step]
        return forces


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """Motion at one instant, arrays of shape (n, k), not to be changed.

    Attributes:
        step: counts from 0; the time is step * dt.
        displacement, velocity, acceleration: m, m/s, m/s^2.
    """

    step: int
    displacement: Floats
    velocity: Floats
    acceleration: Floats

    @property
    def is_finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(self.displacement).all() and np.isfinite(self.acceleration).all())


class Stepper:
    """One structure with one scheme: the effective matrix is factorised once.

    Args:
        system: the structure.
        scheme: the scheme with its step.

    Attributes:
        setup_work, step_work: multiplications of the factorisation, and of a step of one
            right-hand side.
    """

    def __init__(self, system: System, scheme: Scheme) -> None:
        self.system, self.scheme = system, scheme
        free, driven = system.free, system.driven
        s = scheme
        weight = 1.0 - s.force_share
        effective = (1.0 - s.mass_share) * system.mass
        effective = effective + weight * s.beta * s.dt**2 * system.stiffness
        damping = system.damping_matrix
        if damping is not None:
            effective = effective + weight * s.gamma * s.dt * damping
        rows = scipy.sparse.csr_array(effective)[free]
        self._factors = Factorisation(rows[:, free])
        self._coupling = rows[:, driven]
        self._stiffness = system.stiffness[free]
        self._damping = None if damping is None else damping[free]
        self._mass = system.mass[free] if s.mass_share else None
        used = [self._coupling, self._stiffness, self._damping, self._mass]
        self.setup_work = self._factors.setup_work
        self.step_work = self._factors.solve_work + sum(m.nnz for m in used if m is not None)

    def march(
        self, steps: int, *, load: Load | None = None, motion: Floats | None = None,
        start: State | None = None,
    ) -> Iterator[State]:  # fmt: skip
        """Yield the states at steps 0 to ``steps``; the arrays of each are its own.

        Args:
            steps: at least 1.
            load: forces, zero by default.
            motion: displacements of the driven degrees of freedom at every step, shape
                (steps + 1, driven, k), m.
            start: motion at step 0 (whatever step it is from), at rest by default. On driven
                degrees of freedom its displacement has to be the motion's.

        Raises:
            ValueError: arrays that do not fit the system, the steps and each other.
        """
        whole_number("steps", steps)
        columns = self._columns(steps, load, motion, start)
        if start is None:
            start = self._from_rest(columns, load, motion)
        state = dataclasses.replace(start, step=0)
        yield state
        for step in range(1, steps + 1):
            target = None if motion is None else motion[step]
            # What overflows is reported by its state, not by a warning.
            with np.errstate(over="ignore", invalid="ignore"):
                state = self._step(state, load, target)
            yield state

    def _step(self, old: State, load: Load | None, target: Floats | None) -> State:
        s, system = self.scheme, self.system
        u = old.displacement + s.dt * old.velocity + (s.dt**2 * (0.5 - s.beta)) * old.acceleration
        v = old.velocity + (s.dt * (1.0 - s.gamma)) * old.acceleration
        a = np.zeros_like(u)
        right = self._right_hand_side(old, load, u, v)
        if target is not None:
            # What the scheme itself turns into the wanted displacement; anything else breaks
            # the equivalence with the structure that the motion was taken from.
            driven = (target - u[system.driven]) / (s.beta * s.dt**2)
            a[system.driven] = driven
            right -= self._coupling @ driven
        a[system.free] = self._factors.solve(right)
        u += (s.beta * s.dt**2) * a
        v += (s.gamma * s.dt) * a
        u[system.fixed] = v[system.fixed] = 0.0
        return State(old.step + 1, u, v, a)

    def _right_hand_side(self, old: State, load: Load | None, u: Floats, v: Floats) -> Floats:
        """Everything known of the balance at the intermediate time, on the free rows."""
        s = self.scheme
        right: Floats = -(self._stiffness @ _between(u, old.displacement, s.force_share))
        if self._damping is not None:
            right -= self._damping @ _between(v, old.velocity, s.force_share)
        if self._mass is not None:
            right -= s.mass_share * (self._mass @ old.acceleration)
        if load is not None:
            signal = _between(load.signals[old.step + 1], load.signals[old.step], s.force_share)
            right += load.patterns[self.system.free] * signal
        return right

    def _from_rest(self, columns: int, load: Load | None, motion: Floats | None) -> State:
        """Zero motion; forces that act already at the start accelerate the free part."""
        u, v, a = np.zeros((3, self.system.size, columns))
        if motion is not None:
            u[self.system.driven] = motion[0]
        right = -(self._stiffness @ u)
        if load is not None:
            right += load.at(0)[self.system.free]
        if right.any():
            free = self.system.free
            a[free] = Factorisation(self.system.mass[free][:, free]).solve(right)
        return State(0, u, v, a)

    def _columns(
        self, steps: int, load: Load | None, motion: Floats | None, start: State | None
    ) -> int:
        """The common number of right-hand sides, after checks of all shapes."""
        n, driven = self.system.size, len(self.system.driven)
        if (motion is None) != (driven == 0):
            raise ValueError(f"motion: expected for {driven} driven degrees of freedom")
        found: set[int] = set()
        expected: list[tuple[str, Floats, tuple[int, ...]]] = []
        if load is not None:
            expected.append(("load.patterns", load.patterns, (n,)))
            expected.append(("load.signals", load.signals, (steps + 1,)))
        if motion is not None:
            expected.append(("motion", motion, (steps + 1, driven)))
        if start is not None:
            expected.append(("start", start.displacement, (n,)))
        for name, array, shape in expected:
            if array.shape[:-1] != shape or array.ndim != len(shape) + 1:
                raise ValueError(f"{name}: expected shape {(*shape, 'k')}, got {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{name}: expected finite numbers")
            found.add(array.shape[-1])
        if len(found) != 1:
            raise ValueError(
                f"load, motion, start: expected one number of right-hand sides, got {sorted(found)}"
            )
        return found.pop()


@dataclasses.dataclass(frozen=True, eq=False)
class TimeHistory:
    """What :func:`newmark` recorded.

    Attributes:
        times: shape (steps + 1,), s.
        displacement: shape (k, steps + 1, recorded degrees of freedom), m; where the reason is
            NOT_FINITE zeros from the first bad step on.
        final: the last finite state.
        end_reason: COMPLETED or NOT_FINITE.
        work: multiplications spent.
    """

    times: Floats
    displacement: Floats
    final: State
    end_reason: EndReason
    work: int


def newmark(
    system: System,
    scheme: Scheme,
    steps: int,
    *,
    load: Load | None = None,
    motion: Floats | None = None,
    start: State | None = None,
    record: Integers | None = None,
) -> TimeHistory:
    """Integrate in time and keep the displacements of chosen degrees of freedom.

    Args:
        system, scheme, steps, load, motion, start: see :class:`Stepper`.
        record: numbers to keep, all by default.

    Raises:
        ValueError: arrays that do not fit, or a matrix that cannot be factorised.
    """
    stepper = Stepper(system, scheme)
    chosen = np.arange(system.size) if record is None else record
    kept: list[Floats] = []
    reason = EndReason.COMPLETED
    for state in stepper.march(steps, load=load, motion=motion, start=start):
        if not state.is_finite:
            reason = EndReason.NOT_FINITE
            break
        last = state
        kept.append(state.displacement[chosen])
    displacement = np.zeros((steps + 1, len(chosen), kept[0].shape[1]))
    displacement[: len(kept)] = kept
    return TimeHistory(
        times=np.asarray(scheme.dt * np.arange(steps + 1.0), dtype=np.float64),
        displacement=np.ascontiguousarray(displacement.transpose(2, 0, 1)),
        final=last,
        end_reason=reason,
        work=stepper.setup_work + stepper.step_work * steps * displacement.shape[2],
    )


def _between(new: Floats, old: Floats, share: float) -> Floats:
    return new if share == 0.0 else (1.0 - share) * new + share * old

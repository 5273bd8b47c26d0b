"""A two-dimensional heat equation with a pulsing diffusion coefficient, by Crank-Nicolson.

Source: Khodak et al., Learning to Relax (ICLR 2024), App. G.2. The paper's text and its
published code differ in three places; both are here under ``variant``.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import numpy as np
import scipy.sparse

from simhelm.core.checks import whole_number
from simhelm.core.compiled import compiled
from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.linear.kernels import Floats, Indices
from simhelm.simulators.linear.matrix import prepare
from simhelm.simulators.linear.poisson import poisson2d
from simhelm.simulators.linear.sequence import LinearSystem, SystemSequence
from simhelm.simulators.linear.solvers import Stopping

HeatVariant = Literal["code", "paper"]


@dataclasses.dataclass(frozen=True)
class _Variant:
    """Where the paper's text and code differ (coefficients: 1/time, lengths: domain side)."""

    small_diffusion: float
    bump_exponent: float
    centre_uses_sine: bool


# In shorter steps nothing diffuses, and the scaling by 1 / s overflows.
_SHORTEST_STEP = 1e-12

VARIANTS: dict[HeatVariant, _Variant] = {
    "code": _Variant(small_diffusion=0.1, bump_exponent=1.0, centre_uses_sine=True),
    "paper": _Variant(small_diffusion=0.01, bump_exponent=0.0, centre_uses_sine=False),
}


class Heat2D(SystemSequence):
    """u_t = kappa(t) Laplace u + f(t, x) on the unit square, u = 0 on its edge, t in [0, t_end].

    kappa(t) = max(k sin 2 pi t, -10 sin 2 pi t) in (side length)^2 per unit of time, k = 0.1
    (code) or 0.01 (paper); f is 32 times a
    bump of radius 1/8 that circles the centre eight times a unit of time; u(0) is a bump of
    radius 1/4. Every step is one linear system, solved by SSOR-preconditioned CG from the
    previous step's temperature.

    The Crank-Nicolson system (I + s P) u' = (I - s P) u + dt f with P = poisson2d(nx - 1) and
    s = kappa dt nx^2 / 2 is handed out divided by s, so that only a diagonal shift 1/s changes
    from step to step: (P + I / s) u' = ((I - s P) u + dt f) / s.

    Args:
        nx: grid cells a side, at least 2; there are (nx - 1)^2 unknowns.
        steps: number of time steps.
        t_end: end time; a step lasts t_end / steps.
        variant: ``"code"`` (the published scripts) or ``"paper"`` (the text).
        stopping: tolerance and cap of every solve.

    Raises:
        TypeError, ValueError: an argument outside its range.

    Attributes:
        u: temperature, shape ((nx - 1)^2,), grid line by grid line.
        time: current time.

    The context is kappa at the start of the step, as in the published code.
    """

    def __init__(
        self,
        nx: int = 25,
        *,
        steps: int = 5000,
        t_end: float = 5.0,
        variant: HeatVariant = "code",
        stopping: Stopping = Stopping(),
    ) -> None:
        self.nx = whole_number("nx", nx, least=2)
        self.length = whole_number("steps", steps)
        if not (math.isfinite(t_end) and t_end / steps >= _SHORTEST_STEP):
            raise ValueError(
                f"t_end: expected a finite time of at least {_SHORTEST_STEP} a step, got {t_end!r}"
            )
        if variant not in VARIANTS:
            hint = did_you_mean(variant, VARIANTS)
            raise ValueError(f"variant: expected one of {tuple(VARIANTS)}, got {variant!r}{hint}")
        self.dt = t_end / steps
        self.stopping = stopping
        self.method = "ssor_pcg"
        self.is_random = False
        self.matrix = prepare(poisson2d(nx - 1))
        self.context_bounds = (0.0, 10.0)
        self._variant = VARIANTS[variant]
        self._coordinates = np.arange(1, nx) / nx
        self.position = 0
        self.time = 0.0
        self.u = self._initial()

    def restart(self, rng: np.random.Generator | None = None) -> None:
        """Back to t = 0. Nothing is random, so ``rng`` is not used."""
        self.position = 0
        self.time = 0.0
        self.u = self._initial()

    def diffusion(self, time: float) -> float:
        """kappa(time)."""
        wave = math.sin(2.0 * math.pi * time)
        return max(self._variant.small_diffusion * wave, -10.0 * wave)

    def current(self) -> LinearSystem:
        """The scaled Crank-Nicolson system of the coming step."""
        if self.position >= self.length:
            raise IndexError("the simulation reached t_end: call restart()")
        half = self.time + 0.5 * self.dt
        strength = self._strength(half)
        b = np.empty(self.u.size)
        indptr, indices, data, _ = self.matrix.arrays
        _right_hand_side(
            indptr,
            indices,
            data,
            self.u,
            strength,
            self._coordinates,
            *self._forcing_centre(half),
            self._variant.bump_exponent,
            32.0 * self.dt,
            b,
        )
        return LinearSystem(b, 1.0 / strength, self.u, self.diffusion(self.time))

    def system(self) -> tuple[scipy.sparse.csr_array[Any, Any], Floats]:
        """The unscaled Crank-Nicolson system (I + s P, b) of the coming step, assembled."""
        scaled = self.current()
        identity = scipy.sparse.identity(self.u.size, format="csr")
        strength = self._strength(self.time + 0.5 * self.dt)
        matrix = scipy.sparse.csr_array(identity + strength * self.matrix.to_scipy())
        return matrix, strength * scaled.b

    def advance(self, x: Floats) -> None:
        """Accept ``x`` as the temperature at the end of the step."""
        if x.shape != self.u.shape or not np.isfinite(x).all():
            raise ValueError(f"u: expected finite values of shape {self.u.shape}, got {x.shape}")
        self.u = x
        self.time += self.dt
        self.position += 1

    @property
    def has_optimal_omega(self) -> bool:
        """False: see :meth:`optimal_omega`."""
        return False

    def optimal_omega(self) -> float | None:
        """None: no closed form is known for SSOR-preconditioned CG."""
        return None

    def field(self) -> Floats:
        """Temperature with its zero boundary, shape (nx + 1, nx + 1), for pictures."""
        padded = np.zeros((self.nx + 1, self.nx + 1))
        padded[1:-1, 1:-1] = self.u.reshape(self.nx - 1, self.nx - 1)
        return padded

    def _strength(self, time: float) -> float:
        return 0.5 * self.diffusion(time) * self.dt * self.nx**2

    def _forcing_centre(self, time: float) -> tuple[float, float]:
        angle = 16.0 * math.pi * time
        second = math.sin(angle) if self._variant.centre_uses_sine else math.cos(angle)
        return 0.5 + math.cos(angle) / 4.0, 0.5 + second / 4.0

    def _initial(self) -> Floats:
        return bump_on_grid(self._coordinates, 0.5, 0.5, 0.25, self._variant.bump_exponent)


@compiled
def _bump(distance_squared: float, radius: float, exponent: float) -> float:
    q = distance_squared / (radius * radius)
    return math.exp(exponent - 1.0 / (1.0 - q)) if q < 1.0 else 0.0


@compiled
def bump_on_grid(
    coordinates: Floats, centre_x: float, centre_y: float, radius: float, exponent: float
) -> Floats:
    """exp(exponent - 1 / (1 - |x - centre|^2 / radius^2)) inside the radius, 0 outside.

    ``coordinates``, shape (m,), are those of either axis; the result has shape (m * m,), grid
    line by grid line.
    """
    m = coordinates.size
    values = np.empty(m * m)
    for i in range(m):
        for j in range(m):
            distance = (coordinates[i] - centre_x) ** 2 + (coordinates[j] - centre_y) ** 2
            values[i * m + j] = _bump(distance, radius, exponent)
    return values


@compiled
def _right_hand_side(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    u: Floats,
    strength: float,
    coordinates: Floats,
    centre_x: float,
    centre_y: float,
    exponent: float,
    amount: float,
    b: Floats,
) -> None:
    """Set b = ((I - strength P) u + amount * bump) / strength in one pass."""
    m = coordinates.size
    for i in range(m):
        for j in range(m):
            row = i * m + j
            product = 0.0
            for k in range(indptr[row], indptr[row + 1]):
                product += data[k] * u[indices[k]]
            distance = (coordinates[i] - centre_x) ** 2 + (coordinates[j] - centre_y) ** 2
            source = amount * _bump(distance, 0.125, exponent)
            b[row] = (u[row] + source) / strength - product

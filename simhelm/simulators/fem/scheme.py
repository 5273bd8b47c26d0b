"""Implicit time integration schemes: Newmark's family and generalised-alpha."""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Scheme:
    """Constants of one implicit scheme for M a + C v + K u = f.

    With both shares zero this is Newmark's method; its defaults (average acceleration) conserve
    energy, are unconditionally stable and of second order. :meth:`generalised_alpha` damps the
    highest frequencies.

    Source: Newmark, J. Eng. Mech. Div. 85 (1959) 67; Chung and Hulbert, J. Appl. Mech. 60 (1993)
    371, whose equation is taken with accelerations at t' - mass_share dt and the other terms at
    t' - force_share dt, t' being the end of the step.

    Attributes:
        dt: time step, positive, s.
        beta: positive; below gamma / 2 the scheme is only conditionally stable.
        gamma: at least 1/2 (below, free vibrations grow); above, it damps and is of first order.
        mass_share, force_share: alpha_m and alpha_f of the source, both below 1.

    Raises:
        ValueError: a constant outside its range.
    """

    dt: float
    beta: float = 0.25
    gamma: float = 0.5
    mass_share: float = 0.0
    force_share: float = 0.0

    def __post_init__(self) -> None:
        for name in ("dt", "beta"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
        least_gamma = 0.5 - self.mass_share + self.force_share
        if not (math.isfinite(self.gamma) and self.gamma >= least_gamma - 1e-12):
            raise ValueError(
                f"gamma: expected at least {least_gamma:g}, below which free vibrations grow, "
                f"got {self.gamma!r}"
            )
        for name in ("mass_share", "force_share"):
            value = getattr(self, name)
            if not -1.0 <= value < 1.0:
                raise ValueError(f"{name}: expected a number in [-1, 1), got {value!r}")

    @classmethod
    def generalised_alpha(cls, dt: float, spectral_radius: float) -> Scheme:
        """Second order, unconditionally stable, with chosen damping of the highest frequencies.

        Args:
            dt: time step, s.
            spectral_radius: what a step leaves of an infinitely fast vibration: 1 all of it, 0
                nothing.
        """
        if not 0.0 <= spectral_radius <= 1.0:
            raise ValueError(
                f"spectral_radius: expected a number in [0, 1], got {spectral_radius!r}"
            )
        mass = (2.0 * spectral_radius - 1.0) / (spectral_radius + 1.0)
        force = spectral_radius / (spectral_radius + 1.0)
        excess = force - mass
        return cls(dt, 0.25 * (1.0 + excess) ** 2, 0.5 + excess, mass, force)

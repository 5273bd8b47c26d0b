"""Isotropic linear elasticity: plane stress, plane strain and solids."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np

from simhelm.simulators.fem.arrays import Floats

Kind = Literal["plane_stress", "plane_strain", "solid"]
_KINDS: tuple[Kind, ...] = ("plane_stress", "plane_strain", "solid")


@dataclasses.dataclass(frozen=True)
class Material:
    """Isotropic linear elasticity; the defaults are aluminium.

    Attributes:
        young: mean Young's modulus, positive, Pa.
        poisson: Poisson's ratio, above -1 and below 1/2 (plane stress allows 1/2).
        density: positive, kg/m^3.
        kind: ``"plane_stress"``, ``"plane_strain"`` (2-D, a unit of thickness) or ``"solid"``.

    Raises:
        ValueError: a number outside its range.
    """

    young: float = 70e9
    poisson: float = 0.33
    density: float = 2700.0
    kind: Kind = "plane_stress"

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"kind: expected one of {_KINDS}, got {self.kind!r}")
        for name in ("young", "density"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
        most = 0.5 if self.kind == "plane_stress" else math.nextafter(0.5, 0.0)
        if not -1.0 < self.poisson <= most:
            raise ValueError(
                f"poisson: expected a ratio in (-1, 0.5{']' if most == 0.5 else ')'} for "
                f"{self.kind}, got {self.poisson!r}; locking sets in well below 0.5"
            )

    @property
    def dimension(self) -> int:
        """Of the meshes it is for: 2 or 3."""
        return 3 if self.kind == "solid" else 2

    @property
    def components(self) -> int:
        """Stress components: 3 (xx, yy, xy) or 6 (xx, yy, zz, xy, yz, xz)."""
        return 6 if self.kind == "solid" else 3

    @property
    def elasticity(self) -> Floats:
        """Stress from strain at Young's modulus 1, engineering shear, shape (c, c)."""
        ratio = self.poisson
        shear = 0.5 / (1.0 + ratio)
        if self.kind == "plane_stress":
            lame = ratio / (1.0 - ratio**2)
        else:
            lame = ratio / ((1.0 + ratio) * (1.0 - 2.0 * ratio))
        d, c = self.dimension, self.components
        matrix = np.diag(np.where(np.arange(c) < d, 2.0 * shear, shear))
        matrix[:d, :d] += lame
        return matrix

    @property
    def compression_speed(self) -> float:
        """Of plane compression waves, m/s."""
        return math.sqrt(self.young * float(self.elasticity[0, 0]) / self.density)

    @property
    def shear_speed(self) -> float:
        """Of shear waves, m/s."""
        return math.sqrt(0.5 * self.young / ((1.0 + self.poisson) * self.density))

    def checked_young(self, young: Floats | None, cells: int) -> Floats:
        """Young's modulus of every cell, shape (cells,), Pa; None for the mean everywhere.

        Raises:
            ValueError: the wrong shape, or a modulus that is not positive and finite.
        """
        if young is None:
            return np.full(cells, self.young)
        moduli = np.asarray(young, dtype=np.float64)
        if moduli.shape != (cells,):
            raise ValueError(f"young: expected one modulus a cell, ({cells},), got {moduli.shape}")
        if not (np.isfinite(moduli).all() and (moduli > 0.0).all()):
            raise ValueError(
                f"young: expected positive finite moduli, got a least of {np.min(moduli)!r}"
            )
        return moduli


@dataclasses.dataclass(frozen=True)
class Rayleigh:
    """Damping C = mass * M + stiffness * K.

    Attributes:
        mass: at least 0, 1/s.
        stiffness: at least 0, s.
    """

    mass: float = 0.0
    stiffness: float = 0.0

    def __post_init__(self) -> None:
        for name in ("mass", "stiffness"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"damping {name}: expected a finite number >= 0, got {value!r}")

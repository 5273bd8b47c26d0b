"""A few-body system, checked once."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class System:
    """Masses, positions and velocities of N bodies, in units where G = 1.

    Any lengths and masses go together with the time unit sqrt(length^3 / (G mass)).

    Attributes:
        masses: shape (N,), positive; N at least 2.
        positions, velocities: shape (N, 3).
    """

    masses: Floats
    positions: Floats
    velocities: Floats

    @property
    def size(self) -> int:
        """Number of bodies."""
        return int(self.masses.size)

    def centred(self) -> System:
        """The same system with its centre of mass at rest in the origin."""
        share = (self.masses / self.masses.sum())[:, None]
        return System(
            self.masses,
            self.positions - (share * self.positions).sum(axis=0),
            self.velocities - (share * self.velocities).sum(axis=0),
        )


def check_system(masses: ArrayLike, positions: ArrayLike, velocities: ArrayLike) -> System:
    """Copies as float64 in C order; planar input (N, 2) gets zero third components.

    Raises:
        ValueError: wrong shapes, fewer than two bodies, masses that are not positive, numbers
            that are not finite, or bodies in the same place.
    """
    m = np.array(masses, dtype=np.float64, order="C")
    if m.ndim != 1 or m.size < 2:
        raise ValueError(f"masses: expected shape (N,) with N at least 2, got shape {m.shape}")
    if not (np.isfinite(m).all() and (m > 0.0).all()):
        raise ValueError(f"masses: expected positive finite numbers, got {m.tolist()}")
    x, v = _vectors("positions", positions, m.size), _vectors("velocities", velocities, m.size)
    if np.unique(x, axis=0).shape[0] < m.size:
        raise ValueError("positions: two bodies are in the same place; move one of them")
    return System(m, x, v)


def _vectors(name: str, values: ArrayLike, bodies: int) -> Floats:
    given = np.array(values, dtype=np.float64, order="C")
    if given.shape not in ((bodies, 3), (bodies, 2)):
        raise ValueError(
            f"{name}: expected shape ({bodies}, 3) or ({bodies}, 2), got {given.shape}"
        )
    if not np.isfinite(given).all():
        raise ValueError(f"{name}: expected finite numbers, got {given.tolist()}")
    full = np.zeros((bodies, 3))
    full[:, : given.shape[1]] = given
    return full

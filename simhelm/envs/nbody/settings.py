"""What the discrete actions stand for."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.names import nearest
from simhelm.simulators.nbody import Scheme

Floats = NDArray[np.float64]
ActionKind = Literal["parameter", "method"]

#: The published grid of step parameters for the Hermite integrator.
PUBLISHED_MU: Floats = np.logspace(-4.0, -1.0, 10)
# Gauss-Radau's own error parameter, from precise to careless.
_EPSILONS: tuple[float, ...] = (1e-9, 1e-7, 1e-5, 1e-3)
# How many places a rejected choice moves in the grid; two make a Hermite step 4.6 times shorter.
_RETREAT = 2
# What replaces a rejected Hermite step where there is a choice of method: Gauss-Radau, 1e-5.
_FALLBACK = 12


class Settings:
    """A grid of schemes.

    Args:
        action: ``"parameter"`` for Hermite with the published grid of ten parameters,
            ``"method"`` for these and Gauss-Radau with four error parameters.

    Attributes:
        schemes: one an action, from fine to coarse within a method.
        codes: shape (K, 3), ``Scheme.codes``; ``parameters``: shape (K,).
        level: shape (K,), float64 in [-1, 1], from fine to coarse within its method.
        finer: shape (K,), the action that replaces a rejected one.
        features: shape (K, F), numbers that describe an action to a linear learner.
    """

    def __init__(self, action: ActionKind) -> None:
        if action not in ("parameter", "method"):
            hint = nearest(str(action), ("parameter", "method"))
            raise ValueError(f"action: expected 'parameter' or 'method', got {action!r}{hint}")
        hermite = [Scheme("hermite4", float(mu)) for mu in PUBLISHED_MU]
        radau = [Scheme("gauss_radau15", epsilon) for epsilon in _EPSILONS]
        self.schemes = tuple(hermite if action == "parameter" else hermite + radau)
        self.codes = np.array([scheme.codes for scheme in self.schemes], dtype=np.int64)
        self.parameters: Floats = np.array([scheme.step_parameter for scheme in self.schemes])
        groups = [np.arange(10), np.arange(10, len(self.schemes))]
        self.level: Floats = np.concatenate([np.linspace(-1.0, 1.0, g.size) for g in groups])
        self.finer = np.maximum(np.arange(len(self.schemes)) - _RETREAT, 0)
        if action == "method":
            # Where Hermite was too coarse there is an encounter, and Gauss-Radau is cheaper there
            # than a much finer Hermite.
            self.finer[:10] = _FALLBACK
            self.finer[10:] = np.maximum(np.arange(10, len(self.schemes)) - 1, 10)
        self.features: Floats = np.zeros((len(self.schemes), 2 if action == "parameter" else 4))
        self.features[:10, 0], self.features[:10, 1] = self.level[:10], -(self.level[:10] ** 2)
        if action == "method":
            self.features[10:, 2], self.features[10:, 3] = 1.0, self.level[10:]

    @property
    def names(self) -> tuple[str, ...]:
        """Short names of the actions, for tables."""
        signs = {"hermite4": "mu", "gauss_radau15": "Gauss-Radau eps"}
        return tuple(f"{signs[s.method]}={s.step_parameter:.3g}" for s in self.schemes)

    def nearest_mu(self, mu: float) -> int:
        """The Hermite action whose parameter is nearest, by ratio."""
        return int(np.abs(np.log(PUBLISHED_MU / mu)).argmin())

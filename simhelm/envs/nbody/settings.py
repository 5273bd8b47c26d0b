"""What the discrete actions stand for."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.nbody import Scheme

Floats = NDArray[np.float64]
ActionKind = Literal["parameter", "method"]

#: The published grid of step parameters for the Hermite integrator.
PUBLISHED_MU: Floats = np.logspace(-4.0, -1.0, 10)
#: Step parameters for Hermite of order 6, from precise to careless.
SIXTH_ORDER_MU: Floats = np.logspace(-2.0, -1.0, 6)
# Gauss-Radau's own error parameter, from precise to careless.
_EPSILONS: tuple[float, ...] = (1e-9, 1e-7, 1e-5, 1e-3)
# How many places a rejected choice of mu moves in the published grid: a step 4.6 times shorter.
_RETREAT = 2
# What replaces a rejected Hermite step where there is a choice of method: Gauss-Radau, 1e-5.
_FALLBACK = 1e-5


class Settings:
    """A grid of schemes.

    Args:
        action: ``"parameter"`` for Hermite of order 4 with the published grid of ten parameters,
            ``"method"`` for these, Hermite of order 6 with six and Gauss-Radau with four.

    Attributes:
        schemes: one an action, from fine to coarse within a method.
        codes: shape (K, 3), ``Scheme.codes``; ``parameters``: shape (K,).
        level: shape (K,), float64 in [-1, 1], from fine to coarse within its method.
        finer: shape (K,), the action that replaces a rejected one.
        features: shape (K, F), numbers that describe an action to a linear learner: of every
            method after the first whether it is used, of every method level and -level^2.
    """

    def __init__(self, action: ActionKind) -> None:
        if action not in ("parameter", "method"):
            hint = did_you_mean(str(action), ("parameter", "method"))
            raise ValueError(f"action: expected 'parameter' or 'method', got {action!r}{hint}")
        groups = [[Scheme("hermite4", float(mu)) for mu in PUBLISHED_MU]]
        if action == "method":
            groups.append([Scheme("hermite6", float(mu)) for mu in SIXTH_ORDER_MU])
            groups.append([Scheme("gauss_radau15", epsilon) for epsilon in _EPSILONS])
        self.schemes = tuple(scheme for group in groups for scheme in group)
        self.codes = np.array([scheme.codes for scheme in self.schemes], dtype=np.int64)
        self.parameters: Floats = np.array([scheme.step_parameter for scheme in self.schemes])
        self.level: Floats = np.concatenate([np.linspace(-1.0, 1.0, len(g)) for g in groups])
        self.finer = self._finer()
        self.features = self._features([len(group) for group in groups])

    def _finer(self) -> NDArray[np.intp]:
        places = np.arange(len(self.schemes))
        radau = self.codes[:, 0] == Scheme("gauss_radau15", _FALLBACK).codes[0]
        if not radau.any():
            return np.maximum(places - _RETREAT, 0)
        # Where Hermite was too coarse there is an encounter, and Gauss-Radau is cheaper there
        # than a much finer Hermite.
        fallback = np.flatnonzero(radau & (self.parameters == _FALLBACK))[0]
        places = np.maximum(places - 1, radau.argmax())
        found: NDArray[np.intp] = np.where(radau, places, fallback)
        return found

    def _features(self, sizes: list[int]) -> Floats:
        method = np.repeat(np.arange(len(sizes)), sizes)
        own = np.eye(len(sizes))[method]
        level = self.level[:, None]
        found: Floats = np.concatenate([own[:, 1:], own * level, -own * level**2], axis=1)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Short names of the actions, for tables."""
        signs = {"hermite4": "mu", "hermite6": "Hermite 6 mu", "gauss_radau15": "Gauss-Radau eps"}
        return tuple(f"{signs[s.method]}={s.step_parameter:.3g}" for s in self.schemes)

    def nearest_mu(self, mu: float) -> int:
        """The action of fourth order whose parameter is nearest, by ratio."""
        return int(np.abs(np.log(PUBLISHED_MU / mu)).argmin())

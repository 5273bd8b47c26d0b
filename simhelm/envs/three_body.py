"""``simhelm/ThreeBody-v0`` and ``simhelm/NBody-v0``: method and step parameter, step by step."""

from __future__ import annotations

import functools
from typing import Any

from simhelm.core.checks import whole_number
from simhelm.envs.baseline import Baseline
from simhelm.envs.nbody.adaptive import AdaptiveEpisodes
from simhelm.envs.nbody.baselines import adaptive_baselines
from simhelm.envs.nbody.episodes import EpisodeEnv, EpisodeVectorEnv
from simhelm.envs.nbody.settings import ActionKind, Settings
from simhelm.envs.vector.batched import NEXT_STEP, Autoreset
from simhelm.simulators.nbody import YEAR


class ThreeBodyEnv(EpisodeEnv):
    """Choose how each interval of a gravitational few-body integration is computed.

    ## Description
    Three equal masses in a plane on chaotic orbits, with close encounters that a coarse step
    ruins and quiet phases that a fine step wastes work on. The energy error of the whole run
    shall stay below a tolerance that the controller is told; it pays for force evaluations.
    A correction of the environment of "Reinforcement Learning for Adaptive Time-Stepping in the
    Chaotic Gravitational Three-Body Problem" (CNSNS 2025), which is
    ``simhelm/ThreeBodyPaper-v0``. With ``bodies`` other than 3, Plummer spheres.

    ## Action space
    ``Discrete(20)``: Hermite of order 4 with mu = 1e-4 ... 1e-1 (ten values, equal ratios),
    Hermite of order 6 with mu = 1e-2 ... 1e-1 (six), then Gauss-Radau of order 15 with error
    parameter 1e-9, 1e-7, 1e-5, 1e-3. With ``action="parameter"``, ``Discrete(10)``: the first.

    ## Observation space
    ``Box(-4, 4, (11,), float32)``, the same for any number of bodies and any rotation; times are
    in intervals: 0-3: log10 of the collision time, of Aarseth's |a|/|j|, of sqrt(r^3/M) at the
    closest approach that any pair's two-body orbit has within the interval, of the shortest
    binary period, each over 2; 4: log10(tolerance/|dE|)/3; 5: share of steps left; 6: level of
    the last choice, -1 fine to 1 coarse; 7: log10(its force evaluations)/3; 8: log10(its error
    over the tolerance)/3; 9: log10(tolerance)/6 + 1; 10: log10 of the share of budget left over
    the share of steps left. dE is relative to the start's energy.

    ## Reward
    -(force evaluations)/1000 - 7 min(|change of dE|/tolerance, 10), at most 0. An interval that
    cannot be completed counts as an error of 10 tolerances.

    ## Episode start and end
    ``reset(seed=s)`` starts from initial condition s, without a seed from one of the training
    seeds. ``terminated`` after ``steps`` intervals, or when one cannot be completed.
    ``seed_ranges`` names disjoint seeds for training, validation and test.

    ## Info
    ``cost`` (force evaluations of the step, rejected attempts included), ``error`` (|dE|),
    ``tolerance``, ``setting`` (the parameter that was used), and ``failure`` after an interval
    that could not be completed.

    ## Arguments
    - ``action``: ``"method"`` or ``"parameter"``, see above.
    - ``tolerance``: 1e-6; or (low, high), from which each episode draws one, log-uniformly.
    - ``steps``: 300 intervals.
    - ``interval``: in time units; 0.1 years for three bodies.
    - ``guard``: whether an interval that spends more than a fifth of the tolerance is rolled
      back and repeated, at most three times, with Gauss-Radau (first 1e-5, then finer), or for
      ``action="parameter"`` with mu two places finer; False.
    - ``bodies``: 3; 2 to 16.
    - ``threads``: that share the systems of a vector environment, 1; results do not depend on it.
    - ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of the orbits, or None.

    ## Version history
    v0: first release.
    """

    def __init__(self, *, render_mode: str | None = None, **arguments: Any) -> None:
        self._adaptive = _episodes(1, **arguments)
        super().__init__(self._adaptive, render_mode)

    def baselines(self) -> dict[str, Baseline]:
        """Every fixed action, Aarseth's rule, an energy-error controller, the oracle allocation."""
        return adaptive_baselines(self._adaptive)


class ThreeBodyVectorEnv(EpisodeVectorEnv):
    """``num_envs`` independent :class:`ThreeBodyEnv`, integrated together; same arguments."""

    def __init__(
        self, num_envs: int = 1, *, autoreset_mode: Autoreset = NEXT_STEP, **arguments: Any
    ) -> None:
        super().__init__(num_envs, functools.partial(_episodes, **arguments), autoreset_mode)


def _episodes(
    count: int,
    *,
    action: ActionKind = "method",
    tolerance: float | tuple[float, float] = 1e-6,
    steps: int = 300,
    interval: float | None = None,
    guard: bool = False,
    bodies: int = 3,
    threads: int = 1,
) -> AdaptiveEpisodes:
    if whole_number("bodies", bodies, least=2) > 16:
        raise ValueError(f"bodies: expected 2 to 16, got {bodies}")
    # A Plummer sphere in Heggie's units crosses itself in 2.8 time units.
    usual = 0.1 * YEAR if bodies == 3 else 0.25
    return AdaptiveEpisodes(
        count,
        settings=Settings(action),
        tolerance=tolerance,
        steps=steps,
        interval=usual if interval is None else interval,
        guard=guard,
        bodies=bodies,
        threads=threads,
    )

"""``simhelm/ThreeBodyPaper-v0``: the published three-body environment, as its code has it."""

from __future__ import annotations

import functools
from typing import Any

from simhelm.envs.baseline import Baseline
from simhelm.envs.nbody.episodes import EpisodeEnv, EpisodeVectorEnv
from simhelm.envs.nbody.published import PublishedEpisodes
from simhelm.envs.vector.batched import NEXT_STEP, Autoreset


class ThreeBodyPaperEnv(EpisodeEnv):
    """Choose the Hermite step parameter for the next 0.1 years of three bodies.

    ## Description
    The environment of "Reinforcement Learning for Adaptive Time-Stepping in the Chaotic
    Gravitational Three-Body Problem" (CNSNS 2025, doi 10.1016/j.cnsns.2025.108723), to compare
    with: three solar masses in a plane, started from the published distribution, integrated by
    a fourth-order Hermite with a shared step mu min(r/v, sqrt(r^3/M)). Two things differ: an
    interval ends exactly at its end time, and the published training loop's seeding is not
    part of it. For new work use ``simhelm/ThreeBody-v0``: this reward contains neither the
    cost nor, for late steps, the error.

    ## Action space
    ``Discrete(10)``: mu = 1e-4 ... 1e-1 in equal ratios.

    ## Observation space
    ``Box(-1e6, 1e6, (13,), float32)``: x and y of the three bodies in 10 au; their velocities
    in units of 51.6 km/s (G = 3 solar masses = au = 1); -log10|dE|, where dE is the relative
    energy error since the start, 0 before the first step.

    ## Reward
    Reward 5 of the published code: -3000 log10(|dE|/1e-10) / |log10|dE||^3 / i + 4/|log10 mu|
    in step i; at most 8.5, unbounded below near |dE| = 1.

    ## Episode start and end
    ``reset(seed=s)`` starts from the published initial condition of seed s, without a seed from
    a training seed. ``terminated`` after ``steps`` steps (as published, not ``truncated``), when
    |dE| > 0.1, or when an interval cannot be completed.

    ## Info
    ``cost`` (force evaluations of the step), ``error`` (|dE|), ``setting`` (mu), and
    ``failure`` after an interval that could not be completed.

    ## Arguments
    - ``steps``: 100, as in the published training; its evaluations have 300.
    - ``threads``: that share the systems of a vector environment, 1.
    - ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of the orbits, or None.

    ## Version history
    v0: first release.
    """

    def __init__(self, *, render_mode: str | None = None, **arguments: Any) -> None:
        super().__init__(PublishedEpisodes(1, **arguments), render_mode)

    def baselines(self) -> dict[str, Baseline]:
        """Every fixed parameter."""
        names = self.episodes.settings.names
        return {
            name: Baseline(
                name,
                f"Hermite with {name} throughout",
                functools.partial(int, action),
                "fixed",
            )
            for action, name in enumerate(names)
        }


class ThreeBodyPaperVectorEnv(EpisodeVectorEnv):
    """``num_envs`` independent :class:`ThreeBodyPaperEnv`, integrated together."""

    def __init__(
        self, num_envs: int = 1, *, autoreset_mode: Autoreset = NEXT_STEP, **arguments: Any
    ) -> None:
        super().__init__(
            num_envs, functools.partial(PublishedEpisodes, **arguments), autoreset_mode
        )

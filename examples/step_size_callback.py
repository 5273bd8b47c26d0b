"""A policy as the step-size rule of your own integration loop.

    python examples/step_size_callback.py [STEPS]

The loop below is a user's own: leapfrog on a Kepler orbit of eccentricity 0.9, which must take
small steps near the star and may take large ones far from it. An environment around one step of it
is all that a learner needs. After training, the loop runs without Gymnasium and without torch: the
policy is a function from what the loop sees to a step. The table compares it with fixed steps, and
with the classical rule that makes steps proportional to r^1.5; that rule is hard to beat here, and
the table says who won.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np

from simhelm.agents import Policy
from simhelm.control import parse_training, train
from simhelm.experiments import print_table

ENV_ID = "examples/KeplerSteps-v0"
PERIOD = 2.0 * math.pi
# Steps that an action stands for, as shares of the period.
STEPS = tuple(PERIOD * share for share in (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2))
ECCENTRICITY = 0.9
# Relative change of the energy that a step may make.
LOCAL_ERROR = 1e-6


class Orbit:
    """A planet at phase space position (x, y, u, v); the star's mass, and G, are 1."""

    def __init__(self, phase: float) -> None:
        # From the far end, moved along the orbit by many small steps.
        a, e = 1.0, ECCENTRICITY
        self.x, self.y, self.u = a * (1.0 + e), 0.0, 0.0
        self.v = math.sqrt((1.0 - e) / (1.0 + e))
        for _ in range(int(2000 * phase)):
            self.kick_drift_kick(PERIOD / 2000 * self.r**1.5 / (1.0 + e) ** 1.5)
        self.start = self.energy

    @property
    def r(self) -> float:
        """Distance from the star."""
        return math.hypot(self.x, self.y)

    @property
    def energy(self) -> float:
        """Energy of a unit of mass, -0.5 on the exact orbit."""
        return 0.5 * (self.u**2 + self.v**2) - 1.0 / self.r

    @property
    def radial_speed(self) -> float:
        """Speed away from the star."""
        return (self.x * self.u + self.y * self.v) / self.r

    def kick_drift_kick(self, dt: float) -> None:
        """One leapfrog step."""
        for half in range(2):
            pull = 0.5 * dt / self.r**3
            self.u, self.v = self.u - pull * self.x, self.v - pull * self.y
            if half == 0:
                self.x, self.y = self.x + dt * self.u, self.y + dt * self.v

    def seen(self) -> np.ndarray[Any, Any]:
        """What a step-size rule may look at: log10 of the distance, and the radial speed."""
        return np.array([math.log10(self.r), math.tanh(self.radial_speed)])


class KeplerSteps(gymnasium.Env[Any, Any]):
    """One step of the loop above a step, one period an episode."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's form
    seed_ranges: ClassVar[Mapping[str, range]] = {
        "training": range(1_000, 2_000), "validation": range(100, 110), "test": range(20),
    }  # fmt: skip
    arm_values = np.array(STEPS)

    def __init__(self) -> None:
        self.action_space = gymnasium.spaces.Discrete(len(STEPS))
        self.observation_space = gymnasium.spaces.Box(-2.0, 2.0, (2,), np.float64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """A random place on the orbit."""
        super().reset(seed=seed)
        self.orbit, self.t = Orbit(float(self.np_random.uniform())), 0.0
        return self._observe(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Reward: decades of step size, minus three for every decade of error above LOCAL_ERROR."""
        dt = min(STEPS[int(action)], PERIOD - self.t)
        before = self.orbit.energy
        self.orbit.kick_drift_kick(dt)
        change = abs(self.orbit.energy - before) / abs(self.orbit.start)
        self.t += dt
        excess = max(0.0, math.log10(max(change, 1e-16) / LOCAL_ERROR))
        # Bounded, so that one blunder does not drown everything else.
        reward = max(-10.0, math.log10(dt / STEPS[0]) - 3.0 * excess) if dt > 0.0 else 0.0
        error = abs(self.orbit.energy / self.orbit.start - 1.0)
        ended = self.t >= PERIOD * (1.0 - 1e-12)
        return self._observe(), reward, ended, False, {"cost": 1, "error": error}

    def _observe(self) -> Any:
        return np.clip(self.orbit.seen(), -2.0, 2.0)


def integrate(orbit: Orbit, rule: Callable[[Any], float]) -> tuple[float, int]:
    """The user's loop: one period with a step-size rule; relative energy error and steps."""
    t, steps = 0.0, 0
    while t < PERIOD * (1.0 - 1e-12):
        dt = min(rule(orbit.seen()), PERIOD - t)
        orbit.kick_drift_kick(dt)
        t += dt
        steps += 1
    return abs(orbit.energy / orbit.start - 1.0), steps


def main(training_steps: int = 60_000) -> list[dict[str, str]]:
    """Train, compare on test orbits, print and return the table."""
    if ENV_ID not in gymnasium.registry:
        gymnasium.register(ENV_ID, KeplerSteps, max_episode_steps=40_000)  # type: ignore[arg-type]
    config = parse_training(
        {
            "environment": {"id": ENV_ID}, "algorithm": "dqn", "steps": training_steps,
            "validation_episodes": 3, "options": {"gamma": 0.0},
        }
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        train(config, folder)
        policy = Policy.load(Path(folder) / "policy.npz")
    rules: dict[str, Callable[[Any], float]] = {"policy": policy.callback()}
    for dt in STEPS[1:]:
        rules[f"fixed, period / {PERIOD / dt:,.0f}"] = lambda seen, dt=dt: dt  # type: ignore[misc]
    for factor in (0.01, 0.03, 0.1):
        rules[f"{factor:g} r^1.5"] = lambda seen, factor=factor: factor * 10 ** (1.5 * seen[0])  # type: ignore[misc]
    rows = []
    for name, rule in rules.items():
        generators = [np.random.default_rng(seed) for seed in KeplerSteps.seed_ranges["test"]]
        results = [integrate(Orbit(float(rng.uniform())), rule) for rng in generators]
        errors, steps = zip(*results, strict=True)
        rows.append(
            {
                "step-size rule": name,
                "median energy error": f"{np.median(errors):.2e}",
                "worst energy error": f"{max(errors):.2e}",
                "mean steps": f"{np.mean(steps):,.0f}",
            }
        )
    print_table(rows, title=f"One period, eccentricity {ECCENTRICITY}, {len(errors)} test orbits")
    return rows


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""A simulator of your own: a door closer, whose damping shall close the door soonest.

    python examples/own_simulator/door_closer.py

The door is a damped spring: x'' + 2 zeta omega x' + omega^2 x = 0 from x = 1 at rest. It counts as
closed when x stays within 5 % of shut. Too little damping and it swings, too much and it creeps.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simhelm.calibration import run_study
from simhelm.core import Value
from simhelm.simulators import EndReason, Metrics, Output, Parameter, Problem

STEP = 0.01  # seconds
PATIENCE = 60.0  # seconds after which a door that still moves counts as a failure
CLOSED = 0.05


def settling_time(zeta: float, omega: float) -> float:
    """Seconds until the door stays closed, by the symplectic Euler rule; inf if it does not."""
    x, v, last_open = 1.0, 0.0, 0.0
    steps = int(PATIENCE / STEP)
    for step in range(1, steps + 1):
        v -= STEP * omega * (2.0 * zeta * v + omega * x)
        x += STEP * v
        if abs(x) > CLOSED:
            last_open = step * STEP
    return last_open if last_open < PATIENCE - STEP else float("inf")


class DoorCloser(Problem):
    """The damping that closes doors soonest, averaged over doors whose springs differ.

    Args:
        doors: drawn from the seed of an evaluation; each costs one work unit.
    """

    name = "DoorCloser"
    objective = "settling_time"
    direction = "minimize"
    work_unit = "doors"
    worst_objective = PATIENCE
    pure = True
    parameters = (
        # 1: critical damping, the rule of thumb.
        Parameter("damping_ratio", "float", 1.0, 0.1, 3.0, log=True, description="zeta"),
    )
    outputs = (Output("settling_time", "s", 0.0, PATIENCE, "mean over the doors"),)

    def __init__(self, doors: int = 5) -> None:
        self.full_budget = self.doors = doors

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        """Close ``budget`` doors whose frequencies are 1.5 to 2.5 radians a second."""
        self.check_config(config)
        doors = self.full_budget if budget is None else budget
        frequencies = np.random.default_rng(seed).uniform(1.5, 2.5, doors)
        zeta = float(config["damping_ratio"])
        times = [settling_time(zeta, omega) for omega in frequencies.tolist()]
        if not np.isfinite(times).all():
            return Metrics.failure(
                EndReason.STEP_LIMIT, cost=doors, details=f"a door moved for {PATIENCE} s"
            )
        return Metrics({"settling_time": float(np.mean(times))}, EndReason.COMPLETED, doors)


if __name__ == "__main__":
    study = run_study(DoorCloser(), "runs/door_closer", trials=40, seed=1)
    best = study.best()[0]
    print(f"damping ratio {best.config['damping_ratio']:.2f}: {best.values['settling_time']:.2f} s")

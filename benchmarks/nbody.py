"""Few-body integration beside REBOUND, in one run.

Run with ``python -m benchmarks.nbody``. First the time of a sub-step for three bodies, then the
work and the time for equal energy errors on the published three-body problem. REBOUND (extra
``peers``) is included where it can be imported; the library itself never imports it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.comparison import Comparison, lacking
from benchmarks.limits import FLOPS, FLOPS_A_PRODUCT, matrix_product
from benchmarks.timing import take_turns
from simhelm.experiments.terminal import print_table
from simhelm.simulators.nbody import (
    YEAR,
    Scheme,
    System,
    check_system,
    integrate_batch,
    three_body_initial_conditions,
)

# The bars for one core and for a batch on two.
PLANAR_NS, GENERAL_NS, BATCH_MILLIONS = 60.0, 100.0, 30.0
_SEED = 1
_MU = 0.01
YEARS = 30.0
# Of a planar Hermite sub-step, counted in its kernel; a root or a division counts as one.
_FLOPS_A_STEP = 277.0


def tilted(system: System) -> System:
    """The same system out of its plane, which takes the path for any number of bodies."""
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.8, -0.6], [0.0, 0.6, 0.8]])
    return check_system(system.masses, system.positions @ turn.T, system.velocities @ turn.T)


def steps_part(rounds: int, batch: int) -> list[dict[str, str]]:
    """Nanoseconds a sub-step, and millions of sub-steps a second of a batch; bars beside them."""
    flat = three_body_initial_conditions(_SEED)
    leaning = tilted(flat)
    scheme = Scheme("hermite4", _MU)
    runs: dict[str, Callable[[], Any]] = {
        "planar path": lambda: integrate_batch([flat], YEARS * YEAR, scheme=scheme),
        "any N, 3-D": lambda: integrate_batch([leaning], YEARS * YEAR, scheme=scheme),
    }
    steps = {name: int(run().steps[0]) for name, run in runs.items()}
    seconds = take_turns(runs, dict.fromkeys(runs, 20), rounds)
    rows = []
    for name, bar in (("planar path", PLANAR_NS), ("any N, 3-D", GENERAL_NS)):
        nanoseconds = 1e9 * min(seconds[name]) / steps[name]
        rows.append(_bar(f"{name}: ns a sub-step, one core", nanoseconds, bar, nanoseconds <= bar))
    millions = _batch_speed(scheme, rounds, batch)
    what = f"batch of {batch:,}, 2 threads: million sub-steps/s"
    rows.append(_bar(what, millions, BATCH_MILLIONS, millions >= BATCH_MILLIONS))
    return rows


def _batch_speed(scheme: Scheme, rounds: int, batch: int) -> float:
    """Best of the rounds, in wall-clock: two threads are used."""
    systems = [three_body_initial_conditions(seed) for seed in range(batch)]
    best = 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        result = integrate_batch(systems, YEARS * YEAR, scheme=scheme, threads=2)
        best = max(best, float(result.steps.sum()) / (time.perf_counter() - start) / 1e6)
    return best


def _bar(what: str, measured: float, bar: float, met: bool) -> dict[str, str]:
    return {
        "what": what,
        "best measured": f"{measured:.1f}",
        "bar": f"{bar:.0f}",
        "met": "yes" if met else "NO",
    }


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Final energy errors, force evaluations (-1: not told) and CPU seconds of some runs."""

    errors: list[float]
    evaluations: list[float]
    seconds: float


def ours(scheme: Scheme, seeds: range) -> Outcome:
    """One integration a seed."""
    systems = [three_body_initial_conditions(seed) for seed in seeds]
    integrate_batch(systems[:1], 0.1, scheme=scheme)
    start = time.process_time()
    result = integrate_batch(systems, YEARS * YEAR, scheme=scheme)
    seconds = time.process_time() - start
    return Outcome(
        np.abs(result.energy_errors).tolist(),
        result.force_evaluations.astype(float).tolist(),
        seconds,
    )


def rebounds(configure: Callable[[Any], None], evaluations_a_step: float, seeds: range) -> Outcome:
    """The same with REBOUND; ``configure`` is given the simulation."""
    import rebound

    errors, evaluations, seconds = [], [], 0.0
    for seed in seeds:
        system = three_body_initial_conditions(seed)
        simulation = rebound.Simulation()
        for m, x, v in zip(system.masses, system.positions, system.velocities, strict=True):
            simulation.add(m=m, x=x[0], y=x[1], z=x[2], vx=v[0], vy=v[1], vz=v[2])
        configure(simulation)
        before = simulation.energy()
        start = time.process_time()
        simulation.integrate(YEARS * YEAR)
        seconds += time.process_time() - start
        errors.append(abs((simulation.energy() - before) / before))
        evaluations.append(evaluations_a_step * simulation.steps_done)
    return Outcome(errors, evaluations, seconds)


def _ias15(epsilon: float) -> Callable[[Any], None]:
    def configure(simulation: Any) -> None:
        simulation.integrator = "ias15"
        # The default step rule of this version stalls where an acceleration passes through zero.
        simulation.integrator.adaptive_mode = "AARSETH85"
        simulation.integrator.epsilon = epsilon

    return configure


def _leapfrog(step: float) -> Callable[[Any], None]:
    def configure(simulation: Any) -> None:
        simulation.integrator = "leapfrog"
        simulation.dt = step

    return configure


def peers_part(seeds: range) -> list[dict[str, str]]:
    """Energy error, work and CPU time over 30 years in one call each."""
    found = {
        f"simhelm Hermite, mu = {mu:.3g}": ours(Scheme("hermite4", mu), seeds)
        for mu in (2.15e-2, 1e-2, 4.64e-3, 2.15e-3)
    }
    for mu in (4e-2, 2.5e-2):
        found[f"simhelm Hermite 6, mu = {mu:.3g}"] = ours(Scheme("hermite6", mu), seeds)
    for epsilon in (1e-4, 1e-6, 1e-9):
        found[f"simhelm Gauss-Radau, eps = {epsilon:g}"] = ours(
            Scheme("gauss_radau15", epsilon), seeds
        )
    found["simhelm leapfrog, constant step 1e-3"] = ours(
        Scheme("leapfrog", 1e-3, "constant"), seeds
    )
    found["simhelm leapfrog, symmetrised, mu = 2e-3"] = ours(Scheme("leapfrog", 2e-3), seeds)
    if importlib.util.find_spec("rebound") is not None:
        for epsilon in (1e-6, 1e-9):
            # Its evaluations are not counted by REBOUND.
            found[f"REBOUND IAS15, eps = {epsilon:g}"] = rebounds(_ias15(epsilon), -1.0, seeds)
        found["REBOUND leapfrog, constant step 1e-3"] = rebounds(_leapfrog(1e-3), 1.0, seeds)
    return [_row(name, outcome, len(seeds)) for name, outcome in found.items()]


def compare(rounds: int = 9, seeds: range = range(10)) -> list[Comparison]:
    """Sub-steps beside the core's arithmetic, and whole integrations beside REBOUND."""
    flat, scheme = three_body_initial_conditions(_SEED), Scheme("hermite4", _MU)
    runs: dict[str, Callable[[], Any]] = {
        "ours": lambda: integrate_batch([flat], 10.0 * YEAR, scheme=scheme),
        FLOPS: matrix_product(),
    }
    steps = int(runs["ours"]().steps[0])
    seconds = take_turns(runs, {"ours": 20, FLOPS: 1}, rounds)
    most = FLOPS_A_PRODUCT / min(seconds[FLOPS]) / _FLOPS_A_STEP / 1e6
    missing = lacking({"rebound": ("REBOUND", "pip install 'simhelm[peers]'")})
    found = [
        Comparison(
            "Hermite sub-step, three bodies", "million sub-steps",
            steps / min(seconds["ours"]) / 1e6, {}, (f"arithmetic: {FLOPS}", most),
        )
    ]  # fmt: skip
    cases: dict[str, tuple[Scheme, str, Callable[[Any], None]]] = {
        "leapfrog, step 1e-3": (
            Scheme("leapfrog", 1e-3, "constant"), "REBOUND leapfrog", _leapfrog(1e-3)
        ),
        "Gauss-Radau 15, eps 1e-9": (
            Scheme("gauss_radau15", 1e-9), "REBOUND IAS15", _ias15(1e-9)
        ),
    }  # fmt: skip
    for name, (own, peer, configure) in cases.items():
        rate = len(seeds) / ours(own, seeds).seconds
        peers = {} if missing else {peer: len(seeds) / rebounds(configure, 1.0, seeds).seconds}
        what = f"{YEARS:g} years of three bodies, {name}"
        found.append(Comparison(what, "integrations", rate, peers, None, missing))
    return found


def _row(name: str, outcome: Outcome, runs: int) -> dict[str, str]:
    evaluations = float(np.median(outcome.evaluations))
    return {
        "integrator": name,
        "median |dE|": f"{np.median(outcome.errors):.1e}",
        "p90": f"{np.quantile(outcome.errors, 0.9):.1e}",
        "evaluations, median": f"{evaluations:,.0f}" if evaluations >= 0.0 else "not told",
        "CPU ms a run, mean": f"{1e3 * outcome.seconds / runs:.2f}",
    }


def main(rounds: int = 15, batch: int = 1024, seeds: range = range(20)) -> bool:
    """Print both tables; returns whether the bars were met."""
    bars = steps_part(rounds, batch)
    print_table(bars, title="Hermite sub-steps of three bodies")
    print_table(peers_part(seeds), title=f"{YEARS:g} years, {len(seeds)} seeds, one call each")
    if importlib.util.find_spec("rebound") is None:
        print("not measured, because not installed: rebound")
    return all(bar["met"] == "yes" for bar in bars)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

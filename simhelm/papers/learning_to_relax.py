"""Learning to Relax (Khodak, Chow, Balcan, Talwalkar; ICLR 2024), recomputed.

Expected totals of deterministic policies were computed with the authors' MATLAB code (run in
Octave) and with an independent implementation, which agree to the digit. Expected totals of
learners are means of trials on the same recipe with their standard deviations. The paper itself
prints no totals, only figures and a few ratios in its text.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.bandits import (
    Bandit,
    BinnedTsallisINF,
    ChebCB,
    FixedArm,
    GaussianThompson,
    Oracle,
    ThompsonLogCost,
    TsallisINF,
    best_fixed_arm,
)
from simhelm.papers.table import Row, Table
from simhelm.simulators.linear import (
    DEFAULT_OMEGAS,
    SHIFT_DISTRIBUTIONS,
    Heat2D,
    PreparedMatrix,
    ShiftedSystems,
    SystemSequence,
    optimal_omegas_of_shifts,
    poisson2d,
    prepare,
    solve_many,
    ssor_pcg,
    truncated_normal_vectors,
)

log = logging.getLogger(__name__)

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

GRID: Floats = DEFAULT_OMEGAS
# The published learners assume this context range although shifts end at 0.45.
PUBLISHED_BOUNDS = (-0.15, 0.65)
SOLVES = 5000
DATASETS = {"low": 1, "high": 2}

# Totals over 5,000 solves: authors' code and independent code, equal.
FIXED_TOTALS: dict[str, dict[float, int]] = {
    "low": {1.0: 1_359_401, 1.2: 895_241, 1.4: 552_979, 1.6: 317_552, 1.8: 430_323},
    "high": {1.0: 3_033_897, 1.2: 2_012_808, 1.4: 1_274_636, 1.6: 752_108, 1.8: 516_639},
}
OPTIMAL_TOTALS = {"low": 208_966, "high": 279_888}
BEST_ARM_TOTALS = {"low": 216_303, "high": 291_483}
ALL_ARMS_TOTALS = {"low": 14_509_394, "high": 27_924_461}

# Mean and standard deviation of ten trials (seeds 1000 + i and 2000 + i): an independent run.
TRIALS: dict[str, dict[str, tuple[int, int]]] = {
    "Tsallis-INF, published rule": {"low": (329_677, 17_430), "high": (607_741, 43_700)},
    "Tsallis-INF, importance weighted": {"low": (336_503, 5_362), "high": (603_139, 9_968)},
    "Tsallis-INF, reduced variance": {"low": (331_457, 4_878), "high": (594_211, 8_752)},
    "5 bins, published rule": {"low": (313_284, 14_682), "high": (505_255, 28_016)},
    "5 bins, importance weighted": {"low": (318_262, 4_835), "high": (516_688, 9_223)},
    "5 bins, reduced variance": {"low": (311_518, 3_136), "high": (500_712, 4_536)},
}
# Bars for five seeds on the 5,000 systems of the table above.
BARS = {
    "ChebCB": {"low": 236_000, "high": 330_000},
    "ThompsonLogCost": {"low": 228_000, "high": 307_000},
}
GROWTH_BAR = 0.45

# Heat equation, totals over 5,000 steps; None is plain CG. Authors' code for nx = 25.
HEAT_TOTALS: dict[int, dict[float | None, int]] = {
    25: {None: 85_422, 1.0: 32_800, 1.3: 29_802, 1.5: 32_296, 1.75: 44_898, 1.95: 63_050},
    50: {None: 164_441, 1.0: 60_725, 1.3: 49_743, 1.5: 43_952, 1.75: 50_776, 1.95: 89_195},
    100: {None: 325_008, 1.0: 117_568, 1.5: 77_269, 1.75: 63_834, 1.95: 112_686},
}
# One trial each of an independent implementation: an orientation, no bar.
HEAT_LEARNERS: dict[str, dict[int, int]] = {
    "Tsallis-INF, published rule": {25: 32_294, 50: 44_334, 100: 67_190},
    "Tsallis-INF, reduced variance": {25: 31_260, 50: 46_293, 100: 68_599},
    "6 bins, reduced variance": {25: 29_296, 50: 43_008, 100: 66_621},
    "ChebCB": {25: 24_813, 50: 35_517, 100: 51_660},
}


@dataclasses.dataclass(frozen=True, eq=False)
class Systems:
    """Systems (A + shifts[t] I) x = right_hand_sides[t] of the published recipe.

    Attributes:
        rng: the generator after drawing them, ready for the learners' draws.
    """

    matrix: PreparedMatrix
    shifts: Floats
    right_hand_sides: Floats
    rng: np.random.Generator

    def sequence(self) -> ShiftedSystems:
        """The same systems from the first on."""
        length = self.shifts.size
        sequence = ShiftedSystems(self.matrix, self.shifts, self.right_hand_sides, length=length)
        sequence.restart(self.rng)  # draws nothing: all is given
        return sequence

    def counts(self, omegas: Floats) -> Counts:
        """Iterations of each system with its own omega, shape (length,)."""
        many = solve_many("sor", self.matrix, self.right_hand_sides, omegas, self.shifts)
        if not all(reason.succeeded for reason in many.end_reasons):
            raise RuntimeError("a solve of the reference recipe did not converge")
        return many.iterations

    def counts_of(self, omega: float) -> Counts:
        """Iterations of each system with one omega, shape (length,)."""
        return self.counts(np.full(self.shifts.size, omega))


def draw_systems(dataset: str, seed: int, length: int = SOLVES) -> Systems:
    """The recipe: shifts first, then vectors, on the 10 x 10 grid of the paper."""
    rng = np.random.Generator(np.random.PCG64(seed))
    matrix = prepare(poisson2d(10))
    shifts = SHIFT_DISTRIBUTIONS[dataset].draw(rng, length)
    return Systems(matrix, shifts, truncated_normal_vectors(rng, length, matrix.size), rng)


def recompute(*, quick: bool) -> Iterator[Table]:
    """All tables, in the order of the paper."""
    for dataset, seed in DATASETS.items():
        log.info("shifted systems, %s variance ...", dataset)
        systems = draw_systems(dataset, seed)
        yield deterministic_table(dataset, systems)
        yield learners_table(dataset, systems, seeds=2 if quick else 5)
    log.info("trials on fresh systems ...")
    yield trials_table(trials=2 if quick else 10)
    log.info("growth of the regret ...")
    yield growth_table(rounds=8000 if quick else 32_000, seeds=2 if quick else 4)
    yield from heat_parts((25,) if quick else (25, 50, 100), trials=2 if quick else 3)


def deterministic_table(dataset: str, systems: Systems) -> Table:
    """Fixed factors and Young's factor: equal to the digit."""
    rows = [
        _exact(f"omega = {omega:g}", int(systems.counts_of(omega).sum()), expected)
        for omega, expected in FIXED_TOTALS[dataset].items()
    ]
    optima = optimal_omegas_of_shifts(systems.matrix, systems.shifts)
    total = int(systems.counts(optima).sum())
    rows.append(_exact("Young's omega*(c) of each system", total, OPTIMAL_TOTALS[dataset]))
    return Table(f"SOR, {dataset} variance: total iterations of {SOLVES:,} solves", tuple(rows))


def _exact(what: str, measured: int, expected: int) -> Row:
    return Row(what, f"{measured:,}", f"{expected:,}", measured == expected)


def play_table(bandit: Bandit, counts: Counts, contexts: Floats) -> int:
    """Total loss of a bandit whose every arm's loss is known beforehand."""
    total = 0
    for row, context in zip(counts, contexts.tolist(), strict=True):
        loss = int(row[bandit.act(context)])
        bandit.learn(loss)
        total += loss
    return total


def play_sequence(bandit: Bandit, sequence: SystemSequence) -> Counts:
    """Losses of a bandit that steers the sequence from its current system to its end."""
    losses = np.empty(sequence.length - sequence.position, dtype=np.int64)
    for t in range(losses.size):
        arm = bandit.act(sequence.current().context)
        result = sequence.solve(float(bandit.arm_values[arm]))
        losses[t] = result.iterations if result.converged else sequence.stopping.max_iterations
        bandit.learn(int(losses[t]))
    return losses


def learners_table(dataset: str, systems: Systems, *, seeds: int) -> Table:
    """Hindsight and the learners on the same systems, several seeds of each learner."""
    counts = np.stack([systems.counts_of(omega) for omega in GRID], axis=1)
    best = best_fixed_arm(counts)
    best_total = play_table(FixedArm(GRID, arm=best), counts, systems.shifts)
    oracle_total = play_table(Oracle(GRID, losses=counts), counts, systems.shifts)
    rows = [
        _exact("sum over all 20 arms", int(counts.sum()), ALL_ARMS_TOTALS[dataset]),
        _exact("cheapest arm of each system", oracle_total, BEST_ARM_TOTALS[dataset]),
        Row(f"best fixed arm, omega = {GRID[best]:g}", f"{best_total:,}"),
    ]
    for name, (make, row) in _published_learners(systems.rng).items():
        total = play_table(make(), counts, systems.shifts)
        rows.append(Row(f"{name}, published draws", f"{total:,}", f"{row[dataset]:,} (their code)"))
    for name, maker in _seeded_learners().items():
        runs = [play_table(maker(900 + i), counts, systems.shifts) for i in range(seeds)]
        bar = BARS.get(name, {}).get(dataset)
        met = None if bar is None else statistics.fmean(runs) <= bar
        rows.append(Row(name, _spread(runs), "" if bar is None else f"at most {bar:,}", met))
    title = f"Learners on the same systems, {dataset} variance, mean (sd) of {seeds} seeds"
    return Table(title, tuple(rows))


def _published_learners(
    rng: np.random.Generator,
) -> dict[str, tuple[Callable[[], Bandit], dict[str, int]]]:
    """The learners of the authors' code on the draws that it was given, and what it came to."""
    family = _tsallis_family(rng, PUBLISHED_BOUNDS, bins=5)
    chebcb = ChebCB(GRID, context_bounds=PUBLISHED_BOUNDS, seed=stream(rng, 2))
    return {
        "Tsallis-INF, published rule": (
            lambda: family["Tsallis-INF, published rule"],
            {"low": 323_153, "high": 556_460},
        ),
        "5 bins, published rule": (
            lambda: family["5 bins, published rule"],
            {"low": 303_198, "high": 480_143},
        ),
        "ChebCB": (lambda: chebcb, {"low": 234_972, "high": 325_563}),
    }


def _seeded_learners() -> dict[str, Callable[[int], Bandit]]:
    return {
        "TsallisINF": lambda seed: TsallisINF(GRID, seed=seed),
        "GaussianThompson": lambda seed: GaussianThompson(GRID, seed=seed),
        "ChebCB": lambda seed: ChebCB(GRID, context_bounds=PUBLISHED_BOUNDS, seed=seed),
        "ThompsonLogCost": lambda seed: ThompsonLogCost(
            GRID, context_bounds=PUBLISHED_BOUNDS, seed=seed
        ),
    }


def _spread(runs: Sequence[int]) -> str:
    return f"{statistics.fmean(runs):,.0f} ({statistics.stdev(runs):,.0f})"


def trials_table(*, trials: int) -> Table:
    """Tsallis-INF in three versions, plain and binned, on fresh systems every trial."""
    found: dict[tuple[str, str], list[int]] = {}
    for dataset, base in (("low", 1000), ("high", 2000)):
        for trial in range(trials):
            systems = draw_systems(dataset, base + trial)
            for name, bandit in _tsallis_family(systems.rng, PUBLISHED_BOUNDS, bins=5).items():
                total = int(play_sequence(bandit, systems.sequence()).sum())
                found.setdefault((name, dataset), []).append(total)
    rows = []
    for (name, dataset), runs in found.items():
        mean, deviation = TRIALS[name][dataset]
        # Where all ten trials are run, the means are of the same systems and should agree.
        met = abs(statistics.fmean(runs) - mean) <= deviation if trials == 10 else None
        rows.append(Row(f"{name}, {dataset}", _spread(runs), f"{mean:,} ({deviation:,})", met))
    remarks = tuple(_spread_remark(found, dataset) for dataset in ("low", "high"))
    return Table(f"Tsallis-INF, mean (sd) of {trials} trials", tuple(rows), remarks)


def _spread_remark(found: dict[tuple[str, str], list[int]], dataset: str) -> str:
    published = found["Tsallis-INF, published rule", dataset]
    exact = found["Tsallis-INF, importance weighted", dataset]
    spread = statistics.stdev(published) / statistics.stdev(exact)
    total = 100.0 * (statistics.fmean(exact) / statistics.fmean(published) - 1.0)
    return (
        f"{dataset}: the published rule, whose Newton solve diverges, has {spread:.1f} times the "
        f"spread of the exact solve; the exact solve's total is {total:+.1f} %."
    )


def _tsallis_family(
    rng: np.random.Generator, bounds: tuple[float, float], bins: int
) -> dict[str, Bandit]:
    """Six learners; the plain ones share one stream of draws, the binned ones the next."""
    rules = {
        "published rule": {"estimator": "importance_weighted", "rule": "published"},
        "importance weighted": {"estimator": "importance_weighted"},
        "reduced variance": {"estimator": "reduced_variance"},
    }
    family: dict[str, Bandit] = {}
    for name, options in rules.items():
        plain = TsallisINF(GRID, seed=stream(rng, 0), **options)  # type: ignore[arg-type]
        family[f"Tsallis-INF, {name}"] = plain
    for name, options in rules.items():
        family[f"{bins} bins, {name}"] = BinnedTsallisINF(
            GRID,
            context_bounds=bounds,
            seed=stream(rng, 1),
            bins=bins,
            **options,  # type: ignore[arg-type]
        )
    return family


def stream(rng: np.random.Generator, row: int, length: int = SOLVES) -> np.random.Generator:
    """A generator whose uniforms are row ``row`` of what rng.random((rows, length)) would give."""
    bits = np.random.PCG64(0)
    bits.state = rng.bit_generator.state  # type: ignore[assignment]
    bits.advance(row * length)
    return np.random.Generator(bits)


def growth_table(*, rounds: int, seeds: int) -> Table:
    """Regret against omega = 1.65 at doubling lengths, and its growth exponent."""
    lengths = [500 * 2**k for k in range(int(math.log2(rounds // 500)) + 1)]
    makers: dict[str, Callable[[np.random.Generator], Bandit]] = {
        "published rule": lambda g: TsallisINF(
            GRID, seed=g, estimator="importance_weighted", rule="published"
        ),
        "importance weighted": lambda g: TsallisINF(GRID, seed=g, estimator="importance_weighted"),
        "reduced variance": lambda g: TsallisINF(GRID, seed=g),
    }
    regrets: dict[str, list[Floats]] = {name: [] for name in makers}
    for seed in range(5000, 5000 + seeds):
        systems = draw_systems("low", seed, length=rounds)
        reference = systems.counts_of(1.65).cumsum()
        for name, make in makers.items():
            losses = play_sequence(make(stream(systems.rng, 0)), systems.sequence()).cumsum()
            regrets[name].append((losses - reference)[np.array(lengths) - 1])
    rows = []
    start = lengths.index(4000)
    for name, runs in regrets.items():
        mean = np.mean(runs, axis=0)
        rows += [
            Row(f"{name}, T = {length:,}", f"{value:,.0f}")
            for length, value in zip(lengths, mean, strict=True)
        ]
        exponent = math.log(mean[-1] / mean[start]) / math.log(lengths[-1] / 4000)
        required = name != "published rule" and rounds == 32_000
        rows.append(
            Row(
                f"{name}, growth exponent from T = 4,000",
                f"{exponent:.2f}",
                f"at most {GROWTH_BAR}" if required else "",
                exponent <= GROWTH_BAR if required else None,
            )
        )
    return Table(f"Regret against omega = 1.65, low variance, mean of {seeds} seeds", tuple(rows))


def heat_parts(sizes: Sequence[int], *, trials: int) -> Iterator[Table]:
    """The heat equation at several grids."""
    for nx in sizes:
        log.info("heat equation, nx = %d ...", nx)
        yield _heat_table(nx, _heat_totals(nx, trials), trials)


def _heat_table(nx: int, totals: dict[str, list[int]], trials: int) -> Table:
    rows = [
        _exact(_heat_name(omega), totals[_heat_name(omega)][0], expected)
        for omega, expected in HEAT_TOTALS[nx].items()
    ]
    compared = {row.what for row in rows}
    for name, runs in totals.items():
        if name not in compared:
            known = HEAT_LEARNERS.get(name, {}).get(nx)
            expected_text = "" if known is None else f"{known:,} in one other trial"
            measured = f"{runs[0]:,}" if len(runs) == 1 else _spread(runs)
            rows.append(Row(name, measured, expected_text))
    title = f"Heat equation, nx = {nx}: total CG iterations of {SOLVES:,} steps"
    return Table(title, tuple(rows), (f"Learners: mean (sd) of {trials} trials.",))


def _heat_name(omega: float | None) -> str:
    return "plain CG" if omega is None else f"omega = {omega:g}"


def _heat_totals(nx: int, trials: int) -> dict[str, list[int]]:
    # On the small grid all arms are cheap; elsewhere those around the optimum are added.
    arms = GRID if nx == 25 else np.array([1.35, 1.4, 1.45, 1.55, 1.6, 1.65, 1.7, 1.8])
    omegas: list[float | None] = list(HEAT_TOTALS[nx])
    omegas += [o for o in arms.round(2).tolist() if o not in omegas]
    jobs: dict[tuple[str, int], Callable[[], int]] = {
        (_heat_name(omega), 0): lambda omega=omega: _heat_fixed(nx, omega)  # type: ignore[misc]
        for omega in omegas
    }
    for trial in range(trials):
        for name, bandit in _heat_learners(trial).items():
            jobs[name, trial] = lambda bandit=bandit: int(  # type: ignore[misc]
                play_sequence(bandit, Heat2D(nx)).sum()
            )
    # The solves release the interpreter lock, so threads share the cores.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {key: pool.submit(job) for key, job in jobs.items()}
        totals: dict[str, list[int]] = {}
        for (name, _), future in futures.items():
            totals.setdefault(name, []).append(future.result())
    return totals


def _heat_fixed(nx: int, omega: float | None) -> int:
    heat = Heat2D(nx)
    total = 0
    while heat.position < heat.length:
        system = heat.current()
        result = ssor_pcg(heat.matrix, system.b, omega, system.x0, shift=system.shift)
        if not result.converged:
            raise RuntimeError(f"step {heat.position}: {result.end_reason.value}")
        heat.advance(result.x)
        total += result.iterations
    return total


def _heat_learners(trial: int) -> dict[str, Bandit]:
    rng = np.random.Generator(np.random.PCG64(7 + trial))
    bounds = (0.0, 10.0)
    family = _tsallis_family(rng, bounds, bins=6)
    return {
        "Tsallis-INF, published rule": family["Tsallis-INF, published rule"],
        "Tsallis-INF, reduced variance": family["Tsallis-INF, reduced variance"],
        "6 bins, reduced variance": family["6 bins, reduced variance"],
        "ChebCB": ChebCB(GRID, context_bounds=bounds, seed=stream(rng, 2)),
        "ThompsonLogCost": ThompsonLogCost(GRID, context_bounds=bounds, seed=stream(rng, 3)),
    }

"""A submodel driven by a Wasserstein GAN, and by everything that it should be better than.

"Uncertainty quantification in a mechanical submodel driven by a Wasserstein-GAN"
(arXiv:2110.13680, 2022) learns the distribution of a submodel's boundary displacements from
global simulations. Its figures are not reproduced: geometry, loads and settings are not known
here. The impacted plate follows its abstract; see :mod:`simhelm.simulators.fem`. Every generator
is fitted to the same full solves and judged against others.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from simhelm.agents.generators import WGANSettings
from simhelm.calibration.sampling.distributions import LAW
from simhelm.calibration.sampling.plate_solves import gather
from simhelm.calibration.study.pool import local_executor
from simhelm.papers.table import Row, Table
from simhelm.papers.wgan_submodel_judging import (
    Fit,
    Floors,
    Judged,
    Scale,
    floors,
    judge_all,
    read_set,
)
from simhelm.papers.wgan_submodel_rivals import (
    BOOTSTRAP,
    CASES,
    COARSE,
    COARSER,
    GAUSSIAN,
    RIVALS,
    SMOOTHED,
    WGAN,
    Case,
    Coarse,
)
from simhelm.simulators.fem import Run, Trace, drive, extract_trace
from simhelm.simulators.fem.plate_models import Models, Resolution, models, peaks

log = logging.getLogger(__name__)

FOLDER = Path("runs") / "wgan-submodel"
# Samples of the submodel whose factorisation is shared, for the cost of one.
BATCH = 50
FULL = Scale(
    trainings=(150, 600),
    seeds=2,
    held_out=400,
    resolution=Resolution(0.08 / 18, 96),
    # 1,460 unknowns; 784 with steps of 2 us.
    coarse=Coarse(0.01, 1),
    coarser=Coarse(0.08 / 6, 2),
    wgan=WGANSettings(),
    workers=2,
    draws=200,
)
QUICK = Scale(
    trainings=(20, 40),
    seeds=2,
    held_out=40,
    resolution=Resolution(0.02, 40),
    coarse=Coarse(0.03, 1),
    coarser=Coarse(0.04, 2),
    wgan=WGANSettings(steps=20, width=16, latent=8, checks=2),
    workers=0,
    draws=20,
)

_WORDS = "energy {energy:.4f}, sliced W1 {sliced:.5f}, W1 of an entry {marginal:.3f}, MMD {mmd:.4f}"
# Results by generator, one a seed.
Found = Mapping[str, Sequence[Judged]]


def recompute(*, quick: bool) -> Iterator[Table]:
    """Tables of distances, of stresses and of costs; then what they say."""
    if importlib.util.find_spec("torch") is None:
        raise ImportError("WGAN-GP needs torch: pip install 'simhelm[gp]'")
    scale = QUICK if quick else FULL
    folder = FOLDER / ("quick" if quick else "full")
    with local_executor(scale.workers) as executor:
        gather(scale.sets(), scale.resolution, folder, executor)
        yield truth_table(scale, folder)
        for case in CASES:
            yield from case_tables(case, scale, folder, executor)


def case_tables(case: Case, scale: Scale, folder: Path, executor: Executor) -> Iterator[Table]:
    """All tables of one way to prepare the traces, those of the most training solves first."""
    floor = floors(case, scale, folder)
    for count in reversed(scale.trainings):
        jobs = [Fit(name, case, count, seed) for name in RIVALS for seed in range(scale.seeds)]
        # Trainings take longest: they begin first.
        jobs.sort(key=lambda job: job.name != WGAN)
        judged = judge_all(jobs, scale, folder, executor)
        found = {
            name: [judged[Fit(name, case, count, seed)] for seed in range(scale.seeds)]
            for name in RIVALS
        }
        yield traces_table(found, floor, case, count)
        yield from stress_tables(found, floor, case, count)
        if case == "factored":
            yield cost_table(found, scale, count)
        yield verdict_table(found, floor, case, count)


def truth_table(scale: Scale, folder: Path) -> Table:
    """What is to be met, and that the submodel itself adds no error."""
    solves = read_set(scale, folder, 0)
    stress = 1e-6 * solves.peaks
    high, highest = np.quantile(stress, (0.95, 0.99))
    driven = peaks(solves.traces[:20], scale.resolution)
    error = float(np.abs(driven / stress[:20] - 1.0).max())
    rows = (
        Row("greatest von Mises stress at 50 MPa, mean", f"{stress.mean():.2f} MPa"),
        Row("standard deviation", f"{stress.std(ddof=1):.2f} MPa"),
        Row("95 % and 99 % quantile", f"{high:.2f}, {highest:.2f} MPa"),
        Row(
            "submodel driven by the stored trace of the full solve, largest relative error",
            f"{error:.1e}",
            "below 1e-5 (traces are stored with 32 bits)",
            error < 1e-5,
        ),
    )
    return Table(f"The truth: {len(solves)} held-out full solves", rows)


def traces_table(found: Found, floor: Floors, case: Case, count: int) -> Table:
    """Distances between generated and held-out traces."""
    rows = [Row("sampling floor", _WORDS.format(**floor.traces))]
    for name, seeds in found.items():
        for seed, one in enumerate(seeds):
            text = (_WORDS + ", neighbours {neighbours:.2f}").format(**one.traces)
            rows.append(Row(f"{name}, seed {seed}", text))
    remark = (
        "Unbiased energy distance and sliced W1 in units of a trace's root mean square; W1 of an "
        "entry in its deviations, mean over entries; unbiased squared MMD; neighbours: median "
        "distance to the nearest training solve over that of a held-out solve, far below 1 where "
        "solves are repeated. Floor: 95 % of disjoint sets of true solves are closer."
    )
    return Table(f"Traces, {case}, {count} training solves", tuple(rows), (remark,))


def stress_tables(found: Found, floor: Floors, case: Case, count: int) -> Iterator[Table]:
    """Errors of the distribution of the greatest von Mises stress."""
    for kind in next(iter(found.values()))[0].stress:
        limits = floor.stress[kind]
        text = ", ".join(f"{name} ± {100 * limits[name]:.1f} %" for name in limits if name != "KS")
        rows = [Row("sampling floor", f"KS {limits['KS']:.3f}, {text}")]
        for name, seeds in found.items():
            for seed, one in enumerate(seeds):
                rows.append(Row(f"{name}, seed {seed}", _stress_words(one.stress[kind])))
        remark = "Relative errors with 95 % bootstrap intervals."
        title = f"Stress, {kind}; traces {case}, {count} training solves"
        yield Table(title, tuple(rows), (remark,))


def _stress_words(errors: Mapping[str, Sequence[float]]) -> str:
    words = [
        f"{name} {100 * value:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}] %"
        for name, (value, low, high) in ((n, e) for n, e in errors.items() if n != "KS")
    ]
    return ", ".join([f"KS {errors['KS'][0]:.3f}", *words])


def cost_table(found: Found, scale: Scale, count: int) -> Table:
    """Work a sample, and from how many samples on a generator is cheaper than full solves."""
    used = models(scale.resolution)
    whole = used.full.simulate(LAW.draw(np.random.default_rng(0)))
    full = float(whole.work[0])
    part = submodel_work(used, whole)
    rows = [Row("full solve", f"{full / 1e6:.1f} million multiplications")]
    for name, seeds in found.items():
        one = seeds[0]
        sample = one.sample_work + part
        setup = one.training_work + (count * full if one.needs_solves else 0.0)
        words = f"{sample / 1e6:.1f} million a sample, {setup / 1e6:,.0f} million before"
        even = f"pays from {setup / (full - sample):,.0f} samples on"
        rows.append(Row(name, f"{words}; {even if sample < full else 'never pays'}"))
    remark = (
        "A sample includes the submodel's solve. Multiplications of sparse factorisations and of "
        "dense networks count alike, though the latter are faster; the time of the fits is logged."
    )
    sizes = ", ".join(
        f"{name}: cells of {1e3 * coarse.size:.3g} mm, steps of {coarse.stride} us, "
        f"{coarse.model(scale.resolution.steps).space.size:,} unknowns"
        for name, coarse in ((COARSE, scale.coarse), (COARSER, scale.coarser))
    )
    remarks = (remark, f"Full model: {used.full.space.size:,} unknowns; {sizes}.")
    return Table(f"Cost, {count} training solves", tuple(rows), remarks)


def submodel_work(used: Models, run: Run) -> float:
    """Multiplications of a submodel's sample in a batch, whose factorisation is shared."""
    trace = extract_trace(run.recording, used.submodel.driven_nodes)
    many = Trace(trace.times, trace.nodes, np.repeat(trace.displacement, BATCH, axis=0))
    return float(drive(used.submodel, many).work[0])


def verdict_table(found: Found, floor: Floors, case: Case, count: int) -> Table:
    """Who is better than whom, by energy distance and KS; in words, from the numbers alone."""
    kind = next(iter(found[WGAN][0].stress))
    measures = {
        "energy distance": (
            {name: [one.traces["energy"] for one in seeds] for name, seeds in found.items()},
            floor.traces["energy"],
        ),
        f"KS, stress {kind}": (
            {name: [one.stress[kind]["KS"][0] for one in seeds] for name, seeds in found.items()},
            floor.stress[kind]["KS"],
        ),
    }
    rows = []
    for measure, (values, limit) in measures.items():
        for rival in (GAUSSIAN, SMOOTHED, BOOTSTRAP, COARSE, COARSER):
            said = verdict(values[WGAN], values[rival], limit)
            rows.append(Row(f"{WGAN} against {rival}, {measure}", said))
        rows.append(Row(f"at the floor, {measure}", at_the_floor(values, limit)))
    remark = (
        "Better or worse is said where all seeds of one are beyond all seeds of the other and "
        "their means differ by more than the sampling floor."
    )
    return Table(f"What the numbers say: traces {case}, {count} solves", tuple(rows), (remark,))


def verdict(ours: Sequence[float], theirs: Sequence[float], floor: float) -> str:
    """What distances of several seeds say, the smaller the better."""
    gap = float(np.mean(ours) - np.mean(theirs))
    numbers = f"{np.mean(ours):.4f} against {np.mean(theirs):.4f}, floor {floor:.4f}"
    if max(ours) < min(theirs) and gap < -floor:
        return f"better: {numbers}"
    if min(ours) > max(theirs) and gap > floor:
        return f"worse: {numbers}"
    return f"no difference shown: {numbers}"


def at_the_floor(values: Mapping[str, Sequence[float]], floor: float) -> str:
    """The generators that cannot be told from the truth with any seed."""
    names = [name for name, seeds in values.items() if max(seeds) <= floor]
    return ", ".join(names) or "none"

"""Every generator's samples against held-out full solves; what was judged is kept on disk."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import simhelm.agents.generators
import simhelm.calibration.sampling
import simhelm.evidence
from simhelm.agents.generators import (
    WGANGP,
    WGANSettings,
    marginal_wasserstein,
    nearest_neighbour_ratio,
    sliced_wasserstein,
)
from simhelm.agents.generators.distances import discrepancy_of, energy_of, pairwise
from simhelm.calibration.jobs import FileStore, Job, run_jobs
from simhelm.calibration.sampling.distributions import draw_excitation
from simhelm.calibration.sampling.plate_solves import Solves, fingerprint, read
from simhelm.evidence import (
    STATISTICS,
    kolmogorov_smirnov,
    relative_errors,
    sampling_floor,
)
from simhelm.experiments.atomic_write import write_json
from simhelm.papers.wgan_submodel_rivals import (
    RIVALS,
    WGAN,
    Case,
    Coarse,
    Setting,
    Training,
    training_of,
)
from simhelm.simulators.fem.plate_models import Resolution, peaks

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Of two sets of solves, given by their numbers.
Metric = Callable[[Integers, Integers], float]

# Seeds of random parts that must not meet.
_EXCITE_HELD_OUT, _EXCITE_TRAINING, _SAMPLE, _JUDGE, _FLOOR = range(5)
# Per-entry distances use every fourth time: neighbours say the same.
_THINNING = 4


@dataclasses.dataclass(frozen=True)
class Scale:
    """How large everything is.

    Attributes:
        trainings: numbers of training solves, rising.
        seeds: independent training sets.
        held_out: full solves that nothing is fitted to; as many samples are generated.
        resolution: of the full model and the submodel.
        coarse, coarser: the global models that drive the submodel in place of a generator.
        wgan: how the network is trained.
        workers: processes; 0 for this one alone.
        draws: of the sampling floors.
    """

    trainings: tuple[int, ...]
    seeds: int
    held_out: int
    resolution: Resolution
    coarse: Coarse
    coarser: Coarse
    wgan: WGANSettings
    workers: int
    draws: int

    def sets(self) -> list[tuple[int, int]]:
        """Seed and size of every set of solves; the held-out one first."""
        return [(0, self.held_out)] + [(1 + i, self.trainings[-1]) for i in range(self.seeds)]


@dataclasses.dataclass(frozen=True)
class Fit:
    """One generator, fitted once."""

    name: str
    case: Case
    trainings: int
    seed: int


@dataclasses.dataclass(frozen=True)
class Judged:
    """What is printed of one fitted generator.

    Attributes:
        traces: by metric: energy, sliced, marginal, mmd (in units of the held-out traces' root
            mean square where it is a length), neighbours.
        stress: by kind of the quantity of interest ("divided by amplitude", "raw"): its KS
            distance and errors as [value, low, high].
        training_work, sample_work: multiplications, without full solves and submodel.
        needs_solves: whether the training solves are part of its price.
        seconds: CPU time of the fit, for the log only.
    """

    traces: dict[str, float]
    stress: dict[str, dict[str, list[float]]]
    training_work: float
    sample_work: float
    needs_solves: bool
    seconds: float


@dataclasses.dataclass(frozen=True)
class Floors:
    """95 % quantiles of the same metrics between disjoint sets of true solves."""

    traces: dict[str, float]
    stress: dict[str, dict[str, float]]


def judge_all(
    jobs: Sequence[Fit], scale: Scale, folder: Path, executor: Executor
) -> dict[Fit, Judged]:
    """Every fit; those that are on disk are not done again."""
    by_key = {_stem(job): job for job in jobs}

    def file(key: str) -> Path:
        return _place(scale, folder, is_trained=by_key[key].name == WGAN) / f"{key}.json"

    store = FileStore(file, _write, _read)
    calls = (Job(key, judge, (job, scale, folder)) for key, job in by_key.items())
    found = dict(run_jobs(calls, executor, store, what="fits"))
    return {job: found[key] for key, job in by_key.items()}


def _write(path: Path, judged: Judged) -> None:
    path.write_text(json.dumps(dataclasses.asdict(judged), indent=2, allow_nan=False), "utf-8")


def _read(path: Path) -> Judged:
    return Judged(**json.loads(path.read_text(encoding="utf-8")))


def _stem(job: Fit) -> str:
    return f"{list(RIVALS).index(job.name)}-{job.case.replace(' ', '-')}-{job.trainings}-{job.seed}"


def judge(job: Fit, scale: Scale, folder: Path) -> Judged:
    """Fit, sample, compare."""
    solves = read_set(scale, folder, 1 + job.seed).first(job.trainings)
    training = training_of(solves, job.case, _random(_EXCITE_TRAINING, job.seed))
    start = time.process_time()
    setting = Setting(job.case, scale.resolution, scale.coarse, scale.coarser, job.seed, scale.wgan)
    fitted = RIVALS[job.name](training, setting)
    seconds = time.process_time() - start
    if isinstance(fitted.sampler, WGANGP):
        fitted.sampler.save(_place(scale, folder, is_trained=True) / f"{_stem(job)}.npz")
    generated = fitted.sampler.sample(scale.held_out, _random(_SAMPLE, job.seed))
    return Judged(
        _judge_traces(generated, training, scale, folder, job.case),
        _judge_stress(generated, scale, folder, job),
        fitted.training_work,
        fitted.sample_work,
        fitted.needs_solves,
        seconds,
    )


def _judge_traces(
    generated: Floats, training: Training, scale: Scale, folder: Path, case: Case
) -> dict[str, float]:
    truth = held_out_traces(scale, folder, case)
    unit = float(np.sqrt(np.mean(np.sum(truth.reshape(len(truth), -1) ** 2, axis=1))))
    between, within = pairwise(generated, truth), pairwise(generated, generated)
    known = _held_out_pairs(scale, folder, case)
    thin, thin_truth = generated[:, ::_THINNING], truth[:, ::_THINNING]
    return {
        "energy": energy_of(between, within, known) / unit,
        "sliced": sliced_wasserstein(generated, truth, _random(_JUDGE)) / unit,
        "marginal": marginal_wasserstein(thin, thin_truth),
        "mmd": discrepancy_of(between, within, known),
        "neighbours": nearest_neighbour_ratio(generated, training.traces, truth),
    }


def _judge_stress(
    generated: Floats, scale: Scale, folder: Path, job: Fit
) -> dict[str, dict[str, list[float]]]:
    truth = held_out_peaks(scale, folder)
    ours = {}
    if job.case == "factored":
        ours["divided by amplitude"] = peaks(generated, scale.resolution)
        excitation = draw_excitation(len(generated), _random(_SAMPLE, job.seed, 1))
        generated = excitation.excite(generated)
    ours["raw"] = peaks(generated, scale.resolution)
    return {
        kind: {"KS": [kolmogorov_smirnov(values, truth[kind])]}
        | {
            name: [error.value, error.low, error.high]
            for name, error in relative_errors(values, truth[kind], _random(_JUDGE)).items()
        }
        for kind, values in ours.items()
    }


def floors(case: Case, scale: Scale, folder: Path) -> Floors:
    """Of a case, from all sets of true solves together."""
    file = _place(scale, folder) / f"floors-{case.replace(' ', '-')}.json"
    if not file.exists():
        write_json(file, dataclasses.asdict(_floors(case, scale, folder)))
    return Floors(**json.loads(file.read_text(encoding="utf-8")))


def _floors(case: Case, scale: Scale, folder: Path) -> Floors:
    sets = [read_set(scale, folder, seed) for seed, _ in scale.sets()]
    everything = Solves(
        *(np.concatenate([getattr(one, name) for one in sets]) for name in Solves.__annotations__)
    )
    traces = training_of(everything, case, _random(_FLOOR)).traces
    count = min(scale.held_out, len(traces) // 2)

    def floor(metric: Metric, share: float = 1.0) -> float:
        draws = max(2, int(share * scale.draws))
        return sampling_floor(metric, len(traces), (count, count), _random(_FLOOR, 1), draws=draws)

    unit = float(np.sqrt(np.mean(np.sum(traces.reshape(len(traces), -1) ** 2, axis=1))))
    pairs = pairwise(traces, traces)
    thin = traces[:, ::_THINNING]

    def blocks(one: Integers, other: Integers) -> tuple[Floats, Floats, Floats]:
        return pairs[np.ix_(one, other)], pairs[np.ix_(one, one)], pairs[np.ix_(other, other)]

    found = {
        "energy": floor(lambda a, b: energy_of(*blocks(a, b)) / unit),
        "sliced": floor(
            lambda a, b: sliced_wasserstein(traces[a], traces[b], _random(_JUDGE)) / unit, 0.1
        ),
        "marginal": floor(lambda a, b: marginal_wasserstein(thin[a], thin[b]), 0.1),
        "mmd": floor(lambda a, b: discrepancy_of(*blocks(a, b))),
    }
    kinds = {"raw": peaks(draw_excitation(len(everything), _random(_FLOOR)).excite(
        everything.traces), scale.resolution)}  # fmt: skip
    if case == "factored":
        kinds["divided by amplitude"] = 1e-6 * everything.peaks
    stress = {}
    for kind, values in kinds.items():
        stress[kind] = {"KS": floor(functools.partial(_distance, values))}
        for name, statistic in STATISTICS.items():
            stress[kind][name] = floor(functools.partial(_error, values, statistic))
    return Floors(found, stress)


def _distance(values: Floats, one: Integers, other: Integers) -> float:
    return kolmogorov_smirnov(values[one], values[other])


def _error(
    values: Floats, statistic: Callable[[Floats], Floats], one: Integers, other: Integers
) -> float:
    return float(statistic(values[one]) / statistic(values[other]) - 1.0)


@functools.lru_cache(maxsize=4)
def read_set(scale: Scale, folder: Path, seed: int) -> Solves:
    """A set of solves that is on disk."""
    return read(scale.resolution, folder, seed, dict(scale.sets())[seed])


@functools.lru_cache(maxsize=2)
def held_out_traces(scale: Scale, folder: Path, case: Case) -> Floats:
    """What generators of a case are to be like."""
    return training_of(read_set(scale, folder, 0), case, _random(_EXCITE_HELD_OUT)).traces


@functools.lru_cache(maxsize=2)
def _held_out_pairs(scale: Scale, folder: Path, case: Case) -> Floats:
    truth = held_out_traces(scale, folder, case)
    return pairwise(truth, truth)


@functools.lru_cache(maxsize=1)
def held_out_peaks(scale: Scale, folder: Path) -> dict[str, Floats]:
    """The true quantity of interest, MPa: at an amplitude of 50 MPa, and with all amplitudes."""
    solves = read_set(scale, folder, 0)
    raw = peaks(held_out_traces(scale, folder, "as measured"), scale.resolution)
    return {"divided by amplitude": 1e-6 * solves.peaks, "raw": raw}


def _random(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


@functools.lru_cache(maxsize=4)
def _place(scale: Scale, folder: Path, *, is_trained: bool = False) -> Path:
    """A folder for these sources and settings; those of the network concern what is trained."""
    setting = dataclasses.asdict(scale) | {"workers": 0}
    if not is_trained:
        del setting["wgan"]
    digest = hashlib.sha256(json.dumps(setting).encode())
    digest.update(fingerprint(scale.resolution).encode())
    packages = (simhelm.agents.generators, simhelm.calibration.sampling, simhelm.evidence)
    ours = [path for one in packages for path in sorted(Path(one.__path__[0]).glob("*.py"))]
    for path in [*ours, *sorted(Path(__file__).parent.glob("wgan_submodel_[jr]*.py"))]:
        digest.update(path.read_bytes())
    place = folder / f"judged-{digest.hexdigest()[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    return place

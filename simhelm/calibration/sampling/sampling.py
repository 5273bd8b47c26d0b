"""Fit a generator to full solves, draw boundary motions, drive the submodel by them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.generators import (
    WGANGP,
    Bootstrap,
    Excitation,
    GaussianCopula,
    GaussianScores,
    SmoothedBootstrap,
)
from simhelm.calibration.jobs import Job, run_jobs
from simhelm.calibration.sampling.configuration import MonteCarloConfig
from simhelm.calibration.sampling.distributions import draw_excitation
from simhelm.calibration.sampling.plate_solves import gather, read
from simhelm.simulators.fem.plate_models import Resolution, peaks

Floats = NDArray[np.float64]

# Samples that are driven together, whatever the number of workers.
CHUNK = 100
FITS: Mapping[str, Callable[[Floats, int], Any]] = {
    "bootstrap": lambda traces, seed: Bootstrap.fit(traces),
    "smoothed-bootstrap": lambda traces, seed: SmoothedBootstrap.fit(traces),
    "gaussian": lambda traces, seed: GaussianScores.fit(traces),
    "copula": lambda traces, seed: GaussianCopula.fit(traces),
    "wgan-gp": lambda traces, seed: WGANGP.fit(traces, seed=seed),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """What was sampled.

    Attributes:
        amplitudes: factors on 50 MPa, shape (samples,).
        delays: of the impact, s, shape (samples,).
        raw: greatest von Mises stress in the zone, MPa, shape (samples,).
        divided: the same at an amplitude of 50 MPa and without delay.
        training: that of the full solves of training, at 50 MPa.
    """

    amplitudes: Floats
    delays: Floats
    raw: Floats
    divided: Floats
    training: Floats


def resolution_of(config: MonteCarloConfig) -> Resolution:
    """Of the models."""
    table = config.monte_carlo
    return Resolution(table.size, table.steps)


def sample(config: MonteCarloConfig, folder: Path, executor: Executor) -> Samples:
    """Everything; the same bits with every executor. Full solves are kept in the folder."""
    table, resolution = config.monte_carlo, resolution_of(config)
    training = (config.seed, table.training_solves)
    gather([training], resolution, folder, executor)
    solves = read(resolution, folder, *training)
    generator = FITS[table.generator](solves.traces, config.seed)
    children = np.random.SeedSequence(config.seed).spawn(-(-table.samples // CHUNK))

    def chunks() -> Iterator[Job[Floats]]:
        for number, child in enumerate(children):
            rng = np.random.default_rng(child)
            drawn = generator.sample(CHUNK, rng), draw_excitation(CHUNK, rng), resolution
            yield Job(f"{number:08d}", _drive, drawn)

    found = dict(run_jobs(chunks(), executor, what=f"chunks of {CHUNK} samples"))
    rows = [found[key] for key in sorted(found)]
    amplitudes, delays, raw, divided = np.concatenate(rows)[: table.samples].T
    return Samples(amplitudes, delays, raw, divided, 1e-6 * solves.peaks)


def _drive(traces: Floats, excitation: Excitation, resolution: Resolution) -> Floats:
    """Amplitude, delay (s), both stresses (MPa) of every sample, shape (samples, 4)."""
    stresses = [peaks(excitation.excite(traces), resolution), peaks(traces, resolution)]
    return np.stack([excitation.amplitudes, 1e-6 * excitation.delays, *stresses], axis=1)

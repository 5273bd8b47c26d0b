"""Fit a generator to full solves, draw boundary motions, drive the submodel by them."""

from __future__ import annotations

import dataclasses
import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
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
from simhelm.calibration.sampling.configuration import MonteCarloConfig
from simhelm.calibration.sampling.distributions import draw_excitation
from simhelm.calibration.sampling.plate_models import Resolution, peaks
from simhelm.calibration.sampling.plate_solves import gather, read

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

# Samples that are driven together, whatever the number of workers.
CHUNK = 100
# Chunks that are under way at most, and between two messages.
_AHEAD, _TOLD_EVERY = 16, 50
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
    rows: list[Floats] = []
    running: deque[_Chunk] = deque()
    for number, child in enumerate(children, start=1):
        running.append(_begin(generator, np.random.default_rng(child), resolution, executor))
        # Traces are large: few of them wait, however many samples there are.
        if len(running) == _AHEAD:
            rows.append(running.popleft().rows())
        if number % _TOLD_EVERY == 0:
            log.info("%d of %d samples under way", number * CHUNK, table.samples)
    rows += [chunk.rows() for chunk in running]
    amplitudes, delays, raw, divided = np.concatenate(rows)[: table.samples].T
    return Samples(amplitudes, delays, raw, divided, 1e-6 * solves.peaks)


@dataclasses.dataclass(frozen=True)
class _Chunk:
    """Samples under way."""

    excitation: Excitation
    raw: Future[Floats]
    divided: Future[Floats]

    def rows(self) -> Floats:
        """Amplitude, delay (s), both stresses (MPa) of every sample, shape (samples, 4)."""
        amplitudes, delays = self.excitation.amplitudes, 1e-6 * self.excitation.delays
        return np.stack([amplitudes, delays, self.raw.result(), self.divided.result()], axis=1)


def _begin(
    generator: Any, rng: np.random.Generator, resolution: Resolution, executor: Executor
) -> _Chunk:
    traces = generator.sample(CHUNK, rng)
    excitation = draw_excitation(CHUNK, rng)
    raw = executor.submit(peaks, excitation.excite(traces), resolution)
    return _Chunk(excitation, raw, executor.submit(peaks, traces, resolution))

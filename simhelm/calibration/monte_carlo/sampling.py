"""Fit a generator to full solves, draw boundary motions, drive the submodel by them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.generators import (
    WGANGP,
    Bootstrap,
    GaussianCopula,
    GaussianScores,
    SmoothedBootstrap,
)
from simhelm.calibration.monte_carlo.configuration import MonteCarloConfig
from simhelm.calibration.reproduce import wgan_submodel_pool as pool
from simhelm.calibration.reproduce.wgan_submodel_judging import peaks
from simhelm.calibration.reproduce.wgan_submodel_rivals import draw_excitation

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


def resolution_of(config: MonteCarloConfig) -> pool.Resolution:
    """Of the models; there is no coarse model, the full one stands in."""
    table = config.monte_carlo
    return pool.Resolution(table.size, table.size, table.steps)


def sample(config: MonteCarloConfig, folder: Path, executor: Executor) -> Samples:
    """Everything; the same bits with every executor. Full solves are kept in the folder."""
    table, resolution = config.monte_carlo, resolution_of(config)
    training = (config.seed, table.training_solves)
    pool.gather([training], resolution, folder, executor)
    solves = pool.read(resolution, folder, *training)
    generator = FITS[table.generator](solves.traces, config.seed)
    children = np.random.SeedSequence(config.seed).spawn(-(-table.samples // CHUNK))
    running, excitations = [], []
    for child in children:
        rng = np.random.default_rng(child)
        traces = generator.sample(CHUNK, rng)
        excitation = draw_excitation(CHUNK, rng)
        excitations.append(excitation)
        pair = executor.submit(peaks, excitation.excite(traces), resolution)
        running.append((pair, executor.submit(peaks, traces, resolution)))
    raw, divided = (
        np.concatenate([pair[which].result() for pair in running])[: table.samples]
        for which in (0, 1)
    )
    delays = np.concatenate([one.delays for one in excitations])[: table.samples]
    return Samples(
        np.concatenate([one.amplitudes for one in excitations])[: table.samples],
        1e-6 * delays,
        raw,
        divided,
        1e-6 * solves.peaks,
    )

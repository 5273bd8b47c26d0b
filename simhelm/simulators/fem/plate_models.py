"""The global model of a resolution and its submodel, once a process."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.fem import (
    Discretisation,
    Plate,
    PlateModel,
    Run,
    Submodel,
    Trace,
    drive,
    plate_mesh,
)

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Resolution:
    """Length of a cell outside the zone, m; time steps of a microsecond."""

    size: float
    steps: int


@dataclasses.dataclass(frozen=True)
class Models:
    """The global model, and its zone alone."""

    full: PlateModel
    submodel: Submodel


@functools.lru_cache(maxsize=2)
def models(resolution: Resolution) -> Models:
    """The models of a resolution."""
    full = PlateModel(
        plate_mesh(Plate(), resolution.size),
        discretisation=Discretisation(steps=resolution.steps),
    )
    return Models(full, full.submodel())


def peaks(traces: Floats, resolution: Resolution) -> Floats:
    """Greatest von Mises stress of the submodel driven by traces, shape (samples,), MPa.

    Raises:
        RuntimeError: a submodel failed, with the reason.
    """
    used = models(resolution)
    run = drive(used.submodel, Trace(used.full.times, used.submodel.driven_nodes, traces))
    check_success(run, "submodels")
    return 1e-6 * run.peak_von_mises


def check_success(run: Run, what: str) -> None:
    """Raise RuntimeError, with the first reason, unless every sample can be used."""
    failed = [reason for reason in run.end_reasons if not reason.succeeded]
    if failed:
        raise RuntimeError(f"{len(failed)} {what} failed: {failed[0].value}")

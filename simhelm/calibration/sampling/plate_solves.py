"""Full solves of the impacted plate, kept on disk."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import zipfile
from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import simhelm.simulators.fem
from simhelm.calibration.sampling.distributions import LAW, inputs_of
from simhelm.calibration.sampling.plate_models import Resolution, check_success, models
from simhelm.core.errors import ConfigurationError
from simhelm.experiments.atomic_write import atomic_write

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

# Solves that are stored together: what an interruption loses at most, a worker.
CHUNK = 10
_ARRAYS = ("traces", "inputs", "peaks")


@dataclasses.dataclass(frozen=True, eq=False)
class Solves:
    """Full solves, normalised: an amplitude of 50 MPa, no delay.

    Attributes:
        traces: displacement of the cut, shape (solves, steps + 1, nodes, 2), m.
        inputs: centre (m) and duration (s) of the impact, shape (solves, 2).
        peaks: greatest von Mises stress in the zone, shape (solves,), Pa.
    """

    traces: Floats
    inputs: Floats
    peaks: Floats

    def __len__(self) -> int:
        return len(self.peaks)

    def first(self, count: int) -> Solves:
        """The first ones."""
        return Solves(self.traces[:count], self.inputs[:count], self.peaks[:count])


def gather(
    sets: Sequence[tuple[int, int]], resolution: Resolution, folder: Path, executor: Executor
) -> None:
    """Solve sets, each given as (seed, count), unless they are on disk."""
    place = _place(resolution, folder)
    place.mkdir(parents=True, exist_ok=True)
    jobs = [(seed, first) for seed, count in sets for first in range(0, count, CHUNK)]
    missing = [job for job in jobs if not _file(place, *job).exists()]
    log.info("%d of %d chunks of %d solves to make", len(missing), len(jobs), CHUNK)
    running = [executor.submit(_solve_chunk, resolution, place, *job) for job in missing]
    for number, future in enumerate(as_completed(running), start=1):
        future.result()
        log.info("chunk %d of %d solved", number, len(missing))


def _solve_chunk(resolution: Resolution, place: Path, seed: int, first: int) -> None:
    """Solve and store; the file appears as a whole or not at all."""
    scenarios = LAW.draw_many(first + CHUNK, seed)[first:]
    run = models(resolution).full.simulate(scenarios)
    check_success(run, "full solves")
    with atomic_write(_file(place, seed, first)) as part, part.open("wb") as file:
        np.savez(
            file,
            traces=run.recording.displacement.astype(np.float32),
            inputs=inputs_of(scenarios),
            peaks=run.peak_von_mises,
        )


def read(resolution: Resolution, folder: Path, seed: int, count: int) -> Solves:
    """A set of solves that :func:`gather` made.

    Raises:
        ConfigurationError: a damaged file, with what to do.
    """
    place = _place(resolution, folder)
    parts: dict[str, list[Floats]] = {name: [] for name in _ARRAYS}
    for first in range(0, count, CHUNK):
        for name, array in _stored(_file(place, seed, first)).items():
            parts[name].append(array)
    whole = {name: np.concatenate(arrays)[:count] for name, arrays in parts.items()}
    return Solves(**whole)


def _stored(path: Path) -> dict[str, Floats]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float64) for name in _ARRAYS}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigurationError(
            f"{path}: damaged ({error}); remove it and run the same command again, which solves "
            "what is missing"
        ) from error


def _place(resolution: Resolution, folder: Path) -> Path:
    return folder / f"solves-{fingerprint(resolution)}"


def _file(place: Path, seed: int, first: int) -> Path:
    return place / f"{seed}-{first:05d}.npz"


def fingerprint(resolution: Resolution) -> str:
    """Of the models' own source files and settings: other code, other solves."""
    setting = json.dumps([dataclasses.asdict(resolution), dataclasses.asdict(LAW), CHUNK])
    digest = hashlib.sha256(setting.encode())
    for path in sorted(Path(simhelm.simulators.fem.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

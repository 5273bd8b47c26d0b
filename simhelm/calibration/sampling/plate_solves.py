"""Full solves of the impacted plate, kept on disk."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simhelm.simulators.fem
from simhelm.calibration.jobs import FileStore, Job, run_jobs
from simhelm.calibration.sampling.distributions import LAW, inputs_of
from simhelm.core.errors import ConfigurationError
from simhelm.simulators.fem.plate_models import Resolution, check_success, models

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]

# Solves that are stored together: what an interruption loses at most, a worker.
CHUNK = 10
# As in Solves.
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
    chunks = [(seed, first) for seed, count in sets for first in range(0, count, CHUNK)]
    jobs = (Job(_key(*chunk), _solve_chunk, (resolution, *chunk)) for chunk in chunks)
    for _ in run_jobs(jobs, executor, _store(resolution, folder), what=f"chunks of {CHUNK} solves"):
        pass


def _solve_chunk(resolution: Resolution, seed: int, first: int) -> Arrays:
    scenarios = LAW.draw_many(first + CHUNK, seed)[first:]
    run = models(resolution).full.simulate(scenarios)
    check_success(run, "full solves")
    return {
        "traces": run.recording.displacement.astype(np.float32),
        "inputs": inputs_of(scenarios),
        "peaks": run.peak_von_mises,
    }


def read(resolution: Resolution, folder: Path, seed: int, count: int) -> Solves:
    """A set of solves that :func:`gather` made.

    Raises:
        ConfigurationError: a missing or corrupted file, with what to do.
    """
    store = _store(resolution, folder)
    parts = [store.read(store.file(_key(seed, first))) for first in range(0, count, CHUNK)]
    return Solves(*(np.concatenate([part[name] for part in parts])[:count] for name in _ARRAYS))


def _store(resolution: Resolution, folder: Path) -> FileStore[Arrays]:
    place = folder / f"solves-{fingerprint(resolution)}"
    return FileStore(lambda key: place / f"{key}.npz", _write, _stored)


def _key(seed: int, first: int) -> str:
    return f"{seed}-{first:05d}"


def _write(path: Path, arrays: Arrays) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _stored(path: Path) -> Arrays:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float64) for name in _ARRAYS}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigurationError(
            f"{path}: corrupted ({error}); remove it and run the same command again, which solves "
            "what is missing"
        ) from error


def fingerprint(resolution: Resolution) -> str:
    """Of the models' own source files and settings: other code, other solves."""
    setting = json.dumps([dataclasses.asdict(resolution), dataclasses.asdict(LAW), CHUNK])
    digest = hashlib.sha256(setting.encode())
    for path in sorted(Path(simhelm.simulators.fem.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

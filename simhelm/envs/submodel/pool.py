"""Solves of the impacted plate: from a table that a study made, or made when asked for."""

from __future__ import annotations

import abc
import dataclasses
import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.fem.problem import ImpactedPlate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_COLUMNS = ("centre", "duration", "peak", "coarse_peak", "full_work", "coarse_work")
# Members of a pool that is solved when asked for, and the seed that they follow from.
_LIVE_MEMBERS, _LIVE_SEED = 640, 11


class Pool(abc.ABC):
    """Members with known inputs, whose solves are looked at one by one.

    Attributes:
        inputs: place of the impact and duration of the pulse as shares of their ranges, shape
            (members, 2).
        full_work, coarse_work: of a solve, million multiplications.
    """

    inputs: Floats
    full_work: float
    coarse_work: float

    @abc.abstractmethod
    def solve(self, members: Integers) -> tuple[Floats, Floats]:
        """Greatest von Mises stress by the full and by the coarse model, MPa."""


@dataclasses.dataclass(frozen=True, eq=False)
class StoredPool(Pool):
    """Everything solved before."""

    inputs: Floats
    peaks: Floats
    coarse_peaks: Floats
    full_work: float
    coarse_work: float

    def solve(self, members: Integers) -> tuple[Floats, Floats]:
        """Look them up."""
        return self.peaks[members], self.coarse_peaks[members]


class LivePool(Pool):
    """Solves a member when it is first asked for, and remembers it."""

    def __init__(self, problem: ImpactedPlate) -> None:
        random = np.random.default_rng(_LIVE_SEED)
        self.inputs = random.random((_LIVE_MEMBERS, 2))
        self._seeds = random.integers(2**31, size=_LIVE_MEMBERS)
        self._problem = problem
        self._solved: dict[int, tuple[float, float]] = {}
        values = self._evaluate(0)
        self.full_work, self.coarse_work = values["full_work"], values["coarse_work"]

    def solve(self, members: Integers) -> tuple[Floats, Floats]:
        """Solve those that were not asked for before."""
        for member in set(members.tolist()) - self._solved.keys():
            values = self._evaluate(member)
            self._solved[member] = values["peak"], values["coarse_peak"]
        pairs = np.array([self._solved[member] for member in members.tolist()]).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _evaluate(self, member: int) -> dict[str, float]:
        config = self._problem.config_from_shares(self.inputs[member].tolist())
        metrics = self._problem.evaluate(config, seed=int(self._seeds[member]))
        if not metrics.succeeded:
            raise RuntimeError(f"a solve of the plate failed: {metrics.end_reason.value}")
        return dict(metrics.values)


@functools.cache
def live_pool(size: float, coarse_size: float, steps: int) -> LivePool:
    """One a process for each mesh, so that nothing is solved twice."""
    return LivePool(ImpactedPlate(size=size, coarse_size=coarse_size, steps=steps))


@functools.cache
def stored_pool(path: Path) -> StoredPool:
    """A table that ``simhelm export`` wrote of a study of ImpactedPlate, as ``.parquet``.

    Raises:
        FileNotFoundError: no such file, with the commands that make it.
        ValueError: a table without the columns, or with fewer than 100 finished trials.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such pool; make it with `simhelm run examples/plate/plate_pool.toml` and "
            f"`simhelm export runs/plate_pool --to {path}`, or use live=True"
        )
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
        finished = pyarrow.compute.equal(table["end_reason"], "completed")
        searched = pyarrow.compute.equal(table["series"], "search")
        chosen = table.filter(pyarrow.compute.and_(finished, searched)).select(_COLUMNS)
        numbers = {name: chosen[name].to_numpy().astype(np.float64) for name in _COLUMNS}
    except (pyarrow.ArrowException, KeyError, ValueError) as error:
        raise ValueError(f"{path}: not the table of a study of ImpactedPlate: {error}") from error
    if len(chosen) < 100 or not all(np.isfinite(column).all() for column in numbers.values()):
        raise ValueError(f"{path}: expected at least 100 finished trials, got {len(chosen)}")
    ranges = [(p.low, p.high) for p in ImpactedPlate().parameters]
    shares = [
        (numbers[name] - low) / (high - low)
        for name, (low, high) in zip(_COLUMNS[:2], ranges, strict=True)
    ]
    return StoredPool(
        np.stack(shares, axis=1),
        numbers["peak"],
        numbers["coarse_peak"],
        float(numbers["full_work"].mean()),
        float(numbers["coarse_work"].mean()),
    )


def chosen_pool(*, live: bool, pool: str, size: float, coarse_size: float, steps: int) -> Pool:
    """The pool that an environment's arguments name."""
    if live:
        return live_pool(size, coarse_size, steps)
    return stored_pool(Path(pool))

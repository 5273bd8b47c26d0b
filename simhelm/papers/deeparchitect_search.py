"""Searches over networks, and a store of what was trained before."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import simhelm.simulators.networks
from simhelm.calibration.jobs import Job, run_jobs
from simhelm.calibration.study.configuration import SamplerTable
from simhelm.calibration.study.pool import local_executor
from simhelm.calibration.study.sampler_session import SamplerSession
from simhelm.core.problem import Value
from simhelm.core.space import space_hash
from simhelm.experiments.jsonl import append_rows, read_rows
from simhelm.simulators.networks.problem import NetworkArchitecture

log = logging.getLogger(__name__)

# Winners are trained again with seeds that no search has.
FRESH_SEED = 1_000_000


@dataclasses.dataclass(frozen=True)
class Method:
    """A sampler with its options; those that are not named keep their defaults."""

    name: str
    sampler: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Scale:
    """How large everything is.

    Attributes:
        budgets: numbers of evaluations after which the best network is judged, rising.
        seeds: searches a method.
        epochs, samples: of a training.
        fresh: trainings of a winner with seeds that the search did not have.
        workers: processes; 0 for this one alone.
    """

    budgets: tuple[int, ...]
    seeds: int
    epochs: int
    samples: int
    fresh: int
    workers: int


@dataclasses.dataclass(frozen=True)
class Trained:
    """Errors of a network in [0, 1]; those of one that failed are 1."""

    validation_error: float
    test_error: float


@dataclasses.dataclass(frozen=True)
class Searched:
    """One search.

    Attributes:
        curve: the smallest validation error after 1, 2, … evaluations.
        winners: test error of the best network at each of the scale's budgets, the mean over
            fresh trainings.
    """

    curve: tuple[float, ...]
    winners: tuple[float, ...]


class Trainer:
    """Trains networks and remembers them: what was trained with the same seed is not repeated.

    Args:
        scale: epochs and training images.
        known: trainings by key, see :meth:`key`.
    """

    def __init__(self, scale: Scale, known: Mapping[str, Trained]) -> None:
        self.problem = NetworkArchitecture(epochs=scale.epochs, samples=scale.samples)
        self._known = dict(known)
        self.new: dict[str, Trained] = {}
        self._setting = [_code(), space_hash(self.problem.space), scale.epochs, scale.samples]

    def key(self, config: Mapping[str, Value], seed: int) -> str:
        """What a result depends on: code, space, setting, network, seed."""
        text = json.dumps([*self._setting, config, seed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def train(self, config: Mapping[str, Value], seed: int) -> Trained:
        """Errors of the network of a configuration."""
        key = self.key(config, seed)
        if key not in self._known:
            values = self.problem.evaluate(config, seed=seed).values
            errors = (values.get(name, 1.0) for name in ("validation_error", "test_error"))
            self._known[key] = self.new[key] = Trained(*errors)
        return self._known[key]


def search(
    method: Method, seed: int, scale: Scale, known: Mapping[str, Trained]
) -> tuple[Searched, dict[str, Trained]]:
    """One search, and what was trained for it and not known before.

    All trainings of a search have its seed, so that methods of equal seeds meet the same luck.
    """
    trainer = Trainer(scale, known)
    table = SamplerTable(name=method.sampler, **method.options)
    sampler = SamplerSession(trainer.problem.parameters, ["minimize"], table, seed)
    best, winner = math.inf, trainer.problem.default_config()
    curve, winners = [], []
    for slot in range(scale.budgets[-1]):
        sampler.begin(slot)
        config = sampler.ask(slot)
        error = trainer.train(config, seed).validation_error
        sampler.tell(slot, [error])
        if error < best:
            best, winner = error, config
        curve.append(best)
        if slot + 1 in scale.budgets:
            winners.append(_retrained(trainer, winner, seed, scale.fresh))
    return Searched(tuple(curve), tuple(winners)), trainer.new


def _retrained(trainer: Trainer, config: Mapping[str, Value], seed: int, count: int) -> float:
    seeds = range(FRESH_SEED + count * seed, FRESH_SEED + count * (seed + 1))
    return math.fsum(trainer.train(config, one).test_error for one in seeds) / count


def run_searches(
    methods: Sequence[Method], scale: Scale, store: Path
) -> dict[str, tuple[Searched, ...]]:
    """Every method with every seed, by name; finished searches are in the store."""
    known = read_store(store)
    log.info("%d trainings known from %s", len(known), store)
    jobs = [
        Job(f"{method.name}, seed {seed}", search, (method, seed, scale, known))
        for seed in range(scale.seeds)
        for method in methods
    ]
    found: dict[str, Searched] = {}
    with local_executor(scale.workers) as executor:
        for key, (found[key], new) in run_jobs(jobs, executor, what="searches"):
            append_store(store, new)
            log.info("%s: %d new trainings", key, len(new))
    return {
        m.name: tuple(found[f"{m.name}, seed {seed}"] for seed in range(scale.seeds))
        for m in methods
    }


def read_store(path: Path) -> dict[str, Trained]:
    """Trainings by key."""
    return {
        str(key): Trained(float(validation), float(test))
        for key, validation, test in read_rows(path, 3)
    }


def append_store(path: Path, new: Mapping[str, Trained]) -> None:
    """Add trainings, each a line."""
    rows = ([key, one.validation_error, one.test_error] for key, one in new.items())
    append_rows(path, rows)


def _code() -> str:
    """Of the networks' own source files and of torch's version: other code, other numbers."""
    digest = hashlib.sha256(importlib.metadata.version("torch").encode())
    for path in sorted(Path(simhelm.simulators.networks.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
